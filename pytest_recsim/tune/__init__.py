"""Tuning knobs: trials on one slice of the data, the verdict on another."""
