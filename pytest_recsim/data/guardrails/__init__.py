"""Thresholds and the registry of metrics."""
