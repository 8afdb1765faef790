"""The numbers and their formulas: figures of the registry, lifts, noise, answer times."""
