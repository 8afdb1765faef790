"""How a profile reaches a service: what each apply mode carries, and taking back what it changed."""
