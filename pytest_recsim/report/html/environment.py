"""Jinja2 as both pages need it: everything escaped, control characters visible, one style in light and dark."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_recsim.record.legible import legible
from pytest_recsim.record.model import borderline_words
from pytest_recsim.report import people
from pytest_recsim.report.html import views
from pytest_recsim.report.html.drawing import DARK, LIGHT
from pytest_recsim.report.markdown import outcome_words
from pytest_recsim.report.text import costs, number, retried, upper

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent


@cache
def environment() -> Environment:
    """Jinja2, loaded when the first page is written; what a record does not say is left empty."""
    from jinja2 import ChainableUndefined, Environment, FileSystemLoader
    from markupsafe import Markup, escape

    def visible(value: Any) -> Any:
        return legible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    def coded(value: Any) -> Markup:
        """A sentence of ours with its names in type: what stands between back quotes."""
        return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(legible(str(value))))))  # noqa: S704 - escaped

    found = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    found.filters |= {
        "num": number,
        "coded": coded,
        "count": lambda value: f"{value:,}" if isinstance(value, int) else "",
        "upper_end": upper,
        "retried": retried,
        "costs": costs,
        "anchor": views.anchor,
        "borderline": borderline_words,
        "sign": outcome_words,
        "standing": people.standing,
        "did": people.did,
        "shown": people.shown,
        "then": people.then,
    }
    return found


@cache
def style() -> str:
    """The style sheet, with the colours that pictures share with the page."""
    dark = f"@media (prefers-color-scheme: dark){{:root{{{DARK}}}}}"
    return f":root{{{LIGHT}}}\n{dark}\n{(HERE / 'style.css').read_text(encoding='utf-8')}"
