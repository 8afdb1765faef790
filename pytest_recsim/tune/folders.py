"""Where studies lie, which one somebody means, and whether one is at work on it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from pytest_recsim.data.input.files import said_by, shown, unwritable
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.record.tune import NAME, PREFIX, Study, read_study

LOCK = ".lock"
"""Held by who works on the study; the operating system lets go of it, however that ends."""
MOST = 1000


def new_folder(reports: Path, simulation: str, began: datetime) -> Path:
    """Create ``reports/<simulation>/tune_<UTC time>/``; a second study in the same second gets ``-2``.

    Raises:
        InputError: it cannot be made.
    """
    stamp = f"{PREFIX}{began.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    for attempt in range(1, MOST):
        folder = reports / simulation / (stamp if attempt == 1 else f"{stamp}-{attempt}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not folder.is_dir():
                raise InputError(Problem(shown(folder), "must be a folder")) from None
            continue
        except OSError as error:
            raise InputError(Problem("--reports-dir", unwritable(reports, error))) from None
        return folder
    raise InputError(Problem(shown(reports), f"{MOST} studies began in the same second"))


def study_named(name: str, reports: Path) -> Path:
    """Return the folder of the study that is meant: a folder itself, else a customer's newest.

    Raises:
        InputError: there is none.
    """
    if (Path(name) / NAME).is_file():
        return Path(name)
    found = sorted(reports.glob(f"*/{PREFIX}*/{NAME}"), key=lambda path: path.parent.name)
    own = [path.parent for path in found if path.parts[-3] == name]
    if own:
        return own[-1]
    known = sorted({path.parts[-3] for path in found})
    what = f"no study of `{name}`; must be a customer that has one, or a study's folder{nearest(name, known)}"
    raise InputError(Problem(shown(reports), what))


def opened(folder: Path) -> Study:
    """Return the study of a folder.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return read_study(folder)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(Problem(shown(folder / NAME), f"cannot be read: {said_by(error)}")) from None


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep every other process away from a study while this one works on it.

    Raises:
        InputError: another one is at work.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        what = f"somebody is at work on this study; `recsim tune {shlex.quote(shown(folder))} --show` tells how far it is"
        raise InputError(Problem(shown(folder), what)) from None
    try:
        yield
    finally:
        lock.release()


def at_work(folder: Path) -> bool:
    """Return whether a process works on the study right now."""
    if not (folder / LOCK).exists():
        return False
    try:
        with alone(folder):
            return False
    except InputError:
        return True
    except OSError:  # somebody else's folder: it cannot be told
        return False
