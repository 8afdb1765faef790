"""verdict_looks.jsonl of a customer: which tuning studies have looked at which verdict slice."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.record.jsonio import Document, append_line
from pytest_recsim.record.reading import Unreadable, decoded, read_bounded

NAME = "verdict_looks.jsonl"


class Look(Document, frozen=True, kw_only=True):
    """One study that has looked.

    Attributes:
        study: name of its folder.
        data_sha256, cut: the slice: all events of these data after this instant (ISO, UTC).
        at: when it looked first.
    """

    study: str
    data_sha256: str
    cut: str
    at: str

    @property
    def slice(self) -> tuple[str, str]:
        """What tells slices apart."""
        return self.data_sha256, self.cut


def add_look(path: Path, look: Look) -> int:
    """Note a look, unless this study has looked at this slice before; return how many studies have, this one included.

    Raises:
        OSError: the file cannot be read or written.
        msgspec.DecodeError: it is far too large, or no file.
    """
    if look.study not in _studies(path, look):
        append_line(path, look)
    return len(_studies(path, look))


def _studies(path: Path, look: Look) -> set[str]:
    """The studies that have looked at the same slice; a line that cannot be read counts as one, never as none."""
    found = set[str]()
    for number, line in enumerate(read_bounded(path).splitlines() if path.exists() else (), 1):
        try:
            one: Look | None = decoded(line, Look) if line.strip() else None
        except Unreadable:
            found.add(f"line {number}")
            continue
        if one is not None and one.slice == look.slice:
            found.add(one.study)
    return found
