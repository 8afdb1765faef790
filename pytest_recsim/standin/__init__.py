"""The stand-in: an embedded service that speaks the Recsys contract, deterministic, all state in memory.

It knows the HTTP contract and nothing of the harness. ``python -m pytest_recsim.standin`` serves it on a loopback
port (see ``process.main``); ``process.app.build`` makes the same ASGI application for in-process use.
"""
