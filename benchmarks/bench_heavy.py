"""Does the cost of a run grow with the data, whatever shape they have? Processor seconds of whole runs, of n and of 2 n.

    python -m benchmarks.bench_heavy [--shapes wide_tags own_tags ...] [--json OUT]

Per shape: seconds of pytest and stand-in together beyond those of the small shop alone, for n and 2 n, and their ratio:
2 is growth with the data, 4 would be growth with its square.
"""

from __future__ import annotations

import argparse
import copy
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_recsim.sources.generator import generate

Shop = dict[str, Any]
COMMAND = ["-m", "pytest", "--customer", "acme", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]


def wide_tags(shop: Shop, n: int) -> None:
    shop["items"][0]["tags"] += [f"t{k}" for k in range(n)]


def own_tags(shop: Shop, n: int) -> None:
    for number, item in enumerate(shop["items"]):
        item["tags"] += [f"t{number}-{k}" for k in range(n // len(shop["items"]))]


def shared_tags(shop: Shop, n: int) -> None:
    for item in shop["items"]:
        item["tags"] += [f"t{k}" for k in range(n // len(shop["items"]))]


def brands(shop: Shop, n: int) -> None:
    for k in range(n):
        more = {"item_id": f"b{k}", "brand": f"b{k}", "tags": [f"brand:b{k}", f"category:c{k}"], "price": 3.0}
        shop["items"].append(more)
        shop["events"].append({**shop["events"][k * 17 % 6000], "item_id": more["item_id"]})


def segments(shop: Shop, n: int) -> None:
    for k in range(n):
        shop["users"].append({"user_id": f"s{k}", "traits": {"segment": f"s{k}"}})
        shop["events"] += [{**shop["events"][(k * 17 + j) % 6000], "user_id": f"s{k}"} for j in range(3)]


def one_user(shop: Shop, n: int) -> None:
    user = shop["users"][3]["user_id"]
    shop["events"] += [{**shop["events"][k % 6000], "user_id": user} for k in range(n)]


def one_item(shop: Shop, n: int) -> None:
    item = shop["items"][3]["item_id"]
    shop["events"] += [{**shop["events"][k % 6000], "item_id": item} for k in range(n)]


def props(shop: Shop, n: int) -> None:
    shop["items"][0]["props"] |= {f"p{k}": k for k in range(n)}


def traits(shop: Shop, n: int) -> None:
    shop["users"][0]["traits"] |= {f"p{k}": k for k in range(n)}


def description(shop: Shop, n: int) -> None:
    shop["items"][0]["description"] = "word " * n


SHAPES: dict[Callable[[Shop, int], None], int] = {
    wide_tags: 20_000, own_tags: 30_000, shared_tags: 30_000, brands: 2_000, segments: 200, one_user: 40_000,
    one_item: 40_000, props: 20_000, traits: 20_000, description: 200_000,
}  # fmt: skip


def seconds(shop: Shop) -> float:
    """Processor seconds of one run and all that it starts."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "fixtures/customers/acme.json"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(shop), encoding="utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = subprocess.run([sys.executable, *COMMAND], cwd=name, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode not in (0, 1):
        sys.exit(run.stdout.decode()[-3000:])
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shapes", nargs="+", choices=[shape.__name__ for shape in SHAPES])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    small = generate("retail", 5, items=120, users=240, events=6000)
    alone, found = seconds(small), []
    print(f"{'':12} {'n':>8} {'s, n':>8} {'s, 2 n':>8} {'ratio':>6}   (the shop alone: {alone:.1f} s)")
    for widen, n in SHAPES.items():
        if options.shapes and widen.__name__ not in options.shapes:
            continue
        took = []
        for size in (n, 2 * n):
            shop = copy.deepcopy(small)
            widen(shop, size)
            took.append(max(0.0, seconds(shop) - alone))
        ratio = took[1] / took[0] if took[0] > 0.5 else None  # less is noise
        found.append({"shape": widen.__name__, "n": n, "seconds": took, "ratio": ratio})
        told = f"{ratio:6.1f}" if ratio else "     -"
        print(f"{widen.__name__:12} {n:8} {took[0]:8.1f} {took[1]:8.1f} {told}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
