"""A new customer's files, planned as a value, shown, and written all or not at all."""
