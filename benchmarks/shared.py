"""Runs that rows of several parts are made of: the longest of all, so that none is made twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.rows import NotMeasured
from benchmarks.watched import Watched


@dataclass(frozen=True)
class Shared:
    """What has been run since the command began.

    Attributes:
        folder: where the runs take place; kept until the command ends.
        ended: name -> the run, or why it did not end.
    """

    folder: Path
    ended: dict[str, Watched | str] = field(default_factory=dict)

    def run(self, name: str, one: Callable[[], Watched]) -> Watched:
        """Return the run of that name, made now if nobody has asked for it yet.

        Raises:
            NotMeasured: it did not end; who asks again is told at once, and does not wait for the same.
        """
        if name not in self.ended:
            try:
                self.ended[name] = one()
            except NotMeasured as error:
                self.ended[name] = str(error)
        found = self.ended[name]
        if isinstance(found, str):
            raise NotMeasured(found)
        return found
