"""From a matplotlib figure to SVG that is the same bytes for the same numbers, and follows the page's light and dark."""

from __future__ import annotations

import logging
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from pytest_recsim.record.legible import legible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours of Okabe and Ito, which people with any kind of colour vision tell apart; each stands for a variable of the style.
INK, FAINT, GOOD, BAD, OTHER = "#101112", "#a0a1a2", "#0072b2", "#d55e00", "#009e73"
VARIABLES = {INK: "--ink", FAINT: "--faint", GOOD: "--good", BAD: "--bad", OTHER: "--other"}
LIGHT = "--ink:#1b1f24;--faint:#8a9099;--good:#0072b2;--bad:#b34700;--other:#00795a"
DARK = "--ink:#e8eaed;--faint:#8f969e;--good:#56b4e9;--bad:#ff9e5e;--other:#3fcf9f"
SETTINGS: Any = {
    "svg.hashsalt": "pytest-recsim",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.parse_math": False,
}
FIRST_LETTERS = 28
WIDTH = 7.2
"""Inches; a page scales it to its column."""


@dataclass(frozen=True)
class Chart:
    """One picture.

    Attributes:
        name: of the file in ``artifacts/charts``, and what its ids begin with.
        title: what it shows.
        alt: what one sees there, in words, for who cannot see it.
        svg: the picture without an XML head, for a page.
    """

    name: str
    title: str
    alt: str
    svg: str

    @property
    def file(self) -> str:
        """The picture as a file of its own, which brings its colours along."""
        style = f"<style>:root{{{LIGHT}}}@media(prefers-color-scheme:dark){{:root{{{DARK}}}}}</style>"
        head, bracket, rest = self.svg.partition(">")
        return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{bracket}{style}{rest}\n'


def short(text: str) -> str:
    """A label that leaves room for the picture."""
    said = legible(text)
    return said if len(said) <= FIRST_LETTERS else f"{said[: FIRST_LETTERS - 1]}\N{HORIZONTAL ELLIPSIS}"


@contextmanager
def axes(height: float) -> Iterator[tuple[Figure, Axes]]:
    """Yield a figure of the house's width and its axes, under the house's settings."""
    with panels(height, 1) as (figure, (found,)):
        yield figure, found


@contextmanager
def panels(height: float, count: int, columns: int = 1) -> Iterator[tuple[Figure, list[Axes]]]:
    """Yield a figure with several axes, in rows of so many columns; see ``axes``."""
    with quietly():
        from matplotlib import rc_context
        from matplotlib.figure import Figure

    with quietly(), rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        rows = -(-count // columns)
        found = [figure.add_subplot(rows, columns, place + 1) for place in range(count)]
        for one in found:
            one.patch.set_alpha(0)
            for side in ("top", "right"):
                one.spines[side].set_visible(False)
        yield figure, found


@contextmanager
def quietly() -> Iterator[None]:
    """Keep matplotlib's words out of somebody's test run, where warnings may be errors.

    They are about its caches, and about letters that its own font lacks; those are drawn by the browser's.
    """
    logger = logging.getLogger("matplotlib")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def svg(figure: Figure, name: str) -> str:
    """Return the figure as an SVG element whose ids begin with ``name`` and whose colours are the page's."""
    stream = StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(stream, format="svg", transparent=True, metadata=nothing)
    text = stream.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text)
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    return re.sub(r"[ \t]+\n", "\n", text)
