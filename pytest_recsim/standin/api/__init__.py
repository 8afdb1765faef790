"""The operations of the contract, one module per resource; those that rank are in ``ranking``."""
