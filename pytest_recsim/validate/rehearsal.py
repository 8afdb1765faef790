"""What only the service's answers can tell, seen on the embedded stand-in: the suite is run once, and nothing of it is kept."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.pace import Progress, paced, silent
from pytest_recsim.plan.keywords import keyword_words
from pytest_recsim.record.model import CheckResult
from pytest_recsim.simulation.controller.run_record import RunRecord
from pytest_recsim.validate.model import Carried
from pytest_recsim.validate.needing import Foretold

DROPPED = ("PYTEST", "RECSIM", "RECSYS")
"""What somebody may have set for runs of his own."""
QUIET = (
    "upload=",
    "compare_to=",
    "apply=",
    "use_base_url=false",
    "junit_properties=false",
    "no_html=true",
)
"""Ini values that would send something, leave the stand-in, or draw what nobody looks at."""
ENDED, DONE = (0, 1), "done"


@dataclass(frozen=True)
class Run:
    """The run that is rehearsed.

    Attributes:
        customer: whose.
        fixture: the data set.
        root: where pytest is run.
        options: as fields of ``plan.options.Options``.
    """

    customer: str
    fixture: Path
    root: Path
    options: Mapping[str, object]


def rehearsed(one: Carried, run: Run, progress: Progress = silent) -> Carried:
    """Settle what depends on the service's answers by a run on the stand-in.

    Args:
        one: as foretold; comes back as it is where nothing depends.
        run: what is run.
        progress: hears that it goes on.
    """
    if not any(check.status == "depends" for check in one.checks):
        return one
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place,
        paced(progress, f"{run.customer}: rehearsing on the stand-in"),
    ):
        seen, trouble = _seen(run, Path(place))
    checks = tuple(_settled(check, seen.get(check.label)) for check in one.checks)
    return msgspec.structs.replace(one, checks=checks, rehearsal=trouble or DONE)


def _settled(check: Foretold, seen: CheckResult | None) -> Foretold:
    """What depended, as it was seen; what was said for sure stays."""
    if check.status != "depends" or seen is None:
        return check
    if seen.outcome == "not_measured":
        return msgspec.structs.replace(
            check,
            status="not_measured",
            likely="not_measured",
            rehearsed=True,
            reason=seen.sentence.removeprefix("not measured: "),
            cause=seen.cause,
            next_step=seen.next_step,
        )
    return msgspec.structs.replace(
        check, status="measured", likely="measured", rehearsed=True, reason="", cause="", next_step=""
    )


def _seen(run: Run, place: Path) -> tuple[dict[str, CheckResult], str]:
    """Run the suite; return its results by label, and one sentence where it gave none."""
    reports = place / "reports"
    done = subprocess.run(  # noqa: S603 - our own interpreter, no shell
        _command(run, reports),
        cwd=run.root,
        env=_surroundings(place),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    folders = [path.parent for path in reports.glob("*/*/simulation_metadata.json")]
    if done.returncode not in ENDED or len(folders) != 1:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        return {}, f"the rehearsal came to no end (exit code {done.returncode}): {said[-1] if said else ''}"
    try:
        record = RunRecord.load(folders[0])
    except InputError as error:
        return {}, f"the rehearsal left no record: {error}"
    return {check.label: check for check in record.checks}, ""


def _surroundings(place: Path) -> dict[str, str]:
    """Ours, with a place for passing files that goes with ours: after Ctrl-C the run has no time to clear up."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(DROPPED)}
    return kept | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(place))


def _command(run: Run, reports: Path) -> list[str]:
    words = [sys.executable, "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:randomly"]
    words += ["-o", "addopts="]
    words += [word for one in QUIET for word in ("-o", f"recsim_{one}")]
    options = {**run.options, "fixture_path": run.fixture.absolute()}
    return [*words, f"--recsim-reports-dir={reports}", *keyword_words(run.customer, options)]
