"""Times as people write them: the forms in use are recognised, and what fits two ways is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import polars as pl

from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.problems import ENOUGH, InputError, Problem, nearest
from pytest_recsim.sources.importing.alike import alike
from pytest_recsim.sources.importing.csvtext import Sheet

UNITS = {"s": 1_000_000.0, "ms": 1000.0, "us": 1.0, "ns": 0.001}
NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
LEAST, MOST = 1e8, 7.26e9
"""Seconds of a time that is plainly one: 1973 to 2199."""
SAMPLE = 2000
ROUNDS = 20
_DATES = (
    (re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}"), "%Y{0}%m{0}%d"),
    (re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{4}"), "<{0}{0}%Y>"),
    (re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2}"), "<{0}{0}%y>"),
    (re.compile(r"\d{1,2}([-/ ])[A-Za-z]{3}\1\d{4}"), "%d{0}%b{0}%Y"),
    (re.compile(r"\d{1,2}([-/ ])[A-Za-z]{4,}\1\d{4}"), "%d{0}%B{0}%Y"),
    (re.compile(r"[A-Za-z]{3} \d{1,2},( )\d{4}"), "%b %d, %Y"),
    (re.compile(r"[A-Za-z]{4,} \d{1,2},( )\d{4}"), "%B %d, %Y"),
    (re.compile(r"()\d{8}"), "%Y%m%d"),
)
_TWO = r"^\s*([0-9]{1,2})[-/.]([0-9]{1,2})[-/.][0-9]{2,4}"
_TIME = re.compile(r"(T|t|,? +|:)(\d{1,2}:\d{2})(:\d{2})?(\.\d+)?( ?[AaPp][Mm])?")
_ZONE = re.compile(r" ?(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|)$")


@dataclass(frozen=True)
class Clock:
    """What whoever imports says of times; None = recognised.

    Attributes:
        day_first: whether 01/02/2026 is the first of February.
        zone: of times that name none.
        unit: of numbers: s, ms, us or ns.
    """

    day_first: bool | None = None
    zone: str | None = None
    unit: str | None = None

    def check(self) -> None:
        """Raise ``InputError`` for a zone or a unit that there is not."""
        if self.unit is not None and self.unit not in UNITS:
            raise InputError(Problem("time_unit", f"`{self.unit}`: must be one of {', '.join(UNITS)}"))
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (ValueError, OSError, LookupError):
                hint = nearest(self.zone, available_timezones())
                what = f"`{quoted(self.zone)}` is no time zone such as Europe/Berlin{hint}"
                raise InputError(Problem("time_zone", what)) from None


@dataclass
class Forms:
    """The forms of one column, as they are found."""

    day_first: bool | None
    used: list[str] = field(default_factory=list)


def moments(sheet: Sheet, column: pl.Series, clock: Clock, findings: Findings, notes: list[str]) -> pl.Series:
    """Return a column as Datetime in microseconds, UTC; what is no time goes to ``findings`` by its line.

    Args:
        sheet: the file, for its name and lines.
        column: of the file, or made of two of them.
        clock: what is known of the times.
        findings: gets the problems.
        notes: gets what was recognised.

    Raises:
        InputError: every date fits day first and month first.
    """
    clock.check()
    kind = column.dtype
    if kind.is_numeric():
        found = _epoch(sheet, column.cast(pl.Float64) if kind.is_float() else column, clock, notes)
    elif kind == pl.String:
        found = _texts(sheet, column, clock, notes)
    elif isinstance(kind, pl.Datetime):
        found = _typed(column, kind, clock, notes)
    elif kind == pl.Date:
        notes.append(f"{column.name}: dates without a time; each is its midnight in {clock.zone or 'UTC'}")
        found = _placed(column.cast(pl.Datetime("us")), clock.zone, notes, column.name)
    else:
        raise InputError(Problem(sheet.name, f"column `{column.name}` holds {kind}; must hold times"))
    for row, cell in sheet.frame.select("row", cell=column).filter(found.is_null()).head(ENOUGH).rows():
        shown = (
            "is empty"
            if cell is None or str(cell).strip() == ""
            else f"`{quoted(str(cell))}` is no time in the forms found"
        )
        findings.add(
            f"{sheet.name}:{row}", f"{column.name} {shown}; must be such as 2026-01-31 12:00:00", "time"
        )
    return found


def _typed(column: pl.Series, kind: pl.Datetime, clock: Clock, notes: list[str]) -> pl.Series:
    if kind.time_zone is not None:
        notes.append(f"{column.name}: times in {kind.time_zone}, kept as UTC")
        return column.dt.cast_time_unit("us").dt.convert_time_zone("UTC")
    return _placed(column.dt.cast_time_unit("us"), clock.zone, notes, column.name)


def _placed(naive: pl.Series, zone: str | None, notes: list[str], name: str) -> pl.Series:
    """Times that name no zone are in the one given, else in UTC."""
    if zone is None:
        notes.append(f"{name}: times name no zone and are taken for UTC; --time-zone names another")
        return naive.dt.replace_time_zone("UTC")
    here = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    skipped = here.is_null() & naive.is_not_null()
    if skipped.any():
        later = (naive + timedelta(hours=1)).dt.replace_time_zone(
            zone, ambiguous="earliest", non_existent="null"
        )
        here = here.zip_with(~skipped, later)
    twice = int(
        (here != naive.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")).sum() or 0
    )
    odd = [f"{int(skipped.sum()):,} in the hour that spring skips are an hour later" if skipped.any() else ""]
    odd += [f"{twice:,} in the hour that autumn repeats are its first one" if twice else ""]
    notes.append(
        "; ".join([f"{name}: times that name no zone are in {zone}, kept as UTC", *filter(None, odd)])
    )
    return here.dt.convert_time_zone("UTC")


def _epoch(sheet: Sheet, column: pl.Series, clock: Clock, notes: list[str]) -> pl.Series:
    """Numbers: seconds since 1970 or a thousandth or a millionth of them, or dates such as 20260131."""
    known = column.drop_nulls()
    if known.is_empty():
        return pl.Series(column.name, [None] * len(column), dtype=pl.Datetime("us", "UTC"))
    low, high = float(known.min()), float(known.max())  # type: ignore[arg-type] # numbers, and some
    if clock.unit is None and low >= 19_700_101 and high <= 21_991_231:
        return _texts(sheet, column.cast(pl.Int64).cast(pl.String), clock, notes)
    usual = float(np.median(known.to_numpy()))
    unit = clock.unit or next(
        (one for one, size in UNITS.items() if LEAST <= usual * size / 1e6 < MOST), None
    )
    if unit is None:
        what = f"column `{column.name}` holds numbers from {low:g} to {high:g}, which are no times in one unit; --time-unit s, ms, us or ns"
        raise InputError(Problem(sheet.name, what))
    notes.append(f"{column.name}: {NAMES[unit]} since 1970, UTC")
    factor = UNITS[unit]
    least = 0.0 if clock.unit else LEAST  # one row among many that is decades before them is no time
    fits = (column.cast(pl.Float64) * (factor / 1e6)).is_between(least, MOST)
    known = column.set(~fits, None)
    exact = known * int(factor) if factor >= 1 else known // 1000
    exact = exact.round() if exact.dtype.is_float() else exact
    return exact.cast(pl.Int64, strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _texts(sheet: Sheet, column: pl.Series, clock: Clock, notes: list[str]) -> pl.Series:
    digits = column.head(SAMPLE).drop_nulls().str.strip_chars()
    digits = digits.filter(digits != "")
    plain = digits.str.contains(r"^-?\d+(\.\d+)?$") & ~digits.str.contains(r"^(19|20|21)\d{6}$")
    if int(plain.sum()) * 2 > len(digits):
        text = column.str.strip_chars()
        whole = text.cast(pl.Int64, strict=False)
        numbers = whole if whole.null_count() == text.null_count() else text.cast(pl.Float64, strict=False)
        return _epoch(sheet, numbers.alias(column.name), clock, notes)
    forms = Forms(clock.day_first)
    found = _parsed(sheet, column, forms, clock, notes)
    said = [f"`{form.replace('%.f', '.fraction')}`" for form in forms.used]
    if said:
        notes.append(f"{column.name}: times in the form {', '.join(said)}")
    return found


def _parsed(sheet: Sheet, text: pl.Series, forms: Forms, clock: Clock, notes: list[str]) -> pl.Series:
    """Form after form, each of what the ones before did not fit."""
    utc = naive = None
    left, tried = text, set[str]()
    for turn in range(ROUNDS):
        form = _next_form(left, tried)
        if form is None:
            break
        tried.add(form)
        form = _ordered(sheet, text, form, forms, notes)
        here = _strptime(left, form)
        if here.null_count() < len(here):
            forms.used.append(form)
            if "%z" in form or "%:z" in form:
                utc = _with(utc, here)
            elif form.endswith(("Z", "z", "UTC", "GMT")):
                utc = _with(utc, here.dt.replace_time_zone("UTC"))
            else:
                naive = _with(naive, here)
        if not here.null_count():
            break
        left = left.zip_with(here.is_null(), pl.Series([None], dtype=pl.String))
        if turn == 0:  # what has blanks at its ends is looked at once more
            left, tried = left.str.strip_chars(), set()
    if naive is not None:
        utc = _with(utc, _placed(naive, clock.zone, notes, text.name))
    return pl.Series(text.name, [None] * len(text), dtype=pl.Datetime("us", "UTC")) if utc is None else utc


def _with(known: pl.Series | None, more: pl.Series) -> pl.Series:
    return more if known is None else known.fill_null(more)


def _strptime(text: pl.Series, form: str) -> pl.Series:
    if (read_at_once := alike(text, form)) is not None:
        return read_at_once
    zone = "UTC" if "%z" in form or "%:z" in form else None
    read = pl.col(text.name).str.to_datetime(form, time_unit="us", time_zone=zone, strict=False)
    return (
        text.to_frame().lazy().select(read).collect().to_series()
    )  # on all cores, a column alone is read on one


def _next_form(left: pl.Series, tried: set[str]) -> str | None:
    """A form that the first cells that are left have, and that was not tried."""
    cells = left.drop_nulls() if left.null_count() else left
    return next(
        (
            form
            for cell in cells.head(SAMPLE).to_list()
            if (form := form_of(cell.strip())) and form not in tried
        ),
        None,
    )


def form_of(cell: str) -> str | None:
    """Return the form of a time, with ``<//%Y>`` where day and month could stand in either order."""
    for pattern, form in _DATES:
        if found := pattern.match(cell):
            rest = _rest_of(cell[found.end() :])
            if rest is not None:
                return form.format(found[1]) + rest
    return None


