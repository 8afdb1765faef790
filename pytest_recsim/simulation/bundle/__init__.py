"""Keeps the record of a simulation on disk."""
