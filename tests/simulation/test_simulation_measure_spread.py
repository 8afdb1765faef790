"""What the lists are made of: every list and every slot is counted once, in the tenth that its item is in."""

from __future__ import annotations

from collections import Counter

import pytest
from measured_town import ITEMS, TOWN, USERS, answers_of, held_to, table_of
from truth_answers import answered

from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.simulation.measure.basis import Basis
from pytest_recsim.simulation.measure.rivals import rivals_of
from pytest_recsim.simulation.measure.scoring import score
from pytest_recsim.simulation.measure.spread import exposure_of, lengths_of
from pytest_recsim.simulation.truth.applied import Applied, Unapplied

ROW = KnobRow("MMR_LAMBDA", "0.3", "p:1", "0.2", "differs", "explain")


@pytest.fixture(scope="module")
def town(shared_make_world):
    return held_to(shared_make_world(document=TOWN))


def test_every_length_counts_its_lists(town):
    lists = [list(range(20)), [1, 2, 3], [], [4, 5, 6]]
    assert lengths_of(Basis(table_of(town, *lists), town.popularity)) == (1, 0, 0, 2, *[0] * 16, 1)
    assert lengths_of(Basis(table_of(town), town.popularity)) == ()


def test_every_slot_counts_in_the_tenth_of_its_item(town):
    lists = [
        [0, 1, 2, 3, 28],
        [28, 27, 5],
        [29, 0],
    ]  # 29 is not available, the others are as popular as their number says
    table = table_of(town, *lists)
    found = exposure_of(Basis(table, town.popularity), rivals_of(table).popular)
    tenth_of = {item: place * 10 // 29 for place, item in enumerate(town.popularity.tolist())}
    counted = Counter(tenth_of[item] for row in lists for item in row if item != 29)
    assert found.shown == tuple(counted[tenth] for tenth in range(10))
    assert found.items == tuple(Counter(tenth_of.values())[tenth] for tenth in range(10))
    assert (sum(found.items), found.elsewhere) == (29, 1)
    best = Counter(tenth_of[item] for item in range(20))
    assert found.baseline == tuple(3 * best[tenth] for tenth in range(10))
    assert found.shares()[0] == (found.shown[0] / 10, found.baseline[0] / 60)


def test_an_item_that_nobody_knows_takes_a_slot_elsewhere(town):
    answers = [*answers_of(town, list(range(5))), answered(USERS[1], ITEMS[0], "nobody-knows-it")]
    found = score(town, answers, clamped=0)
    assert found.exposure.elsewhere == 1
    assert sum(found.exposure.shown) == 6
    assert (found.lengths[5], found.lengths[2], sum(found.lengths)) == (1, 1, 2)


def test_where_nothing_was_seeded_there_is_no_exposure_by_popularity(town):
    empty = held_to(town, split="2026-01-01T00:00:00Z")
    found = score(empty, answers_of(empty, [0, 1]), clamped=0)
    assert (found.exposure, found.lengths[2]) == (None, 1)


def test_lists_of_other_knobs_are_not_counted_and_too_many_of_them_leave_nothing_to_show(town):
    answers = answers_of(town, *[list(range(20))] * 10)
    for_nobody = Applied(tuple(USERS), (Unapplied(("MMR_LAMBDA",), tuple(USERS[:6])),), (ROW,))
    found = score(town, answers, clamped=0, applied=for_nobody)
    assert (found.lengths, found.exposure) == ((), None)
    assert sum(score(town, answers, clamped=0).lengths) == 10
