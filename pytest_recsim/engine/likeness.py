"""Whether a worker is enough like us that a simulation there is the one that it would be here."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from pytest_recsim import __version__


def unlike(workers: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for everything in which a worker is too different.

    Our own version has to be the same, pytest's and Python's down to the second number.

    Args:
        workers: address -> what ``Client.get_versions`` knows of it.
    """
    python = ".".join(platform.python_version_tuple())
    wanted = {"pytest_recsim": (__version__, 9), "pytest": (pytest.__version__, 2), "python": (python, 2)}
    for address, found in workers.items():
        for name, (mine, parts) in wanted.items():
            theirs = found["packages"].get(name)
            if theirs is None or theirs.split(".")[:parts] != mine.split(".")[:parts]:
                has = f"{name} {theirs}" if theirs else f"no {name}"
                yield f"the worker at {address} has {has}, and here it is {mine}; install the same there"
