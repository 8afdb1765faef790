"""Small pieces of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pytest_recsim.record.legible import legible

DEAREST = 5
"""Checks that are named with what they cost; the record holds all."""


class Markup(str):
    """Markdown of ours, which a table takes as it is."""

    __slots__ = ()


def link(text: object, target: str) -> Markup:
    """A link to a file of the reports."""
    return Markup(f"[{foreign(text)}]({quote(target)})")


def cell(value: object) -> str:
    """Text that cannot break out of a table cell."""
    return (value if isinstance(value, Markup) else foreign(value)).replace("|", "\\|")


def foreign(value: object) -> str:
    """Text on one line that no reader of Markdown takes for HTML, a link or a picture: it may quote ids, tags or a service."""
    said = legible(" ".join(str("" if value is None else value).split()))
    return said.replace("<", "&lt;").replace("](", "]\\(").replace("][", "]\\[")


def block(text: str) -> Iterator[str]:
    """Text of several lines as it is; the fence is longer than any that the text itself could close it with."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    yield f"{fence}text"
    yield legible(text)
    yield fence


def number(value: object) -> str:
    """A number with three decimals at most, a text as it is, nothing as `not measured`."""
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:.3g}"
    return "not measured" if value is None else str(value)


def ends(low: float | None, high: float | None) -> str:
    """The ends of an interval of a difference; empty where there is none."""
    if low is None and high is None:
        return ""
    return " to ".join("no end" if end is None else f"{end:+.4f}" for end in (low, high))


def upper(bound: float | None, digits: int) -> str:
    """The upper end of an interval; None beside a lower end means that there is none."""
    return "no upper bound" if bound is None else f"{bound:.{digits}f}"


def retried(retries: Mapping[str, int]) -> str:
    """Repeated requests, all and by cause, the most frequent first: ``14 (429: 9, timeout: 5)``."""
    causes = sorted(retries.items(), key=lambda entry: (-entry[1], entry[0]))
    return f"{sum(retries.values()):,} ({', '.join(f'{cause}: {times:,}' for cause, times in causes)})"


def costs(requests: Mapping[str, Any]) -> str:
    """Who sent how many requests, the dearest checks by name; empty where the record does not say.

    ``1,914 before and after the checks; S9 126, S3 115, 3 more checks 40``.

    Args:
        requests: as in simulation_metadata.json.
    """
    found, rest = requests.get("by_check") or (), requests.get("preparation")
    if not rest:
        return ""
    told = [f"{_label(one)} {one['requests']:,}" for one in found[:DEAREST]]
    if more := found[DEAREST:]:
        checks = "check" if len(more) == 1 else "checks"
        told.append(f"{len(more)} more {checks} {sum(one['requests'] for one in more):,}")
    whole = f"{rest['requests']:,} before and after the checks"
    return f"{whole}; {', '.join(told)}" if told else whole


def _label(cost: Mapping[str, Any]) -> str:
    return f"{cost['check']} [{cost['case']}]" if cost["case"] else str(cost["check"])


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A Markdown table with an empty line behind it."""
    yield "| " + " | ".join(map(cell, head)) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell(value) for value in row) + " |"
    yield ""
