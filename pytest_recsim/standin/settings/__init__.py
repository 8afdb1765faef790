"""What one process runs with: its environment, the live knobs, the quirks and the clock."""
