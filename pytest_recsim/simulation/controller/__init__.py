"""One run: opening its simulations, sharing them, closing them."""
