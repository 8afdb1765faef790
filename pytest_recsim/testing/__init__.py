"""Try a scenario of your own on a small shop: three lines, a real run of pytest, the embedded stand-in.

ran = shop().with_popular(item("x", tags=["adult"])).run("scenarios/test_mine.py")
assert ran.outcomes == {"test_no_adult_items": "failed"}
assert "adult items in the list: expected none" in ran.sentences["test_no_adult_items"]
"""

from pytest_recsim.testing.project import Project, environment
from pytest_recsim.testing.ran import Ran
from pytest_recsim.testing.rows import event, item, user
from pytest_recsim.testing.shop import LOOSE, Shop, shop

__all__ = ["LOOSE", "Project", "Ran", "Shop", "environment", "event", "item", "shop", "user"]
