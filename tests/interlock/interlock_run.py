"""What becomes of rows of others: lets them arrive at any moment of many runs, forges markers, and starts two runs at once.

    python tests/interlock/interlock_run.py [--runs 200] [--jobs 2] [--seed 1] [--out FOLDER] [--log FILE]

Writes `interlock.md` and `interlock.json`. 200 cases take about a quarter of an hour on two quiet cores.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

sys.path.insert(0, str(Path(__file__).parents[1]))

from interlock.interlock_page import document, page, silent
from interlock.interlock_place import Place
from interlock.interlock_play import Case, Played, Usual, draw, play, read_row, usual

from pytest_recsim.record.jsonio import write_json


def run_all(cases: list[Case], jobs: int, folder: Path, log: Path, limit_s: float = 1e9) -> list[Played]:
    """Play the cases, as many at a time as there are places; those that stand in the log already are not played.

    None is begun after so many seconds.
    """
    lines = log.read_text().splitlines() if log.exists() else []
    done = {played.case: played for played in map(read_row, map(json.loads, lines))}
    places: Queue[Place] = Queue()
    made = [Place(folder / f"place-{number}") for number in range(jobs)]
    known: dict[bool, Usual] = {}
    began = time.monotonic()

    def one(numbered: tuple[int, Case]) -> Played | None:
        number, case = numbered
        if case in done or time.monotonic() - began > limit_s:
            return done.get(case)
        place = places.get()
        try:
            played = play(place, case, known[case.seeded], f"case-{number}")
        finally:
            places.put(place)
        with log.open("a") as stream:
            stream.write(json.dumps(played.row()) + "\n")
        print(
            f"{number} {case.what}, {case.kind}, {played.before}: {played.became} {played.codes}", flush=True
        )
        for sentence in played.wrong:
            print(f"  WRONG: {sentence}", flush=True)
        return played

    try:
        for seeded in (False, True):
            known[seeded] = usual(made[0], seeded=seeded)
        for place in made:
            places.put(place)
        with ThreadPoolExecutor(jobs) as pool:
            return [found for found in pool.map(one, enumerate(cases)) if found]
    finally:
        for place in made:
            place.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--log", type=Path, help="keep a line of each case here, and go on from there")
    parser.add_argument("--limit", type=float, default=1e9, help="begin no case after so many seconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        log = options.log or Path(scratch) / "log.jsonl"
        cases = draw(options.runs, options.seed)
        played = run_all(cases, options.jobs, Path(scratch), log, options.limit)
    facts = document(played, options.seed)
    options.out.mkdir(exist_ok=True)
    write_json(options.out / "interlock.json", facts)
    text = page(facts)
    (options.out / "interlock.md").write_text(text, encoding="utf-8")
    print(text[text.index("| what |") :])
    return bool(silent(facts["rows"], same=False)) or any(row["wrong"] for row in facts["rows"])


if __name__ == "__main__":
    sys.exit(main())
