"""pytest-recsim: may this recommender configuration go live, and what is the evidence?"""

import sys

__version__ = "0.1.0"

# Only under pytest, and without importing it: the stand-in imports this package too and must start fast.
if (_pytest := sys.modules.get("pytest")) is not None:
    _pytest.register_assert_rewrite("pytest_recsim.plugin.fixtures")
