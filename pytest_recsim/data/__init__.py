"""The ground: fixtures, profiles and guardrails. Load, validate, split, and explain what is wrong."""
