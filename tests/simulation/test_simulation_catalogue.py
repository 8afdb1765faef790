"""What scenarios may expect of a list before it is asked for."""

from __future__ import annotations

import pytest

from pytest_recsim.simulation.catalogue import Catalogue

FANOUT = "POPULARITY_FANOUT=300"
NEW = (FANOUT, "NEW_USER_POP_FANOUT=60")


class Shelves(Catalogue):
    """A world whose users are established or not, as a test says."""

    plan = lists = None

    def __init__(self, world, established):
        self._world, self._established = world, established

    @property
    def world(self):
        return self._world

    def is_established(self, user_id):
        return self._established


@pytest.mark.parametrize(
    ("knobs", "established", "eligible", "k", "least"),
    [
        ((FANOUT,), True, 50, 100, 50),
        ((FANOUT,), True, 150, 100, 100),
        (("POPULARITY_FANOUT=60",), True, 50, 100, 50),
        (("POPULARITY_FANOUT=60",), True, 90, 100, 80),
        (("POPULARITY_FANOUT=60",), True, 30, 20, 20),
        ((*NEW, "RECOMMENDATION_MAX_ANCHORS_INJECTED=0"), False, 90, 100, 75),
        ((*NEW, "RECOMMENDATION_MAX_ANCHORS_INJECTED=0"), False, 51, 48, 41),
        ((*NEW, "RECOMMENDATION_MAX_ANCHORS_INJECTED=2"), False, 51, 48, 45),
        (NEW, False, 30, 20, 20),
        (NEW, True, 90, 100, 90),
        ((FANOUT, "RECOMMENDATION_MAX_K=40"), True, 90, 100, 40),
        ((FANOUT, "RECOMMENDATION_MAX_FANOUT=30"), True, 90, 100, 30),
    ],
)
def test_popular_items_are_ranked_unless_the_pool_is_full_or_cut(
    make_world, knobs, established, eligible, k, least
):
    shelves = Shelves(make_world(*knobs), established)
    assert shelves.surely_ranked("u1", eligible, k) == least
