"""What a check collects and says, and the guardrails themselves, without pytest."""
