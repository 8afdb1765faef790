"""What a section of a study's pages is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Link(NamedTuple):
    """A cell that leads to a file of the study."""

    text: str
    target: str


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        key: its anchor, and what its pictures are found by.
        title: its heading.
        words: paragraphs, before the table.
        head, rows: the table; none without a head.
        legend: how to read the pictures.
        folded: whether the table is shown when somebody asks for it.
    """

    key: str
    title: str
    words: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str | Link, ...], ...] = ()
    legend: str = ""
    folded: bool = False
