"""What is known of a simulation, laid aside on disk once its record is written: a batch may have a thousand."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.model import CheckResult, Key

T = TypeVar("T", bound=msgspec.Struct)


class Told(msgspec.Struct):
    """What is known of the checks of one simulation.

    Attributes:
        results: what each that has reported amounts to.
        planned: those that were going to run.
        nodeids: the test that makes each, as far as known.
        heard: the tests that have reported of each.
    """

    results: dict[Key, CheckResult] = {}
    planned: list[Key] = []
    nodeids: dict[Key, str] = {}
    heard: dict[Key, set[str]] = {}


class Aside(Generic[T]):
    """A value that is held in memory or, once laid aside, in a file that is read whenever somebody asks."""

    def __init__(self, value: T) -> None:
        self._held: T | None = value
        self._type, self._path = type(value), Path()

    @property
    def laid(self) -> bool:
        return self._held is None

    @property
    def value(self) -> T:
        """As it stands; what was laid aside is a copy, in which nothing is to be changed."""
        if self._held is not None:
            return self._held
        return msgspec.msgpack.decode(self._path.read_bytes(), type=self._type)

    def recall(self) -> T:
        """Hold it in memory again, so that it can be changed."""
        self._held = self.value
        return self._held

    def lay(self, path: Path) -> None:
        """Lay it aside there; where the disk takes nothing more it stays in memory."""
        if self._held is not None:
            with suppress(OSError):
                write_atomic(path, msgspec.msgpack.encode(self._held))
                self._held, self._path = None, path
