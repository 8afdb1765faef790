"""Two runs side by side: from their records to what is better, worse, the same, or cannot be told."""
