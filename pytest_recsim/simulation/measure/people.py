"""Five typical people: chosen by a rule that does not ask how good their lists look, and only where that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.judge.ranking import OF_SLOTS
from pytest_recsim.record.people import People, Person, Thing
from pytest_recsim.record.quality import RelevanceName
from pytest_recsim.simulation.measure.basis import Basis, Rows, Values
from pytest_recsim.simulation.truth.applied import Applied
from pytest_recsim.simulation.truth.dataset import Dataset

MANY = 5
TOP = 10
LONGEST_TITLE = 120
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KINDS = {code: name for name, code in EVENT_TYPES.items()}
RULE = (
    "of each of the largest segments the user whose NDCG@10 (relevance `{which}`) is nearest to the segment's median, in "
    "turn until there are five, ties by user id: typical people, not the best lists"
)


def people_of(basis: Basis, applied: Applied) -> People:
    """Choose the people and tell what they did; nobody where no user has a relevant item.

    Args:
        basis: the quality lists.
        applied: for whom the profile is in effect; others are not chosen.
    """
    table = basis.table
    which: RelevanceName = table.world.plan.limit("relevance").value
    values = OF_SLOTS["ndcg"](basis.gains[which], basis.sets[which], TOP)
    without = applied.without
    fit = ~np.isnan(values) & np.array([user not in without for user in table.user_ids()], dtype=bool)
    segments = {name: table.rows_of(name) for name in table.world.fixture.segments}
    measured = {name: rows[fit[rows]] for name, rows in segments.items()}
    found = [
        _person(basis, which, row, values, measured[name]) for name, row in _typical(basis, measured, values)
    ]
    return People(rule=RULE.format(which=which), people=tuple(found))


def _typical(basis: Basis, measured: dict[str, Rows], values: Values) -> list[tuple[str, int]]:
    """Segment and row of those chosen: the largest segments first, then the next nearest of each."""
    ids = basis.table.user_ids()
    turns = []
    for place, (name, rows) in enumerate(sorted(measured.items(), key=lambda one: (-len(one[1]), one[0]))):
        if not len(rows):
            continue
        away = np.abs(values[rows] - np.median(values[rows])).round(12)
        near = sorted(zip(away.tolist(), (ids[row] for row in rows), rows.tolist(), strict=True))[:MANY]
        turns += [(turn, place, name, row) for turn, (_, _, row) in enumerate(near)]
    return [(name, row) for _, _, name, row in sorted(turns)[:MANY]]


def _person(basis: Basis, which: RelevanceName, row: int, values: Values, peers: Rows) -> Person:
    table, relevance = basis.table, basis.sets[which]
    world, user = table.world, table.rows[row]
    wanted = frozenset(relevance.items[relevance.indptr[row] : relevance.indptr[row + 1]].tolist())
    split = world.material.split
    past, later = (_events(world, user, part) for part in (split.seeded, split.holdout))
    person = world.fixture.users[user]
    return Person(
        user=person.user_id,
        segment=person.segment,
        value=float(values[row]),
        median=float(np.median(values[peers])),
        of=len(peers),
        without_hit=int((values[peers] == 0).sum()),
        past=tuple(_did(world, past[::-1], wanted)),
        past_events=len(past),
        shown=tuple(_shown(basis, row, wanted)),
        later=tuple(_did(world, later, wanted)),
        later_events=len(later),
    )


def _events(world: Dataset, user: int, part: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """One user's events of a part of the data, oldest first."""
    columns = world.material.columns
    mine = part[columns.user[part] == user]
    return np.asarray(mine[np.argsort(columns.ts[mine], kind="stable")], dtype=np.int64)


def _did(world: Dataset, events: npt.NDArray[np.int64], wanted: frozenset[int]) -> Iterator[Thing]:
    """The first ten items in these events, each once with everything that was done with it."""
    columns = world.material.columns
    first: dict[int, int] = {}
    kinds: dict[int, set[int]] = {}
    for event in events.tolist():
        item = int(columns.item[event])
        first.setdefault(item, event)
        kinds.setdefault(item, set()).add(int(columns.type[event]))
    for item, event in list(first.items())[:TOP]:
        day = EPOCH + timedelta(microseconds=int(columns.ts[event]))
        yield Thing(
            item=world.fixture.items[item].item_id,
            title=_title(world.fixture.items[item].description),
            what=", ".join(KINDS.get(kind, f"type {kind}") for kind in sorted(kinds[item])),
            on=f"{day:%Y-%m-%d}",
            chosen=item in wanted,
        )


def _shown(basis: Basis, row: int, wanted: frozenset[int]) -> Iterator[Thing]:
    """The first ten places; what the data set does not know has no name here."""
    items = basis.table.world.fixture.items
    for item in basis.table.lists[row, :TOP].tolist():
        if item >= 0:
            one = items[item]
            yield Thing(item=one.item_id, title=_title(one.description), chosen=item in wanted)


def _title(text: str | None) -> str:
    """A description on one line, shortened."""
    line = " ".join((text or "").split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}\N{HORIZONTAL ELLIPSIS}"
