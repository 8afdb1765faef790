"""Catalogues with very many tags: what the harness does grows with the data, counted in calls and comparisons, not in time."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from pytest_recsim.data.fixtures.model import Item
from pytest_recsim.simulation.checks import blocking, diversity, subjects
from pytest_recsim.simulation.checks.needs import plain_catalogue_tags
from pytest_recsim.simulation.session.catalogue import Catalogue

ITEMS = 60


class Tag(str):
    """A tag whose comparisons are calls that can be counted."""

    __slots__ = ()

    def __eq__(self, other):
        return str.__eq__(self, other)

    def __hash__(self):
        return str.__hash__(self)


class Shop(Catalogue):
    """What choosing tags needs to know of a simulation."""

    plan = world = lists = None
    probe_id = probe_source = None

    def __init__(self, tags):
        items = [Item(item_id=f"i{n}", tags=tuple(map(Tag, some))) for n, some in enumerate(tags)]
        self.items = {item.item_id: item for item in items}
        self.available = self.offered = frozenset(self.items)
        self._prefixes = {"brand": ("brand",), "category": ("category",)}


def listed(number):
    ids = [f"i{(number * 7 + place) % ITEMS}" for place in range(20)]
    items = [SimpleNamespace(item_id=item, score=1 / (place + 1)) for place, item in enumerate(ids)]
    return SimpleNamespace(ids=ids, answer=SimpleNamespace(items=items))


def calls(work):
    """How many calls, of Python and of C, a piece of work makes; the same on every machine."""
    count = 0

    def seen(_frame, event, _arg):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


SHAPES = {
    "one wide item": lambda n: [[f"t{k}" for k in range(n)], *([["a", "b"]] * (ITEMS - 1))],
    "tags of their own": lambda n: [[f"t{item}-{k}" for k in range(n // ITEMS)] for item in range(ITEMS)],
    "the same tags": lambda n: [[f"t{k}" for k in range(n // ITEMS)] for _ in range(ITEMS)],
    "one tag many times": lambda n: [["t"] * n, *([["a"]] * (ITEMS - 1))],
    "brands": lambda n: [[f"brand:{item}-{k}" for k in range(n // ITEMS)] for item in range(ITEMS)],
}


def all_that_looks_at_tags(sim):
    lists = {f"u{number}": listed(number) for number in range(10)}
    blocking.visible_tags(sim, lists)
    tags = plain_catalogue_tags(sim)
    for tag in subjects.filterable_tags(sim, tags, lists, 5):
        [subjects.carries(sim, item, tag) for shown in lists.values() for item in shown.ids]
    for shown in lists.values():
        subjects.similarity(sim, shown)
    diversity.possible_ratio(sim, list(lists.values()), 0.5, 10)


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_tags_make_at_most_twice_the_work(shape):
    few, many = SHAPES[shape](1200), SHAPES[shape](2400)
    small = calls(lambda: all_that_looks_at_tags(Shop(few)))
    large = calls(lambda: all_that_looks_at_tags(Shop(many)))
    assert large <= 2.2 * small
