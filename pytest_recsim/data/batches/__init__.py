"""Manifests of several simulations."""
