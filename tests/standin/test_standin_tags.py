"""Counting tags: as bit sets for a few hundred of them, one by one for a great many, always the same numbers."""

import random

import numpy as np
import pytest

from pytest_recsim.standin.ranking import tags
from pytest_recsim.standin.ranking.arrays import best_counts
from pytest_recsim.standin.ranking.catalogue import Catalogue
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
    codes, which = table.raw.of(np.array([0, 1, 0]))
    assert (codes.tolist(), which.tolist()) == ([table.raw_index["t1"]] * 3, [0, 1, 2])
    assert table.with_raw(["t1"]).tolist() == [True] * 401 + [False]
    assert table.with_folded(["t7"]).nonzero()[0].tolist() == [400]


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
