"""First runs of new namespaces on a service that is slow right after seeding: ``python tests/faults/slow_runs.py``.

Every run is a run of a real pytest against a proxy, in a namespace of its own, many at a time; they mostly wait.
The seconds are real. The outcome becomes the last section of docs/faults.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fault_proxy import Act
    from plugin.plugin_shop import Project, Ran, Served

CHECKS = "coverage or S2 or contract"
RUN_LIMIT_S = 3600  # of one pytest; many share the processors
SELECTED = 3
SHORTEST_S, LONGEST_S = 5.0, 60.0
KINDS = {
    "late": "every question is answered at the end of the slow time",
    "500": "every question is answered `500 internal` after 5 s, the service's own time-out",
    "silent": "every question of the slow time is never answered",
}
INTRO = """
A database without statistics of freshly seeded data plans badly for up to a minute. Here a proxy in front of `recsim serve` is
slow from the first question after seeding on, in one of three ways, for 5 to 60 real seconds. A first run in a new namespace
is *lost* when not every selected check (coverage, S2, contract) has passed (`python tests/faults/slow_runs.py`).
"""


@dataclass(frozen=True)
class Case:
    """One first run: what the service does, and for how long."""

    number: int
    kind: str
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        waited_s: until a first answer came within a normal time, as the run's record says.
        repeats: requests that were sent again.
        told: whether the record tells the wait.
        lost: why the run is lost, empty when it is not.
    """

    case: Case
    waited_s: float
    repeats: int
    told: bool
    lost: str


def cases(runs: int, shortest: float = SHORTEST_S, longest: float = LONGEST_S) -> list[Case]:
    """The kinds in turn, the times evenly spread over each kind."""
    kinds = list(KINDS)
    step = (longest - shortest) / max(1, runs - 1)
    return [Case(number, kinds[number % len(kinds)], shortest + step * number) for number in range(runs)]


def act(case: Case) -> Act:
    """What the proxy does with questions for lists."""
    from fault_acts import Sluggish

    if case.kind == "silent":
        return Sluggish(case.seconds, silent=True)
    return Sluggish(case.seconds, gives_up_s=5.0 if case.kind == "500" else None)


def first_runs(mine: Sequence[Case], folder: Path, world: Path, served: Served) -> list[Outcome]:
    """Make some runs one after the other in one pytest, each in a namespace and behind a proxy of its own."""
    from fault_hits import RECOMMEND, hit
    from fault_proxy import Proxy
    from plugin.plugin_shop import settle

    project = settle(folder / f"runs-{mine[0].number}", world)
    with ExitStack() as held:
        runs = []
        for case in mine:
            sluggish = hit(RECOMMEND, act(case), None, phase="observing|scenarios")
            proxy = held.enter_context(Proxy(served.url, sluggish))
            name = f"first-{case.number}"
            runs.append({"customer": "acme", "id": name, "namespace": name, "base_url": proxy.url})
        project.write("batch.json", json.dumps({"schema_version": 1, "runs": runs}))
        ran = project.run("--batch-file", "batch.json", "-k", CHECKS)
    return [told(_outcome(case, project, ran)) for case in mine]


def _outcome(case: Case, project: Project, ran: Ran) -> Outcome:
    name = f"first-{case.number}"
    if not project.bundles(name):
        return Outcome(case, 0.0, 0, told=False, lost=f"no bundle: {ran.text}")
    record = project.bundle(name)
    facts, outcomes = record.metadata, record.outcomes
    bad = {check: outcome for check, outcome in outcomes.items() if outcome != "passed"}
    lost = "" if len(outcomes) == SELECTED and not bad else f"{outcomes}: {ran.text[-1500:]}"
    warm_up = facts["timings"]["warm_up"] or {"seconds": 0.0}
    tells = any("for its first answer" in note or "still took" in note for note in facts["notes"])
    return Outcome(case, warm_up["seconds"], sum(facts["requests"]["retries"].values()), tells, lost)


def play(todo: Sequence[Case], folder: Path, at_once: int) -> list[Outcome]:
    """Make all runs on one service, in many pytest processes side by side."""
    from fault_stage import serving, write_world
    from plugin import plugin_shop

    plugin_shop.LIMIT_S = RUN_LIMIT_S
    world = write_world(folder / "world.json")
    shares = [todo[number::at_once] for number in range(min(at_once, len(todo)))]
    with serving(folder / "served") as served, ThreadPoolExecutor(at_once) as pool:
        found = pool.map(lambda mine: first_runs(mine, folder, world, served), shares)
        return sorted((one for some in found for one in some), key=lambda one: one.case.number)


def told(outcome: Outcome) -> Outcome:
    """Print how a run went as soon as that is known."""
    case = outcome.case
    how = f"lost: {outcome.lost}" if outcome.lost else f"waited {outcome.waited_s:.0f} s"
    print(f"{case.number} {case.kind} {case.seconds:.1f} s: {how}", flush=True)
    return outcome


def page(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The section of the page, line by line."""
    yield INTRO
    yield "| the service | slow for | runs | lost | longest wait for a first answer | requests sent again |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for kind, text in KINDS.items():
        for low, high in ((5, 20), (20, 40), (40, 60)):
            mine = [one for one in outcomes if one.case.kind == kind and _within(one.case.seconds, low, high)]
            if mine:
                lost, longest = sum(bool(one.lost) for one in mine), max(one.waited_s for one in mine)
                again = sum(one.repeats for one in mine)
                yield f"| {text} | {low} to {high} s | {len(mine)} | {lost} | {longest:.0f} s | {again} |"
    lost = sum(bool(one.lost) for one in outcomes)
    bound = "" if lost else f" (95 % bound: at most {100 * (1 - 0.05 ** (1 / len(outcomes))):.1f} %)"
    yield ""
    yield f"Of {len(outcomes)} first runs {lost} were lost{bound}; {sum(one.told for one in outcomes)} say in their record how long they waited."
    yield ""


def _within(seconds: float, low: float, high: float) -> bool:
    return low <= seconds < high or seconds == high == LONGEST_S


def main() -> int:
    """Return 1, and leave the page alone, when a run was lost."""
    from fault_table import FIRST_RUNS, PAGE

    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--runs", type=int, default=200)
    words.add_argument("--at-once", type=int, default=25)
    options = words.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        outcomes = play(cases(options.runs), Path(name), options.at_once)
    text = "\n".join(page(outcomes))
    print(text, f"in {time.monotonic() - began:.0f} s", sep="\n")
    if any(one.lost for one in outcomes):
        return 1
    if options.runs >= 200:
        before = PAGE.read_text().partition(FIRST_RUNS)[0]
        PAGE.write_text(before + FIRST_RUNS + text)
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    sys.exit(main())