def _rest_of(cell: str) -> str | None:
    """The form of what follows the date."""
    time = _TIME.match(cell)
    if time is None:
        return "" if cell == "" else None
    between, _, seconds, fraction, half = time.groups()
    zone = _ZONE.fullmatch(cell[time.end() :])
    if zone is None:
        return None
    form = f"{between}{'%I' if half else '%H'}:%M{':%S' if seconds else ''}{'%.f' if fraction else ''}"
    form += half.replace(half.strip(), "%p") if half else ""
    blank, name = cell[time.end() :][: -len(zone[1]) or None] if zone[1] else "", zone[1]
    offset = "%:z" if ":" in name else "%z"
    return form + (blank + (offset if name[0] in "+-" else name) if name else "")


def _ordered(sheet: Sheet, text: pl.Series, form: str, forms: Forms, notes: list[str]) -> str:
    """The form with day and month in their order."""
    if not form.startswith("<"):
        return form
    if forms.day_first is None:
        forms.day_first, shown = _day_first(sheet, text)
        if forms.day_first is not None:
            notes.append(f"{text.name}: {'day' if forms.day_first else 'month'} first, as `{shown}` shows")
    return _filled(form, ("%m", "%d") if forms.day_first is False else ("%d", "%m"))


def _filled(form: str, order: tuple[str, str]) -> str:
    between = form[1]
    head, _, rest = form[3:].partition(">")
    return f"{order[0]}{between}{order[1]}{between}{head}{rest}"


def _day_first(sheet: Sheet, text: pl.Series) -> tuple[bool | None, str]:
    """Whether the day comes first, decided by all dates of the column together, and one that shows it."""
    pair = text.to_frame("cell").select("cell", found=pl.col("cell").str.extract_groups(_TWO)).unnest("found")
    first, second = (pl.col(name).cast(pl.Int64, strict=False) for name in ("1", "2"))
    pair = pair.select(
        "cell", only=pl.when(first > 12).then(1).when(second > 12).then(-1), same=first == second
    )
    days, months = (pair.filter(pl.col("only") == one)["cell"] for one in (1, -1))
    if len(days) or len(months):
        return len(days) >= len(months), quoted((days if len(days) >= len(months) else months)[0])
    differ = pair.filter(~pl.col("same"))["cell"]
    if len(differ):
        what = f"`{quoted(differ[0])}` and all dates like it fit both ways; --day-first or --month-first says which"
        raise InputError(Problem(f"{sheet.name}: {text.name}", what))
    return None, ""
