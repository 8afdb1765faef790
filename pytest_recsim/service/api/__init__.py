"""The service's operations, and what a revision of it can do."""
