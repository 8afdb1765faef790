"""Hold what `recsim validate` foretells against runs: `python tests/validate/foretold_run.py [--rehearse] [--fixture FILE] [NAME ...]`.

With `--rehearse` what only answers can tell is settled by a rehearsal, which is another run than the one it is held against. Prints a line per data set and the counts that docs/validate.md quotes. Without names all sets are run, some minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
from foretold_sets import GUARDRAILS, SETS, Set, write

from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.plan.keywords import plan_for
from pytest_recsim.simulation.controller.run_record import RunRecord
from pytest_recsim.validate.model import Carried
from pytest_recsim.validate.needing import Foretold
from pytest_recsim.validate.prediction import predict
from pytest_recsim.validate.rehearsal import DONE, Run, rehearsed

SUITE = Path(__file__).parents[2] / "scenarios"


@dataclass(frozen=True)
class Held:
    """What was foretold of one data set, and what a run said: check with its case -> status, or outcome.

    ``trouble`` says why a rehearsal settled nothing.
    """

    name: str
    foretold: dict[str, Foretold]
    outcomes: dict[str, str]
    code: int
    reasons: dict[str, str]
    trouble: str = ""

    @property
    def unlike(self) -> list[str]:
        """Checks of which something was said for sure, and wrongly."""
        return [
            label
            for label, one in self.foretold.items()
            if one.status != "depends"
            and (one.status == "not_measured") != (self.outcomes.get(label) == "not_measured")
        ]

    @property
    def open(self) -> list[str]:
        """Checks that were said to depend on the service."""
        return [label for label, one in self.foretold.items() if one.status == "depends"]

    @property
    def missed(self) -> list[str]:
        """Those of them of which the guess was wrong."""
        return [
            label
            for label in self.open
            if (self.foretold[label].likely == "not_measured") != (self.outcomes.get(label) == "not_measured")
        ]


def held(one: Set, folder: Path, fixture: Path | None = None, *, rehearse: bool = False) -> Held:
    """Foretell one data set, run the suite on it, and return both."""
    if fixture is None:
        write(folder, one)
        fixture = folder / "fixtures" / "customers" / f"{one.name}.json"
    (folder / "guardrails.yml").write_text(GUARDRAILS, encoding="utf-8")
    plan = plan_for(one.name, root=folder, fixture_path=str(fixture), **one.options)
    told = Carried(customer=one.name, profile="", checks=predict(plan, load_fixture(fixture)))
    if rehearse:
        told = rehearsed(told, Run(one.name, fixture, folder, one.options))
    said = {found.label: found for found in told.checks}
    reports = folder / "reports"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        str(SUITE),
    ]
    command += [
        f"--rootdir={folder}",
        "-o",
        "recsim_no_html=true",
        "-o",
        "addopts=",
        f"--customer={one.name}",
    ]
    command += [f"--fixture-path={fixture}", f"--recsim-reports-dir={reports}", *one.arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, env=os.environ)
    (bundle,) = (reports / one.name).glob("*Z")
    record = RunRecord.load(bundle)
    outcomes = {check.label: check.outcome for check in record.checks}
    reasons = {check.label: check.sentence for check in record.checks}
    trouble = told.rehearsal.removeprefix(DONE)
    return Held(one.name, said, outcomes, done.returncode, reasons, trouble)


def main(arguments: list[str]) -> int:
    rehearse = "--rehearse" in arguments
    arguments = [word for word in arguments if word != "--rehearse"]
    fixture = Path(arguments[1]).absolute() if arguments[:1] == ["--fixture"] else None
    names = arguments[2:] if fixture else arguments or list(SETS)
    wrong = total = sure = unmeasured = missed = opened = settled = troubles = 0
    for name in names:
        with tempfile.TemporaryDirectory() as place:
            found = held(Set(name) if fixture else SETS[name], Path(place), fixture, rehearse=rehearse)
        strangers = sorted(found.outcomes.keys() ^ found.foretold.keys())
        total += len(found.foretold)
        sure += len(found.foretold) - len(found.open)
        unmeasured += sum(outcome == "not_measured" for outcome in found.outcomes.values())
        wrong += len(found.unlike) + len(strangers)
        settled += sum(one.rehearsed for one in found.foretold.values())
        troubles += bool(found.trouble)
        opened, missed = opened + len(found.open), missed + len(found.missed)
        print(
            f"{name}: {len(found.foretold)} checks, exit {found.code}, wrong {found.unlike}, depends {found.open}, "
            f"guessed wrong {found.missed}, of one side only {strangers}",
            flush=True,
        )
        if found.trouble:
            print(f"    {found.trouble}", flush=True)
        for label in [*found.unlike, *found.missed]:
            told = msgspec.json.encode(found.foretold[label]).decode()
            print(
                f"    {label}: said {told}; run {found.outcomes.get(label)}: {found.reasons.get(label, '')[:300]}"
            )
    print(
        f"{len(names)} data sets, {total} checks, {unmeasured} of them not measured; {sure} foretold for sure, "
        f"{wrong} of them wrongly; {opened} said to depend on the service, {missed} of them guessed wrongly"
    )
    if rehearse:
        print(f"{settled} of the checks were settled by rehearsals; {troubles} rehearsals came to no end")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
