"""One frozen value per simulation: every option resolved, with where each came from."""
