"""What can be said of inputs before a run: what is wrong, what is odd, and what a data set can carry."""
