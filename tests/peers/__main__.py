"""`python -m tests.peers`: run customers beside other pytest plugins; writes docs/compatibility.md and .json.

With names, these rows alone; the others stay. `--missing`: the rows that the table does not have as the catalogue has them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import peers_page
from fresh_env import InstallError
from peers_catalogue import PEERS
from peers_run import Bench, Row, complaints, plain_facts
from peers_versions import odd, versions

if TYPE_CHECKING:
    from peers_model import Peer


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *(peer.name for peer in PEERS)], metavar="plugin")
    parser.add_argument("--missing", action="store_true", help="only what the table does not have yet")
    parser.add_argument("--versions", action="store_true", help="only the versions of Python and pytest")
    parser.add_argument("--keep", type=Path, help="keep here what every run printed")
    return parser.parse_args()


def wanted(asked: argparse.Namespace, known: dict[str, Row]) -> list[Peer]:
    chosen = [peer for peer in PEERS if not asked.names or peer.name in asked.names]
    if not asked.missing:
        return chosen
    return [peer for peer in chosen if peer.key not in known or known[peer.key]["version"] != peer.version]


def main() -> int:
    """Return 1 where a difference is not explained, or a run says what it must not."""
    asked, facts = options(), peers_page.load()
    rows = {peers_page.key(row): row for row in facts["peers"]}
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="recsim-peers-") as scratch:
        bench = Bench(Path(scratch), asked.keep)
        wrong = [] if asked.versions else beside(bench, wanted(asked, rows), rows, facts)
        if asked.versions or not (asked.names or asked.missing):
            facts["versions"] = list(versions(bench))
            wrong += odd(facts["versions"])
            peers_page.save(facts)
    print(*wrong, f"{len(wrong)} complaints", sep="\n")
    return bool(wrong)


def beside(bench: Bench, peers: list[Peer], rows: dict[str, Row], facts: Row) -> list[str]:
    """Run the peers, keep each row as soon as it is there, and return what is wrong."""
    wrong = []
    facts["plain"] = plain_facts(bench.plain())
    for peer in peers:
        try:
            rows[peer.key] = bench.row(peer)
            found = complaints(peer, rows[peer.key])
        except InstallError as error:
            found = [f"{peer.key}: {error}"]
        print(f"{peer.key}: {'' if found else 'as expected'}", *found, sep="\n  ", flush=True)
        wrong += found
        facts["peers"] = [rows[known.key] for known in PEERS if known.key in rows]
        peers_page.save(facts)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
