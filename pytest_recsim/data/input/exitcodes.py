"""Exit codes that are ours, beside those of pytest."""

USAGE = 4
"""Wrong input; nothing was changed (pytest's own code for it)."""
NOT_DONE = 1
"""Pytest's code for a failed run: also when a run was refused after it had changed something and put it back."""
INTERRUPTED = 2
SERVICE_CHANGED = 10
"""A service is not, or may not be, what it was before a run: a note of that lies beside the reports.

Pytest uses 0 to 6, shells from 126 on.
"""
BY_SIGNAL = 128
"""Added to the number of the signal that ended a run."""
