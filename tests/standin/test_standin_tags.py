"""Counting tags: as bit sets for a few hundred of them, one by one for a great many, always the same numbers."""

import random

import numpy as np
import pytest

from pytest_recsim.standin.ranking import facets, tags
from pytest_recsim.standin.ranking.arrays import best_counts
from pytest_recsim.standin.ranking.catalogue import Catalogue
from pytest_recsim.standin.ranking.neighbours import Neighbours, Row
from pytest_recsim.standin.ranking.ragged import Ragged
from pytest_recsim.standin.state.store import Item


def item(name, carried):
    blank = dict.fromkeys(("brand", "category", "description", "image_url", "metadata_version", "embedding"))
    facts = {"available": True, "price": None, "props": "{}", "category_path": (), "created": 0, "updated": 0}
    return Item(item_id=name, tags=tuple(carried), **facts, **blank)


@pytest.mark.parametrize("distinct", [0, 1, 63, 64, 65, 200, 9000])
def test_items_are_counted_by_the_wanted_tags_that_they_carry(distinct):
    rng = random.Random(distinct)
    names = [f"t{number}" for number in range(distinct)]
    carried = {f"i{number}": rng.sample(names, min(rng.randrange(19), distinct)) for number in range(300)}
    table = tags.Tags(Catalogue({name: item(name, some) for name, some in carried.items()}, ["ghost"]))
    wanted = rng.sample(table.raw_names, len(table.raw_names) // 2)
    codes = np.array([table.raw_index[tag] for tag in wanted], np.int64)
    expected = [len({*wanted} & {*carried.get(name, ())}) for name in sorted([*carried, "ghost"])]
    assert table.count_raw(codes).tolist() == [*expected, 0]
    assert (table._raw_bits is None) == (distinct > 1024)


def test_an_item_with_very_many_tags_does_not_make_every_question_dear():
    rows = {"wide": [f"t{number}" for number in range(20_000)]} | {
        f"i{number}": ["t1"] for number in range(400)
    }
    table = tags.Tags(Catalogue({name: item(name, some) for name, some in rows.items()}, []))
    assert len(table.raw.codes) == len(table.folded.codes) == 20_400
    totals = table.raw.totals(np.array([0, 1, 0]), np.array([1.0, 2.0, 4.0]))
    assert totals.nonzero()[0].tolist() == [table.raw_index["t1"]]
    assert totals.sum() == 7
    assert table.with_raw(["t1"]).tolist() == [True] * 401 + [False]
    assert table.with_folded(["t7"]).nonzero()[0].tolist() == [400]


@pytest.mark.parametrize("longest", [0, 1, 9, 9000])
def test_rows_are_added_up_in_the_same_order_however_long_the_longest_is(longest):
    """To the last bit: 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1."""
    rng = random.Random(longest)
    rows = [sorted(rng.sample(range(10), rng.randrange(min(longest, 10) + 1))) for _ in range(60)]
    rows[7] = list(range(longest))
    none = max(longest, 10)
    held, weights = Ragged(rows, none), [rng.random() for _ in range(80)]
    values, asked = (
        np.array([*(rng.random() for _ in range(none)), 0.0]),
        [rng.randrange(60) for _ in weights],
    )
    sums = [sum((values[code] for code in rows[row]), 0.0) for row in asked]
    assert held.sums(np.array(asked), values).tolist() == sums
    totals = [0.0] * none
    for place in range(longest):
        for row, weight in zip(asked, weights, strict=True):
            if place < len(rows[row]):
                totals[rows[row][place]] += weight
    assert held.totals(np.array(asked), np.array(weights)).tolist() == totals
    assert held.sums(np.array([7]), values).tolist() == [sum((values[code] for code in rows[7]), 0.0)]


@pytest.mark.parametrize("most", [1 << 16, 3])
def test_nearness_orders_and_says_similarities_whether_they_are_few_or_many(most, monkeypatch):
    monkeypatch.setattr(facets, "_MOST_DEGREES", most)
    rng = random.Random(1)
    names = [f"t{tag}" for tag in range(12)]
    rows = {f"i{number}": rng.sample(names, size) for number, size in enumerate([0, 1, 3, 8, 8])}
    table = tags.Tags(Catalogue({name: item(name, some) for name, some in rows.items()}, []))
    known = facets.Facets(table, (), ())
    assert (known.nearness(0).dtype == np.float64) == (most == 3)
    for one, mine in enumerate(rows.values()):
        alike = [len({*mine} & {*other}) / max(len({*mine} | {*other}), 1) for other in [*rows.values(), []]]
        near = known.nearness(known.group.item(one))[known.group]
        assert known.penalties(0.35)(near).tolist() == [0.65 * share for share in alike]
        assert np.argsort(near, kind="stable").tolist() == np.argsort(alike, kind="stable").tolist()


def test_rows_of_neighbours_are_made_once_until_there_are_too_many():
    made = []

    def rows(keys):
        made.extend(keys)
        return [Row(np.array([key, 4]), np.array([1.0, key / 10])) for key in keys]

    known = Neighbours(5, 3)
    assert known.strongest([], rows).tolist() == [0.0] * 6
    assert known.strongest([1, 2], rows).tolist() == [0, 1, 1, 0, 0.2, 0]
    assert known.strongest([2, 3], rows).tolist() == [0, 0, 1, 1, 0.3, 0]
    assert known.strongest([3, 0], rows).tolist() == [1, 0, 0, 1, 0.3, 0]
    assert made == [1, 2, 3, 3, 0]


@pytest.mark.parametrize("most", [0, 1, 3, 64, 65, 255])
@pytest.mark.parametrize("wanted", [1, 7, 300, 5_000])
def test_the_items_with_most_tags_are_those_that_a_sort_finds(most, wanted):
    counts = np.random.default_rng(most).integers(0, most + 1, 2_000).astype(np.uint8)
    carrying = np.flatnonzero(counts)
    first = sorted(carrying.tolist(), key=lambda place: -int(counts[place]))[:wanted]
    assert best_counts(counts, wanted).tolist() == sorted(first)


@pytest.mark.parametrize("distinct", [255, 256, 1_000, 1_100])
def test_tags_are_counted_beyond_what_one_byte_holds(distinct):
    names = [f"tag-{number:04d}" for number in range(distinct)]
    table = tags.Tags(Catalogue({"all": item("all", names), "one": item("one", names[-1:])}, []))
    assert table.count_raw(np.arange(distinct)).tolist() == [distinct, 1, 0]
