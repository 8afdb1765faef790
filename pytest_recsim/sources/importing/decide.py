"""Doubtful rows: guests, rows without an item, returns, doubled ones; each a documented choice, and counted."""

from __future__ import annotations

import polars as pl

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.data.input.findings import Findings
from pytest_recsim.sources.importing.choices import Choices
from pytest_recsim.sources.importing.ids import Ids
from pytest_recsim.sources.importing.tables import Tables

PURCHASE = EVENT_TYPES["purchase"]
SAME = ("user", "item", "ts", "type", "value")
HOW = {
    "user": (
        "guests",
        "name no user",
        "--guests drop leaves them out, --guests each makes each a user of its own",
    ),
    "item": ("no_item", "name no item", "--no-item drop leaves them out"),
}


def of_nobody(
    tables: Tables, events: pl.DataFrame, users: Ids, choices: Choices, notes: list[str]
) -> tuple[pl.DataFrame, Ids]:
    """Treat rows without a user, and rows without an item.

    Args:
        tables: where the rows are from.
        events: ``user`` and ``item`` (codes, null for none) and ``row``.
        users: texts of the users' codes.
        choices: what to do.
        notes: gets the counts.

    Raises:
        InputError: they are refused.
    """
    events = _without(tables, events, "item", drop=choices.no_item == "drop", notes=notes)
    if choices.guests != "each":
        return _without(tables, events, "user", drop=choices.guests == "drop", notes=notes), users
    nobody = events["user"].is_null()
    if not (count := int(nobody.sum())):
        return events, users
    notes.append(f"{told(count, 'row')} without a user: each became a user of its own (--guests each)")
    taken = {*users.texts.to_list(), *_listed(tables)}
    prefix = "guest"
    while any(one.startswith(f"{prefix}-") for one in taken):
        prefix += "-of"
    own = pl.select(pl.format(prefix + "-{}", events.filter(nobody)["row"])).to_series()
    numbers = pl.Series(range(len(users.texts), len(users.texts) + count), dtype=pl.UInt32)
    codes = events["user"].scatter(nobody.arg_true(), numbers)
    return events.with_columns(user=codes), Ids(pl.concat([users.texts, own]), codes)


def _listed(tables: Tables) -> list[str]:
    if tables.users is None:
        return []
    return tables.users["user_id"].cast(pl.String, strict=False).drop_nulls().to_list()


def _without(
    tables: Tables, events: pl.DataFrame, name: str, *, drop: bool, notes: list[str]
) -> pl.DataFrame:
    none = events[name].is_null()
    if not (count := int(none.sum())):
        return events
    choice, what, hint = HOW[name]
    if drop:
        notes.append(
            f"{told(count, 'row')} without {'an' if name == 'item' else 'a'} {name} left out (--{choice.replace('_', '-')} drop)"
        )
        return events.filter(~none)
    findings = Findings()
    for row in events.filter(none)["row"].to_list():
        findings.add(
            tables.where("interactions", row), f"{what.replace('name', 'names', 1)}; {hint}", f"{name} none"
        )
    raise_(findings)
    return events


def raise_(findings: Findings) -> None:
    """Raise what was found."""
    findings.check()


def returns(events: pl.DataFrame, choices: Choices, notes: list[str]) -> pl.DataFrame:
    """Treat what came back: rows that say ``returned``, or have a negative value."""
    if "value" not in events.columns:
        if "returned" not in events.columns or not events["returned"].any():
            return events
        events = events.with_columns(value=pl.lit(None, pl.Float64))
    back = pl.col("value") < 0
    if "returned" in events.columns:
        back = back | pl.col("returned")
    mask = events.select(back.fill_null(value=False)).to_series()
    if not (count := int(mask.sum())):
        return events
    if choices.returns == "keep":
        notes.append(f"{told(count, 'return')} kept as purchases with a negative value (--returns keep)")
        worth = -pl.col("value").fill_null(1.0).abs()
        return events.with_columns(
            value=pl.when(mask).then(worth).otherwise(pl.col("value")),
            type=pl.when(mask).then(pl.lit(PURCHASE, pl.Int16)).otherwise(pl.col("type")),
        )
    if choices.returns == "drop":
        notes.append(f"{told(count, 'return')} left out, what was bought stays (--returns drop)")
        return events.filter(~mask)
    kept, undone = _cancelled(events.with_columns(back=mask))
    notes.append(
        f"{told(count, 'return')} left out, and {told(undone, 'purchase')} before them by the same user of the same item "
        "(--returns cancel)"
    )
    return kept


def _cancelled(events: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Leave out returns and, for each, the newest purchase of the same pair before it that no other return took."""
    numbered = events.with_row_index("place")
    moves = numbered.filter(pl.col("back") | (pl.col("type") == PURCHASE)).sort("ts", "back", "place")
    taken: list[int] = []
    open_: dict[tuple[int, int], list[int]] = {}
    back = moves.filter("back").select("user", "item").unique()
    for user, item, is_back, place in (
        moves.join(back, on=["user", "item"], how="semi", maintain_order="left")
        .select("user", "item", "back", "place")
        .iter_rows()
    ):
        stack = open_.setdefault((user, item), [])
        if not is_back:
            stack.append(place)
        elif stack:
            taken.append(stack.pop())
    gone = pl.col("back") | pl.col("place").is_in(taken)
    return numbered.filter(~gone).drop("place", "back"), len(taken)


def doubled(events: pl.DataFrame, choices: Choices, notes: list[str]) -> pl.DataFrame:
    """Count rows that are there twice, and leave them out where that is asked for; ``ts`` is ascending."""
    columns = [name for name in SAME if name in events.columns]
    shared = events.select(
        (pl.col("ts") == pl.col("ts").shift(1)) | (pl.col("ts") == pl.col("ts").shift(-1))
    ).to_series()
    near = shared.fill_null(
        value=False
    ).arg_true()  # only rows of one instant can be equal, and these are neighbours
    again = near.filter(~events[near].select(pl.struct(columns).is_first_distinct()).to_series())
    if not (count := len(again)):
        return events
    what = f"{told(count, 'row')} equal an earlier one in user, item, time, type and value"
    if choices.duplicates == "drop":
        notes.append(f"{what}: left out (--duplicates drop)")
        return events.with_row_index("place").filter(~pl.col("place").is_in(again.implode())).drop("place")
    notes.append(f"{what}: kept, each counts (--duplicates drop leaves them out)")
    return events


def told(count: int, what: str) -> str:
    """Return a count with its word."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
