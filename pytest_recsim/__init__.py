"""pytest-recsim: may this recommender configuration go live, and what is the evidence?"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_recsim.plan.own import RunMetric, UserMetric

__all__ = ["RunMetric", "UserMetric", "__version__"]
__version__ = "0.1.0"

# Only under pytest, and without importing it: the stand-in imports this package too and must start fast.
if (_pytest := sys.modules.get("pytest")) is not None:
    _pytest.register_assert_rewrite("pytest_recsim.plugin.fixtures")


def __getattr__(name: str) -> Any:
    """Import the two classes for the hook ``pytest_recsim_metrics`` when they are asked for, so that nobody else waits."""
    if name in ("RunMetric", "UserMetric"):
        from pytest_recsim.plan import own

        return getattr(own, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
