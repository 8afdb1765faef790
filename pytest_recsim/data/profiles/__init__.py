"""Profiles and the knobs that they set."""
