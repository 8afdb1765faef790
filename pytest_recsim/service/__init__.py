"""The way to a Recsys service: typed client, checks in passing, pre-flight, safety interlock, launcher."""
