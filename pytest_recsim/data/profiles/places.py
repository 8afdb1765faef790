"""Where profiles lie: those that ship with us, which nobody changes, and those of a workspace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_recsim.data.input.files import is_file, shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.profiles.profiles import find_profile, packaged_profiles

FOLDER = "profiles"
SHIPPED = ("ci", "customer_a", "dev", "prod", "test")
"""Beside each other with a workspace's own in a checkout of ours, so the folder alone does not tell them apart."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class Place:
    """A profile that can be named.

    Attributes:
        shipped: it ships with us.
        hidden_by: the file that its name finds first; None when that is this one.
    """

    name: str
    path: Path
    shipped: bool
    hidden_by: Path | None


def folders(root: Path) -> tuple[Path, Path]:
    """Return where names are looked up, the first one first."""
    return root / FOLDER, packaged_profiles()


def is_shipped(path: Path) -> bool:
    """Return whether a profile ships with us."""
    return path.stem in SHIPPED and path.resolve().parent == packaged_profiles().resolve()


def profiles_of(root: Path) -> list[Place]:
    """Return every profile of a workspace and every one that ships with us, in the order in which they are found."""
    found: dict[str, Path] = {}
    places = list[Place]()
    for folder in _once(folders(root)):
        for path in sorted(folder.glob("*.env")) if folder.is_dir() else ():
            first = found.setdefault(path.stem, path)
            places.append(Place(path.stem, path, is_shipped(path), None if first == path else first))
    return [place for place in places if place.name]


def profile_file(name: str, root: Path) -> Path:
    """Return a profile's file: by its name, or any file by its path.

    Raises:
        InputError: there is none; names the nearest match.
    """
    path = Path(name)
    return path if len(path.parts) > 1 and is_file(path) else find_profile(name, _once(folders(root)))


def new_file(name: str, root: Path, *, what: str) -> Path:
    """Return where a new profile of that name (or path ending in .env) is to lie.

    Raises:
        InputError: no name, or something lies there.
    """
    path = Path(name) if len(Path(name).parts) > 1 else root / FOLDER / f"{name.removesuffix('.env')}.env"
    if path.suffix != ".env" or not _NAME.fullmatch(path.stem):
        raise InputError(
            Problem(what, f"`{name}`: must be letters, digits, `-`, `_` and `.`, or end in .env")
        )
    if path.exists() or path.is_symlink():
        raise InputError(Problem(shown(path), f"is there already; must be a new name (`{what}`)"))
    return path


def changeable(path: Path, name: str) -> None:
    """Refuse a profile that ships with us.

    Raises:
        InputError: it is one; says how to get one's own.
    """
    if is_shipped(path):
        what = f"ships with pytest-recsim and stays as it is; `recsim profile copy {path.stem} NAME` makes one of your own"
        raise InputError(Problem(f"env profile `{name}`", what))


def _once(search: Sequence[Path]) -> list[Path]:
    return list({folder.resolve(): folder for folder in search}.values())
