"""What is read and sorted all at once comes out as it does one by one; what is not alike is left to the closer look."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from pytest_recsim.sources.importing.alike import alike
from pytest_recsim.sources.importing.order import in_time

ISO = "%Y-%m-%dT%H:%M:%SZ"
FORMS = [ISO, "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y/%m/%d", "%Y%m%d"]


@pytest.mark.parametrize("form", FORMS)
def test_times_written_alike_are_read_as_one_by_one(form):
    dice = random.Random(1)
    times = [
        datetime(1, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.randrange(300_000_000_000)) for _ in range(300)
    ]
    times += [datetime(*day, tzinfo=UTC) for day in ((2024, 2, 29), (2000, 2, 29), (9999, 12, 31))]
    cells = [time.strftime(form.replace("%Y", f"{time.year:04}")) for time in times]
    found = alike(pl.Series("when", cells), form)
    assert found is not None
    assert found.name == "when"
    assert found.dt.replace_time_zone("UTC").to_list() == [
        datetime.strptime(cell, form).replace(tzinfo=UTC) for cell in cells
    ]


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "",
        "never",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-10T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:60:00Z",
        "2026-01-01T23:59:60Z",
        "2026-01-01 23:59:59Z",
        "2026-01-01T23:59:5:Z",
        "2026-01-01T23:59:5/Z",
        "+026-01-01T23:59:59Z",
        "2026-01-01T23:59:59\n",
        "2026-1-01T023:59:59Z",
        "2026-01-01T23:59:\u00e9Z",
    ],
)
@pytest.mark.parametrize("place", [0, 40_000])
def test_a_single_cell_that_is_not_alike_is_left_to_the_closer_look(odd, place):
    cells = ["2026-01-31T12:00:00Z"] * 40_001
    cells[place] = odd
    assert alike(pl.Series("when", cells, dtype=pl.String), ISO) is None


def test_cells_whose_widths_only_add_up_are_left_to_the_closer_look():
    cells = ["2026-01-31", "2026-1-31", "2026-01-310"]
    assert alike(pl.Series("when", cells), "%Y-%m-%d") is None


@pytest.mark.parametrize(
    "form", ["%d-%b-%Y", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%z", "%H:%M", "%d.%m.%y"]
)
def test_forms_that_are_not_all_digits_of_one_width_are_left_to_the_closer_look(form):
    assert alike(pl.Series("when", ["2026-01-31T12:00:00Z"]), form) is None


@pytest.mark.parametrize(
    ("unit", "span"),
    [(1_000_000, 7_000_000_000), (1_000, 100_000_000_000), (1, 100_000_000_000), (1, 7_000_000_000_000_000)],
    ids=["seconds of two centuries", "milliseconds", "microseconds", "microseconds of two centuries"],
)
def test_rows_come_into_the_order_of_time_and_those_of_one_time_stay_as_they_were(unit, span):
    dice = random.Random(2)
    few = [dice.randrange(span) * unit for _ in range(150)] + [0, (span - 1) * unit]
    times = [dice.choice(few) for _ in range(3_000)]
    rows = pl.DataFrame({"ts": times, "row": range(3_000)}, schema={"ts": pl.Int64, "row": pl.Int64})
    wanted = sorted(zip(times, range(3_000), strict=True))
    assert in_time(rows).rows() == wanted
