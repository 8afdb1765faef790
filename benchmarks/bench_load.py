"""How long a fixture takes to load and check, against jsonschema on the same file, in one run.

``python benchmarks/bench_load.py [--events 1000000] [--jsonschema-events 50000] [--json OUT]``
jsonschema is timed on a smaller file of the same shape and scaled up: it grows linearly and takes minutes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import jsonschema

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.schemas import schema

_USERS, _ITEMS = 20_000, 5_000


def event(position: int, dice: random.Random) -> dict[str, object]:
    day, second = dice.randrange(1, 29), dice.randrange(86_400)
    clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    return {
        "user_id": f"user-{dice.randrange(_USERS):06d}",
        "item_id": f"item-{dice.randrange(_ITEMS):06d}",
        "type": dice.randrange(5),
        "ts": f"2026-{dice.randrange(1, 13):02d}-{day:02d}T{clock}Z",
        "value": 1.0,
        "meta": {"session": f"session-{position // 7:07d}", "surface": "home", "rank": position % 20},
        "source_event_id": f"event-{position:09d}",
    }


def write(path: Path, events: int) -> None:
    dice = random.Random(1)
    items = [
        {"item_id": f"item-{n:06d}", "available": True, "price": 9.5, "tags": ["a", "brand:b"]}
        for n in range(_ITEMS)
    ]
    users = [{"user_id": f"user-{n:06d}", "traits": {"segment": f"s{n % 5}"}} for n in range(_USERS)]
    document = {"items": items, "users": users, "events": [event(n, dice) for n in range(events)]}
    path.write_text(json.dumps(document), encoding="utf-8")


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def validate(path: Path) -> None:
    jsonschema.Draft202012Validator(schema("fixture")).validate(json.loads(path.read_bytes()))


def load_once(path: Path) -> tuple[float, float, float]:
    """Return seconds, processor seconds (what a busy machine does not blur) and this process's peak memory in GB."""
    start = time.process_time()
    wall = seconds(lambda: load_fixture(path))
    return wall, time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def in_own_process(path: Path) -> tuple[float, float, float]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(load_once, path).result()


def measure(events: int, small: int, repeats: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        big, sample = Path(folder) / "big.json", Path(folder) / "small.json"
        write(big, events)
        write(sample, small)
        runs = [in_own_process(big) for _ in range(repeats)]
        fixture = load_fixture(big)
        found = columns(fixture)
        load = statistics.median(run[0] for run in runs)
        theirs = seconds(lambda: validate(sample)) * events / small
        return {
            "events": events,
            "file_mb": round(big.stat().st_size / 1e6, 1),
            "load_s": round(load, 3),
            "load_cpu_s": round(statistics.median(run[1] for run in runs), 3),
            "peak_gb": round(max(run[2] for run in runs), 3),
            "columns_s": round(seconds(lambda: columns(fixture)), 3),
            "split_s": round(seconds(lambda: split_events(found)), 3),
            "jsonschema_s_scaled": round(theirs, 1),
            "jsonschema_ratio": round(theirs / load, 1),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--jsonschema-events", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    figures = measure(options.events, options.jsonschema_events, options.repeats)
    for name, figure in figures.items():
        print(f"{name:22} {figure:>12}")
    print("goals: load_s <= 4, peak_gb <= 1.5, jsonschema_ratio >= 5")
    if options.json:
        options.json.write_text(
            json.dumps({"schema_version": 1, **figures}, indent=2) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
