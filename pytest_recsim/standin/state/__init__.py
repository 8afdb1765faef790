"""What the service holds while it runs: rows, rules, overrides, segments, event types, decisions."""
