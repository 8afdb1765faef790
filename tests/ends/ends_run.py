"""However a run ends, is the service what it was? Ends many runs at random moments and looks.

    python tests/ends/ends_run.py [--runs 300] [--jobs 2] [--seed 1] [--out docs] [--log FILE]

Writes `ends.md` and `ends.json`. 300 runs take about forty minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

sys.path.insert(0, str(Path(__file__).parents[1]))

from ends.ends_page import document, page
from ends.ends_place import Place
from ends.ends_play import Case, Played, Usual, draw, play, read_row, usual
from ends.ends_strike import FULL

from pytest_recsim.record.jsonio import write_json

ROOT = Path(__file__).parents[2]


def run_all(cases: list[Case], jobs: int, folder: Path, log: Path) -> list[Played]:
    """Play the cases, as many at a time as there are places; those that stand in the log already are not played."""
    done = {played.case: played for played in map(read_row, map(json.loads, _lines(log)))}
    left = [case for case in cases if case not in done]
    places: Queue[Place] = Queue()
    known: dict[tuple[str, str], Usual] = {}
    made = [Place(folder / f"place-{number}") for number in range(min(jobs, len(left)))]

    def one(case: Case) -> Played:
        place, kind = places.get(), (case.mode, case.shape)
        try:
            if kind not in known:
                known[kind] = usual(place, *kind)
            played = play(place, case, known[kind])
        finally:
            places.put(place)
        with log.open("a") as stream:
            stream.write(json.dumps(played.row()) + "\n")
        print(
            f"{case.mode}, {case.shape}, {case.end}, {played.phase}: {played.kept} ({played.code})",
            flush=True,
        )
        for sentence in played.wrong:
            print(f"  WRONG: {sentence}", flush=True)
        return played

    if not all(place.disk for place in made):
        print("no disk can be mounted here, so none is filled", flush=True)
        left = [case for case in left if case.end != FULL]
    try:
        for place in made:
            places.put(place)
        with ThreadPoolExecutor(jobs) as pool:
            done |= {played.case: played for played in pool.map(one, left)}
    finally:
        for place in made:
            place.close()
    return [done[case] for case in cases if case in done]


def _lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--log", type=Path, help="keep a line of each run here, and go on from there")
    options = parser.parse_args()
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:  # nohup is handed down, a handler is not
        signal.signal(signal.SIGHUP, lambda *_: None)
    with tempfile.TemporaryDirectory() as scratch:
        log = options.log or Path(scratch) / "log.jsonl"
        played = run_all(draw(options.runs, options.seed), options.jobs, Path(scratch), log)
    facts = document(played, options.seed)
    options.out.mkdir(exist_ok=True)
    write_json(options.out / "ends.json", facts)
    (options.out / "ends.md").write_text(page(facts), encoding="utf-8")
    print(f"{facts['exceptions']} exceptions in {len(played)} runs")
    return bool(facts["exceptions"])


if __name__ == "__main__":
    sys.exit(main())
