"""Report folders as people name them: found, or told what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.history import NAME as HISTORY

MUST = "must be a folder with simulation_metadata.json"
LATEST = "latest"
OF_VARIANTS = "@"
"""In the folder name of a sweep's variant, and in no customer's or simulation's."""


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


def simulations_of(reports: Path, customer: str) -> list[str]:
    """Return the folders of a reports folder that hold runs of a customer.

    Raises:
        InputError: there is no such folder, or nobody of that name has run there.
    """
    found = _customers(reports)
    if customer not in found:
        what = f"no run of `{customer}`{nearest(customer, found)}"
        raise InputError(Problem(shown(reports), what))
    return found[customer]


def _customers(reports: Path) -> dict[str, list[str]]:
    """Return customer -> folders; that of a simulation belongs to whoever had its newest readable run.

    Variants of a sweep are nobody's: they are tries beside one another, and belong to themselves only.
    """
    found: dict[str, list[str]] = {}
    for folder in sorted(reports.glob("[!.]*/")):
        if OF_VARIANTS in folder.name:
            continue
        names = [folder.name] if (folder / HISTORY).exists() else []
        for bundle in reversed(bundles_in(folder)):
            with suppress(OSError, msgspec.DecodeError):
                names.append(str(bundle.read_metadata().get("customer")))
                break
        for name in dict.fromkeys(names):
            found.setdefault(name, []).append(folder.name)
    return found


def run_named(name: str, reports: Path) -> Bundle:
    """Return the run that a report folder, a customer, a simulation or `latest` names: the newest where there are several.

    Raises:
        InputError: there is none.
    """
    folder, where = Path(name), reports
    found = Bundle(folder) if Bundle(folder).metadata.is_file() else _newest([folder, *folder.glob("*/")])
    if found is not None:
        return found
    if name == LATEST:
        found, what = _newest(reports.glob("[!.]*/")), "no run has reported here"
    elif len(folder.parts) == 1:
        other = name not in _customers(reports) and bundles_in(reports / name)
        found = _newest(reports / one for one in ([name] if other else simulations_of(reports, name)))
        what = f"no report folder of `{name}` is left"
    else:
        where, what = folder, f"no bundle: {MUST}{_meant(folder)}"
    if found is None:
        raise InputError(Problem(shown(where), what))
    return found


def _newest(folders: Iterable[Path]) -> Bundle | None:
    runs = [bundle for folder in folders for bundle in bundles_in(folder)]
    return max(runs, key=lambda bundle: _age(bundle.root), default=None)


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
