"""Reset and seed: put exactly the seeded part of a fixture into the customer's namespace."""
