"""Checks of every answer in passing."""
