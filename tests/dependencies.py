"""What an installation brings along: ``python tests/dependencies.py --update`` in a fresh environment with ``.[dev]``.

That writes constraints.txt and docs/licences.md from what is installed; ``--check`` compares them.
"""

from __future__ import annotations

import sys
from email import message_from_string
from email.message import Message
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS, PAGE = ROOT / "constraints.txt", ROOT / "docs/licences.md"
OURS = "pytest-recsim"
WAYS = {"": "always", "tables": "`[tables]`", "test": "`[test]`", "dev": "`[dev]`"}
"""Every way to install it, each more than the one before -> how the page names it."""
HEAD = """\
# Versions the project is tested with, of everything that `pip install -e '.[dev]'` installs; ranges are in pyproject.toml.
# Use: pip install -c constraints.txt -e '.[test]'
# Made by tests/dependencies.py (CONTRIBUTING.md); do not edit.
"""
PAGE_HEAD = """\
# Licences of what is installed along

pytest-recsim is under the MIT licence. `pip install pytest-recsim` brings the packages that are needed "always", `[tables]` what
`recsim import` reads tables with; the other extras are for the project's own tests and development. Versions are those of constraints.txt (`python tests/dependencies.py --update`).
`[cloud]` is not in the table: it brings fsspec, s3fs and gcsfs (all BSD-3-Clause) and the drivers of Amazon and Google that these
need, in versions that they choose, so it is installed without constraints.txt.

| package | version | licence | needed |
| --- | --- | --- | --- |
"""
CLASSIFIER = "License :: OSI Approved :: "
READ = {"httpx-aiohttp": "BSD-3-Clause"}
"""Licences that we read ourselves, where the metadata hold the whole text instead of a name."""
LONGEST_NAME = 40


class Package(NamedTuple):
    """An installed package."""

    name: str
    version: str
    licence: str


class NotInstalledError(Exception):
    """The environment lacks something, so that it shows nothing."""


@cache
def facts(name: str) -> Message:
    """Return a package's metadata without its description, which is long; raises ``PackageNotFoundError``."""
    head, _, _ = (distribution(name).read_text("METADATA") or "").partition("\n\n")
    return message_from_string(head)


def needed(extra: str) -> dict[str, Package]:
    """Return what an installation with that extra brings along, ourselves left out, by canonical name."""
    found: dict[str, Package] = {}
    seen, todo = set(), [(OURS, extra)]
    while todo:
        if (here := todo.pop()) in seen:
            continue
        seen.add(here)
        name, wanted = here
        try:
            one = facts(name)
        except PackageNotFoundError:
            what = f"{name} is not installed here; `pip install -e '.[{extra}]'` would"
            raise NotInstalledError(what) from None
        if name != OURS:
            found[name] = Package(one["Name"], one["Version"], licence(name))
        for requirement in map(Requirement, one.get_all("Requires-Dist", ())):
            if requirement.marker is None or requirement.marker.evaluate({"extra": wanted}):
                child = canonicalize_name(requirement.name)
                todo += [(child, ""), *((child, more) for more in requirement.extras)]
    return dict(sorted(found.items()))


def licence(name: str) -> str:
    """Return the licence that a package names: an SPDX expression, a classifier, or a short text."""
    if expression := READ.get(name) or facts(name)["License-Expression"]:
        return expression
    text = (facts(name)["License"] or "").strip()
    if text and len(text) < LONGEST_NAME and "\n" not in text:
        return text
    classifiers = facts(name).get_all("Classifier", ())
    return " and ".join(line.removeprefix(CLASSIFIER) for line in classifiers if line.startswith(CLASSIFIER))


def pins() -> dict[str, str]:
    """Return constraints.txt: canonical name -> version."""
    lines = [line.split("==") for line in CONSTRAINTS.read_text().splitlines() if "==" in line]
    return {canonicalize_name(name): version for name, version in lines}


def constraints() -> str:
    return HEAD + "".join(f"{name}=={one.version}\n" for name, one in needed("dev").items())


def page() -> str:
    rows: dict[str, str] = {}
    for extra, way in WAYS.items():
        for name, one in needed(extra).items():
            rows.setdefault(name, f"| {one.name} | {one.version} | {one.licence} | {way} |\n")
    return PAGE_HEAD + "".join(rows[name] for name in sorted(rows))


def complaints(extra: str) -> list[str]:
    """Say where what is installed is not what constraints.txt and the page name."""
    pinned, shown, found = pins(), PAGE.read_text(), []
    for name, one in needed(extra).items():
        if pinned.get(name) != one.version:
            found.append(
                f"{one.name} {one.version} is installed, constraints.txt has {pinned.get(name, 'nothing')}"
            )
        if not one.licence:
            found.append(f"{one.name} names no licence")
        if f"\n| {one.name} | {one.version} | {one.licence} |" not in shown:
            found.append(f"{one.name} {one.version} ({one.licence}) is not in {PAGE.name}")
    return found


def superfluous() -> list[str]:
    """Say what is pinned and comes along with nothing."""
    return [f"{name} is pinned and not needed" for name in sorted(pins().keys() - needed("dev").keys())]


def main(words: list[str]) -> int:
    if words == ["--update"]:
        CONSTRAINTS.write_text(constraints())
        PAGE.write_text(page())
        return 0
    if words == ["--check"]:
        found = [*complaints("dev"), *superfluous()]
        print("\n".join(found) or f"{len(pins())} packages, all pinned")
        return 1 if found else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
