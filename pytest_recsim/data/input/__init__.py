"""Reading files, and one sentence for every mistake in them."""
