"""For everything below: the plugin needs nothing here, and what our own tests need is in tests/conftest.py."""

collect_ignore = ["benchmarks", "findings", "reports"]  # `pytest .` looks for tests where tests are
