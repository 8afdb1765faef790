"""The page about the interlock and its JSON: the page is made from the JSON alone, so that neither can drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.interlock_place import NEW
from interlock.interlock_play import BECAME, FORGED, LOST, RACE, SILENT, TYPED, WHAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from interlock.interlock_play import Played

Facts = dict[str, Any]
HEAD = """\
# What happens to rows of others

Made by `python tests/interlock/interlock_run.py`; a test compares this page with `interlock.json` beside it, and CI plays a
part again with other dice.

{runs} cases on a service that the runs had not started, half of them in a namespace that an earlier run had seeded. *A row
arrives* just before one request of a run, drawn from all of them (seven in ten from those up to the last seeded row), or after
its end. A *forged marker* is that of a real run, copied or changed by hand, above one foreign row. *Two runs* share one
namespace and have two temporary folders, as on two machines. *Told* is a failed run that says that others write there. What
came too late to be seen stops the next run; that is tried too.

**Lost in silence: {silent} of {new} rows with ids of their own, forged markers and races; {same_silent} of {same} rows with an id of ours.
Lost and told, without a typed reset: {lost}. Other exceptions: {wrong}.**

A service has no conditional writes. A row whose id is one of ours, written in the moments between the last look and our own
request, is therefore wiped or written over, and nobody can tell. Those were lost before: {where}.

| what | row | cases | {became} |
| --- | --- | --- | {lines} |
"""


def document(played: Sequence[Played], seed: int) -> Facts:
    """What is kept of all cases, JSON-ready."""
    return {"runs": len(played), "seed": seed, "rows": [one.row() for one in played]}


def silent(rows: Sequence[Facts], *, same: bool) -> list[Facts]:
    """Return the losses that nobody was told of: of rows with an id of ours, or of all others."""
    return [row for row in rows if row["became"] == SILENT and _same(row) == same]


def page(facts: Facts) -> str:
    rows = facts["rows"]
    where = sorted({f"`{row['before']}`" for row in silent(rows, same=True)})
    head = HEAD.format(
        runs=facts["runs"],
        silent=len(silent(rows, same=False)),
        new=sum(not _same(row) for row in rows),
        same_silent=len(silent(rows, same=True)),
        same=sum(map(_same, rows)),
        lost=sum(row["became"] == LOST and row["what"] != TYPED for row in rows),
        wrong=sum(bool(row["wrong"]) for row in rows),
        where=", ".join(where) or "none",
        became=" | ".join(BECAME),
        lines=" | ".join("---" for _ in BECAME),
    )
    return head + "".join(f"| {' | '.join(cells)} |\n" for cells in _lines(rows))


def _lines(rows: list[Facts]) -> Iterator[list[str]]:
    for what in WHAT:
        for kind in sorted({row["kind"] for row in rows if row["what"] == what}):
            some = [row for row in rows if (row["what"], row["kind"]) == (what, kind)]
            counts = [sum(row["became"] == one for row in some) for one in BECAME]
            yield [what, kind, str(len(some)), *map(str, counts)]


def _same(row: Facts) -> bool:
    return row["what"] not in (FORGED, RACE) and row["kind"] not in NEW
