"""Measure the table of docs/performance.md, all of it or some parts.

python -m benchmarks [PART ...] [--list] [--repeat 5] [--out docs] [--against CHECKOUT]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from benchmarks import machine, page, record, today
from benchmarks.page import number
from benchmarks.parts import Bench, Part
from benchmarks.rows import NotMeasured, Row, Target
from benchmarks.shared import Shared
from benchmarks.table import PARTS
from pytest_recsim.data.input.problems import InputError, Problem, nearest


def main(words: Sequence[str] | None = None, parts: Sequence[Part] = PARTS) -> int:
    """Measure and write; 0 when all rows are reached, 1 otherwise, 4 when a part is unknown."""
    options = _parser().parse_args(words)
    try:
        chosen = choose(options.parts, parts)
        _check(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 4
    if options.list:
        return _list(chosen)
    return measure(chosen, [target for part in parts for target in part.targets], options)


def _check(options: argparse.Namespace) -> None:
    if options.repeat < 1:
        raise InputError(Problem("--repeat", "must be 1 or more."))
    if options.against and not (options.against / "pytest_recsim").is_dir():
        raise InputError(Problem(str(options.against), "is no checkout of this project."))


def choose(names: Sequence[str], parts: Sequence[Part]) -> list[Part]:
    """Return the parts with these names, in the order of the table; all when none is named.

    Raises:
        InputError: there is no such part.
    """
    known = [part.name for part in parts]
    for name in names:
        if name not in known:
            raise InputError(Problem(name, f"is no part of the table{nearest(name, known) or '.'}"))
    return [part for part in parts if not names or part.name in names]


def measure(chosen: Sequence[Part], table: Sequence[Target], options: argparse.Namespace) -> int:
    """Measure part by part, and write both files after each, so that a run that is stopped leaves its rows."""
    found: list[Row] = []
    began, before = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), machine.load()
    old = record.load(options.out / "performance.json")
    with tempfile.TemporaryDirectory() as scratch:
        get = _checkout(options.against, Path(scratch) / "today")
        shared = Shared(Path(scratch) / "shared")
        for part in chosen:
            folder = Path(scratch) / part.name
            folder.mkdir()
            for row in part.rows(Bench(options.repeat, folder, get, shared)):
                found.append(row)
                _say(row)
            state = (
                today.commit(today.ROOT),
                today.TODAY if not options.against else today.commit(options.against),
            )
            run = record.Run(began, *state, machine.machine(), before, machine.load())
            kept = record.merged(old, found, run, table)
            record.save(kept, options.out / "performance.json")
            page.write(kept, options.out / "performance.md")
    return 0 if all(row.verdict == "reached" for row in found) else 1


def _checkout(against: Path | None, folder: Path) -> Callable[[], today.Checkout]:
    @cache
    def built() -> today.Checkout | str:
        try:
            return today.installed(against.resolve()) if against else today.build(folder)
        except NotMeasured as error:
            return str(error)

    def get() -> today.Checkout:
        found = built()
        if isinstance(found, str):  # a failure is kept too: the next part would only wait for the same one
            raise NotMeasured(found)
        return found

    return get


def _say(row: Row) -> None:
    ratio = f", ratio {number(row.ratio)}" if row.ratio is not None else ""
    beside = f", beside {number(row.against)}" if row.against is not None else ""
    more = f" ({row.reason})" if row.reason else ""
    print(f"{row.name:22} {row.verdict:12} {number(row.figure)}{beside}{ratio}; {row.goal}{more}", flush=True)


def _list(parts: Sequence[Part]) -> int:
    for part in parts:
        print(f"{part.name}: {part.about}")
        for target in part.targets:
            beside = f" of {target.beside}" if target.beside and target.held == "ratio" else ""
            print(f"  {target.name:22} {target.path}: {target.what}: {target.goal}{beside}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help="names of --list; all when left out")
    parser.add_argument("--list", action="store_true", help="say the parts and what each row has to reach")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="turns of each measurement")
    parser.add_argument(
        "--out", type=Path, default=today.ROOT / "docs", metavar="DIR", help="docs by default"
    )
    parser.add_argument(
        "--against", type=Path, metavar="CHECKOUT", help=f"instead of building commit {today.TODAY}"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
