"""The page about ends and its JSON: the page is made from the JSON alone, so that neither can drift."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ends.ends_play import ENDS, MODES, PHASES, SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ends.ends_play import Played

Facts = dict[str, Any]
HEAD = """\
# However a run ends: is the service what it was?

**In {wrong} of {runs} runs it was not.** After each run either the configuration (every member of the admin document, and the env
file to the byte) equals the original and no note is left; or a note is left, the exit code is 10 (`kill -9` leaves no time
for one), and **one** `recsim restore` brings the original back. Then the next run is green, nothing of ours is left (active rule or
override, probe item, scratch folder, process), and `recsim report` makes a page of every bundle.
[services.md](services.md#how-it-is-reverted) says how.

The runs: one customer without and with two workers, and batches of two; on embedded stand-ins (`env`) and on a service that they
had not started, through requests, the admin config, and its env file with a restart. Each was ended at a random moment, for
three in four after its first change. In {posted} runs an operator had posted a configuration before. *Disk full* is a small disk
for the reports that is filled at that moment; *another process* is a worker, a stand-in or another child of the run, else the
run itself. Codes below 0 are signals that came before we listened or after our end; 0 and 1 are runs that had come to their
end or lived on.

Made by `python tests/ends/ends_run.py` from `ends.json`; CI plays a tenth of it again.

## By end and mode

| end | mode | runs | original | note, then original | exceptions | exit codes |
| --- | --- | --- | --- | --- | --- | --- |
"""
SHAPED = """
## By shape

| run | runs | original | note, then original | exceptions |
| --- | --- | --- | --- | --- |
"""
MIDDLE = """
## By what the run was doing at that moment

| moment | runs | original | note, then original | exceptions |
| --- | --- | --- | --- | --- |
"""


def document(played: Sequence[Played], seed: int) -> Facts:
    """What is kept of all runs, JSON-ready."""
    return {
        "runs": len(played),
        "seed": seed,
        "exceptions": sum(bool(one.wrong) for one in played),
        "rows": [one.row() for one in played],
    }


def page(facts: Facts) -> str:
    rows = facts["rows"]
    head = HEAD.format(
        runs=facts["runs"],
        posted=sum(row["posted"] for row in rows),
        wrong=facts["exceptions"],
    )
    ends = "".join(f"| {' | '.join(cells)} |\n" for cells in _ends(rows))
    moments = "".join(f"| {' | '.join(cells)} |\n" for cells in _by("phase", PHASES, rows))
    shapes = "".join(f"| {' | '.join(cells)} |\n" for cells in _by("shape", SHAPES, rows))
    return f"{head}{ends}{SHAPED}{shapes}{MIDDLE}{moments}"


def _ends(rows: list[Facts]) -> Iterator[list[str]]:
    for end in ENDS:
        for mode in MODES:
            some = [row for row in rows if (row["end"], row["mode"]) == (end, mode)]
            if not some:
                continue
            codes = Counter(row["code"] for row in some)
            told = ", ".join(f"{code} ({count})" for code, count in sorted(codes.items()))
            yield [end, f"`{mode}`", *_counted(some), told]


def _by(member: str, values: Sequence[str], rows: list[Facts]) -> Iterator[list[str]]:
    for value in values:
        yield [value, *_counted([row for row in rows if row[member] == value])]


def _counted(rows: list[Facts]) -> list[str]:
    well = Counter(row["kept"] for row in rows if not row["wrong"])
    wrong = sum(bool(row["wrong"]) for row in rows)
    return [str(len(rows)), str(well["original"]), str(well["note"]), str(wrong)]
