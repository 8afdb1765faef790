"""One simulation in one process: asking, preparing, and what scenarios see of it."""
