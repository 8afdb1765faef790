"""Which earlier run a simulation is held against: a folder, the newest one, or one that somebody accepted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.per_user import NAME
from pytest_recsim.record.previous import finished_runs

BASELINES = "baselines"
"""Folder of accepted runs, beside guardrails.yml: ``baselines/CUSTOMER/NAME``."""
ACCEPTED = "accepted"
LATEST = "latest"
OPTION = "--recsim-compare-to"


def compared_with(
    asked: str, *, customer: str, simulation: str, root: Path, here: Path, reports: Path
) -> tuple[str, str]:
    """Return the folder of the run to compare with, and why there is none; one of them is empty, both where nobody asked.

    Args:
        asked: the option's value.
        customer: whose run.
        simulation: name of its folder of reports.
        root: where ``baselines`` is.
        here: where a folder that was typed starts from.
        reports: the reports folder of this run.

    Raises:
        InputError: it is neither a folder with a run nor ``latest`` nor a name that anybody has.
    """
    if not asked:
        return "", ""
    if asked == LATEST:
        found = _newest(reports / simulation)
        why = f"no finished run of {simulation} in {shown(reports)} has numbers to compare with"
        return (str(found), "") if found else ("", f"compared with nothing: {why}")
    folder = here / asked
    if folder.is_dir():
        return str(_run_in(folder, simulation)), ""
    accepted = root / BASELINES / customer / asked
    if _is_run(accepted):
        return str(accepted), ""
    names = sorted({ACCEPTED, *_names(root / BASELINES)})
    if os.sep in asked or asked not in names:
        listed = ", ".join(f"`{name}`" for name in (LATEST, *names))
        what = f"`{quoted(asked)}`: there is no such folder; must be a report folder, {listed}"
        raise InputError(Problem(OPTION, what + nearest(asked, [LATEST, *names])))
    how = f"`recsim baseline set {customer} DIR" + ("`" if asked == ACCEPTED else f" --name {asked}`")
    return "", f"compared with nothing: no run of {customer} is `{asked}` yet; {how} names one"


def _run_in(folder: Path, simulation: str) -> Path:
    """The run in a folder that was typed: itself, or the newest of a customer's, or of a reports folder."""
    if _is_run(folder):
        return folder
    found = _newest(folder / simulation) or _newest(folder)
    if found is None:
        what = f"`{quoted(str(folder))}` is no report folder and holds no finished run of {simulation}"
        raise InputError(Problem(OPTION, what))
    return found


def _newest(folder: Path) -> Path | None:
    return next((run.root for run in finished_runs(folder) if (run.artifacts / NAME).is_file()), None)


def _is_run(folder: Path) -> bool:
    return Bundle(folder).metadata.is_file()


def _names(folder: Path) -> Iterator[str]:
    """Names that some customer's accepted run has."""
    return (run.name for run in folder.glob("*/*") if _is_run(run))
