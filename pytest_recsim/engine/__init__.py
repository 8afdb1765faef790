"""The simulations of a batch as tasks of a cluster: each is a run of pytest in a process of its own, wherever there is room."""
