"""Report folders as people name them: found, or told what was probably meant."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.record.bundle import Bundle

MUST = "must be a folder with simulation_metadata.json"


def bundle_at(folder: Path) -> Bundle:
    """Return the bundle that a folder is.

    Raises:
        InputError: it is none; where something near it is one, that is named.
    """
    bundle = Bundle(folder)
    if not bundle.metadata.is_file():
        raise InputError(Problem(shown(folder), f"no bundle: {MUST}{_meant(folder)}"))
    return bundle


def bundles_in(folder: Path) -> list[Bundle]:
    """Return the bundles right below a folder, oldest first."""
    found = (path.parent for path in folder.glob("*/simulation_metadata.json") if path.is_file())
    return [Bundle(root) for root in sorted(found, key=_age)]


def _age(folder: Path) -> tuple[str, int]:
    """When a run began, and as which of that second."""
    second, _, attempt = folder.name.partition("-")
    return second, int(attempt) if attempt.isdecimal() else 1


def _meant(folder: Path) -> str:
    """The newest run in it, or below it, or the folder above that is one, or what is called nearly so."""
    below = bundles_in(folder) or [one for near in sorted(folder.glob("*/")) for one in bundles_in(near)[-1:]]
    above = [parent for parent in folder.absolute().parents[:3] if Bundle(parent).metadata.is_file()]
    for root in [one.root for one in below[-1:]] + above:
        return f"; did you mean `{shown(root)}`?"
    beside = (path.name for path in folder.parent.glob("*/"))
    return "" if folder.exists() else nearest(folder.name, beside)
