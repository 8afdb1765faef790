"""Small pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence


def cell(value: object) -> str:
    """Text that cannot break out of a table cell."""
    return " ".join(str("" if value is None else value).split()).replace("|", "\\|")


def number(value: object) -> str:
    """A number with three decimals at most, a text as it is, nothing as `not measured`."""
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:.3g}"
    return "not measured" if value is None else cell(value)


def upper(bound: float | None, digits: int) -> str:
    """The upper end of an interval; None beside a lower end means that there is none."""
    return "no upper bound" if bound is None else f"{bound:.{digits}f}"


def retried(retries: Mapping[str, int]) -> str:
    """Repeated requests, all and by cause, the most frequent first: ``14 (429: 9, timeout: 5)``."""
    causes = sorted(retries.items(), key=lambda entry: (-entry[1], entry[0]))
    return f"{sum(retries.values()):,} ({', '.join(f'{cause}: {times:,}' for cause, times in causes)})"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A Markdown table with an empty line behind it."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell(value) for value in row) + " |"
    yield ""
