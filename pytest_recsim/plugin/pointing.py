"""Where a failure points: at the user's own line that it is about.

The suite may lie in site-packages, where nobody can change anything; annotations on GitHub, ``file`` and ``line`` of
``junit_family=xunit1``, and pytest's list of what was skipped go by what stands here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_recsim.data.input.files import is_file
from pytest_recsim.plan.model import Plan, covering
from pytest_recsim.plugin.suite import suite_folder
from pytest_recsim.record.model import CheckResult
from pytest_recsim.simulation.diagnose.knobs_to_check import knobs_of

if TYPE_CHECKING:
    import pytest

PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?P<rest>[ ,].*)?", re.DOTALL)
"""An origin that is a line of a file, ``guardrails.yml:12 (acme)``; others are options or built in."""


def point(item: pytest.Item, report: pytest.TestReport, result: CheckResult, plan: Plan, today: str) -> None:
    """Let the report of a check that came to its end point at the user's file that made it fail, or that waived it."""
    here, shipped = Path(item.config.invocation_params.dir), item.path.parent == suite_folder()
    if result.outcome == "waived" and isinstance(report.longrepr, tuple):
        note = covering(plan.waivers, result.check, result.case, today)
        found = first_place([note.origin if note else ""], here)
        if found is not None:
            report.longrepr = (str(found[0]), found[1], report.longrepr[2])
    elif report.failed and shipped:
        found = first_place(origins(result, plan), here)
        if found is not None:
            path = os.path.relpath(found[0], item.config.rootpath)
            report.location = (path, found[1] - 1, report.location[2])  # pytest counts lines from 0


def origins(result: CheckResult, plan: Plan) -> Iterator[str]:
    """Yield what a failure may be about: a threshold, a knob that it names, the data; failing measures first."""
    for measure in sorted(result.measures, key=lambda one: (one.ok is not False, one.ok is not None)):
        if measure.ok is not True:
            yield measure.origin
            for knob in knobs_of(measure.knobs, plan):
                if knob in plan.knobs:
                    yield plan.knobs[knob].origin
    yield f"{plan.fixture.file}:1"


def first_place(candidates: Iterable[str], here: Path) -> tuple[Path, int] | None:
    """Return file and line of the first origin that lies in a file of the user's, None without any.

    Args:
        candidates: origins, as settings and thresholds carry them.
        here: the folder that relative paths start from.
    """
    for origin in candidates:
        found = PLACE.fullmatch(origin)
        if found:
            path = here / found["file"]
            if is_file(path) and not path.resolve().is_relative_to(_package()):
                return path, int(found["line"])
    return None


def _package() -> Path:
    return Path(__file__).resolve().parent.parent
