"""Other people's tables as fixtures: read, recognised, decided, checked, written. Polars does the work, column by column."""
