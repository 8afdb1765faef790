"""Play the whole catalogue and write docs/faults.md from what happened: ``python tests/faults/fault_table.py``."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fault_model import Fault
    from fault_play import Told

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "faults.md"
HEAD = ("fault", "when", "what happens", "what the run did", "exit", "what the user reads", "retries")
LONGEST = 240
FIRST_RUNS = "## First runs on a service that is slow right after seeding\n"
"""What follows is measured by ``slow_runs.py``."""
INTRO = """\
# What goes wrong, and what a run does then

Look up a fault of network, service or machine, and read what a run does, with which exit code, and what it says. The outcomes:

* **survived**: every check passed; retries are counted in `simulation_metadata.json` (`requests.retries`), the summary and the
  page. [Which requests are repeated](services.md#requests).
* **told**: the run went on to its end; checks that could not be made or saw the fault failed with one sentence.
* **refused**: only reads were sent, no report was made, one sentence.
* **killed**: the bundle says how far it got; the next run cleans up.

Each row is a real `pytest --customer acme --base-url PROXY` run (100 items, 40 users, 1,200 seeded events in three batches; the
checks coverage, S2, S8, contract and availability) through a proxy in front of `recsim serve`. Afterwards the service holds
every event exactly once, no active rule or override of ours, no probe item, and a marker that says `finished` (where it has lost
its data or is gone, the next run cleans up). No run shows a traceback, and every one that was not refused or killed leaves a
`junit.xml` with every check. `python tests/faults/fault_table.py` writes the table; the long tests play it again.
"""


def main() -> int:
    """Return 1, and leave the page alone, when a run did not do what the catalogue says."""
    from fault_catalogue import SECTIONS
    from fault_play import play
    from fault_stage import serving, write_world

    rows: dict[str, list[Told]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = write_world(folder / "world.json")
        with serving(folder / "served") as served:
            for title, faults in SECTIONS.items():
                for number, fault in enumerate(faults):
                    own = f"fault-{len(rows)}-{number}"
                    told = play(fault, folder / own, world, served)
                    rows.setdefault(title, []).append(told)
                    print(
                        f"{fault.name}, {fault.where}: {' / '.join(told.complaints) or fault.outcome}",
                        flush=True,
                    )
    if any(told.complaints for section in rows.values() for told in section):
        return 1
    _, mark, first_runs = PAGE.read_text().partition(FIRST_RUNS)
    PAGE.write_text("\n".join([*page(rows), ""]) + mark + first_runs)
    return 0


def page(rows: dict[str, list[Told]]) -> Iterator[str]:
    """The whole page, line by line."""
    yield INTRO
    for title, section in rows.items():
        yield f"## {title}"
        yield ""
        yield from ("| " + " | ".join(HEAD) + " |", "|" + " --- |" * len(HEAD))
        yield from (
            row([*facts(told.fault), shown(told.sentence), retried(told.retries)]) for told in section
        )
        yield ""


def facts(fault: Fault) -> list[str]:
    """What the catalogue says: the first five cells of a row."""
    return [fault.name, fault.where, fault.does, fault.outcome, str(fault.code)]


def row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def retried(retries: dict[str, int]) -> str:
    return ", ".join(f"{cause}: {times}" for cause, times in sorted(retries.items()))


def shown(sentence: str) -> str:
    """A sentence without what differs from run to run: ports, folders, times, ids."""
    for pattern, instead in (
        (r"http://127\.0\.0\.1:\d+", "http://service"),
        (r"acme-fault-[0-9-]*\d", "acme"),
        (r"\d{8}T\d{6}(Z|-[0-9a-f]{6})", "RUN"),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
        (r"tries in \d+\.\d s", "tries"),
        (r"needed \d+ s for", "needed N s for"),
        (r"answer within [\d.]+ s", "answer within N s"),
        (r"^(# |recsim: |ERROR: |for: )", ""),
    ):
        sentence = re.sub(pattern, instead, sentence)
    return sentence if len(sentence) <= LONGEST else sentence[:LONGEST].rsplit(" ", 1)[0] + " ..."


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    sys.exit(main())
