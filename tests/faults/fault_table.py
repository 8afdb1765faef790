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

Every row is a real `pytest --customer acme --base-url PROXY` run on a small customer (100 items, 40 users, 1,200 seeded
events in three batches; the checks coverage, S2, S8, contract and availability). A proxy in front of `recsim serve`
does to its requests what the row says. The table is written by the run itself: `python tests/faults/fault_table.py`
plays the catalogue in `tests/faults/` and stops when anything is not as the catalogue says; the long tests play it too.

* **survived**: every check passed; what had to be asked again is counted in `simulation_metadata.json`
  (`requests.retries`) and told in the summary and on the page.
* **told**: the run went on to its end, every planned check reported, those that could not be made or saw the fault
  failed with one sentence.
* **refused**: nothing was sent but reads, no report was made, one sentence.
* **killed**: the bundle says how far it got; the next run cleans up.

After every run the service is asked directly, past the proxy: every event that was sent is there exactly once, no rule
and no override of ours is active, no probe item is left, the marker says `finished`. (Not where the service has lost its
data or is gone; there the next run is made and has to clean up.) No run shows a stack, and every one that was not
refused or killed leaves a `junit.xml` with every check.

502, 503, 504 and 429 are repeated; 500 is only where something was read, because the service answers it to a write that is
not valid. Questions for a list that time out or are answered 500 are repeated for `--recsim-warm-up` seconds. What is not safe to
repeat (making a rule or an override) is repeated only when a look at the service shows that it was not done.
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
