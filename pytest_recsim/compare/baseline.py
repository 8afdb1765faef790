"""The run that somebody accepted: a small folder to commit, with as much of a record as a comparison needs."""

from __future__ import annotations

import shutil
from pathlib import Path

from pytest_recsim.compare.sides import Run, read_run
from pytest_recsim.data.input.files import shown, unwritable
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.compare_to import BASELINES
from pytest_recsim.record.bundle import QUALITY, Bundle
from pytest_recsim.record.per_user import NAME as PER_USER

KEPT = (
    "simulation_metadata.json",
    f"artifacts/{QUALITY}",
    f"artifacts/{PER_USER}",
    "artifacts/seed_manifest.json",
)
HERE = "baseline"


def place(root: Path, customer: str, name: str) -> Path:
    """Return the folder of an accepted run."""
    return root / BASELINES / customer / name


def accept(source: Path, customer: str, target: Path) -> Run:
    """Copy what a comparison needs of a finished run, whole or not at all; an earlier one of that name is replaced.

    Raises:
        InputError: the run cannot be compared with, is of another customer, has not finished, or cannot be written there.
    """
    run, facts = read_run(source), Bundle(source).read_metadata()
    if run.facts["customers"] != customer:
        what = f"is a run of `{run.facts['customers']}`; must be one of `{customer}`"
        raise InputError(Problem(shown(source), what))
    if facts.get("status") != "finished":
        raise InputError(Problem(shown(source), f"has not finished (its status is {facts.get('status')})"))
    fresh, old = (target.with_name(f".{target.name}.{word}") for word in ("new", "old"))
    try:
        for folder in (fresh, old):
            shutil.rmtree(folder, ignore_errors=True)
        for name in KEPT:
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, fresh / name)
        if target.exists():
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise InputError(Problem(HERE, unwritable(target, error))) from None
    return run
