"""Which files of the user's project travel with a task: those that pytest needs to find and import the checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pytest_recsim.data.input.problems import InputError, Problem

MOST_BYTES = 100 * 1024 * 1024
OURS = "pytest_recsim"
"""In a checkout of this project: every worker has its own."""


def project_files(
    root: Path, here: Path, ini: Path | None, places: Iterable[Path], suite: Path
) -> dict[str, Path]:
    """Return name in the archive, from ``root``, -> file.

    That is the ini file, ``scenarios/`` and the folders of ``places`` with everything in them, conftests above these, and the
    root's own modules and packages. Hidden files, which hold secrets in many projects, stay at home.

    Args:
        root: pytest's rootdir.
        here: the folder that pytest was started in.
        ini: pytest's ini file.
        places: files and folders that somebody typed.
        suite: the shipped scenarios, which every worker has.

    Raises:
        InputError: together they are more than any project's checks.
    """
    found: dict[str, Path] = {}
    folders = [folder for folder in (root / "scenarios", here / "scenarios", *places) if folder.exists()]
    for path in (*_of_ini(ini), *_modules(root), *_conftests(root, here, folders)):
        _take(found, path, root)
    for folder in folders:
        if suite not in (folder.resolve(), folder.resolve().parent):
            for path in _everything(folder):
                _take(found, path, root)
    total = sum(path.stat().st_size for path in found.values())
    if total > MOST_BYTES:
        what = f"scenarios and conftests that would travel with every task have {total / 1e6:,.0f} MB; keep data elsewhere"
        raise InputError(Problem("--recsim-engine", what))
    return found


def _take(found: dict[str, Path], path: Path, root: Path) -> None:
    if path.is_file() and path.is_relative_to(root):
        name = path.relative_to(root)
        if not any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            found[name.as_posix()] = path


def _of_ini(ini: Path | None) -> list[Path]:
    return [ini] if ini is not None else []


def _modules(root: Path) -> Iterator[Path]:
    """The root is on the path of its conftest's imports, so what it may import lies here."""
    yield from root.glob("*.py")
    for package in root.glob("*/__init__.py"):
        if package.parent.name != OURS:
            yield from package.parent.rglob("*.py")


def _conftests(root: Path, here: Path, folders: Iterable[Path]) -> Iterator[Path]:
    for place in (here, *folders):
        yield from (
            folder / "conftest.py" for folder in (place, *place.parents) if folder.is_relative_to(root)
        )


def _everything(place: Path) -> Iterator[Path]:
    """A file brings its neighbours: what it reads or imports lies beside it."""
    yield from (place if place.is_dir() else place.parent).rglob("*")
