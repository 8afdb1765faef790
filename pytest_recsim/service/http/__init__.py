"""Sending one request: transport, retries, throttle, what went wrong."""
