"""Any dataframe as a fixture, for notebooks: pandas, polars, pyarrow and whatever narwhals knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.sources.importing.choices import Choices
from pytest_recsim.sources.importing.tables import require_polars

if TYPE_CHECKING:
    import polars as pl

    from pytest_recsim.sources.importing.csvtext import Sheet

TABLES = ("items", "users")


def fixture_from(
    interactions: Any,
    items: Any = None,
    users: Any = None,
    *,
    columns: Mapping[str, Any] | None = None,
    events: Mapping[str, str] | None = None,
    out: Path | str | None = None,
    force: bool = False,
    **choices: Any,
) -> dict[str, Any]:
    """Return a fixture document made of dataframes; its ``meta["notes"]`` say what was recognised, decided and counted.

    Args:
        interactions: a row per event; any eager dataframe that narwhals takes (pandas, polars, pyarrow, ...).
        items: a row per item, or None.
        users: a row per user, or None.
        columns: field -> name of the column, for what is not guessed right: ``{"user_id": "kunde"}`` of interactions;
            ``{"items": {"price": "preis"}}`` and ``{"users": {...}}`` of the other tables.
        events: event word -> ``view``, ``click``, ``add``, ``purchase``, ``custom``, ``return`` or ``drop``.
        out: also write it there, whole or not at all.
        force: overwrite ``out``.
        choices: as the options of ``recsim import``: ``segments``, ``segment_column``, ``returns``, ``guests``, ``delisted``,
            ``no_item``, ``duplicates``, ``window_days``, ``sample_users``, ``seed``, ``key`` (bytes: ids of users become
            words); ``time_zone``, ``day_first``, ``time_unit``, ``decimal_comma``, ``event_type``,
            ``unknown_events``, ``item_fields``.

    Raises:
        RecsimError: what cannot be used, each row by its number from 1.
    """
    require_polars()
    from pytest_recsim.sources.importing.build import build
    from pytest_recsim.sources.importing.interactions import Sheets, prepared, read_tables, shown

    reading, chosen = _asked(columns or {}, events or {}, choices)
    others = (
        None if table is None else _sheet(table, name) for name, table in (("items", items), ("users", users))
    )
    sheets = Sheets(_sheet(interactions, "interactions"), *others)
    sheets, whole = prepared(sheets, reading)
    tables = read_tables(sheets, whole, "dataframes")
    built = build(replace(tables, notes=(*shown(whole, sheets), *tables.notes)), chosen)
    if out is not None:
        built.write(Path(out), force=force)
    return built.document()


def _asked(
    columns: Mapping[str, Any], events: Mapping[str, str], choices: Mapping[str, Any]
) -> tuple[Any, Choices]:
    """The mapping and the choices; what there is not is told."""
    for name, given in (("columns", columns), ("events", events)):
        if not isinstance(given, Mapping):
            raise InputError(Problem("fixture_from", f"{name}: {type(given).__name__}; must be a dict"))
    from pytest_recsim.sources.importing.mapping import SETTINGS, reading_from

    known = [
        *(one.name for one in fields(Choices)),
        *(name for name in SETTINGS if name not in {"header", "delimiter", "encoding"}),
    ]
    for name in choices:
        if name not in known:
            raise InputError(
                Problem(
                    "fixture_from",
                    f"`{name}`: there is no such choice{nearest(name, known)}; there are {', '.join(known)}",
                )
            )
    settings = {name: value for name, value in choices.items() if name in SETTINGS and value is not None}
    parts = {
        "interactions": {name: value for name, value in columns.items() if name not in TABLES},
        **{name: columns.get(name, {}) for name in TABLES},
        "settings": settings,
        "events": events,
    }
    chosen = {name: value for name, value in choices.items() if name not in SETTINGS}
    if isinstance(chosen.get("segments"), str):
        chosen["segments"] = (chosen["segments"],)
    return reading_from("fixture_from", parts), Choices(**chosen)


def _sheet(frame: Any, name: str) -> Sheet:
    from pytest_recsim.sources.importing.files import as_sheet

    return as_sheet(to_polars(frame, name), name)


def to_polars(frame: Any, name: str) -> pl.DataFrame:
    """Return any dataframe as a polars one.

    Times keep their unit (pandas 3 counts microseconds, pandas 2 nanoseconds) and become UTC where they name a zone; texts
    stay texts, what is missing is null. No pyarrow is needed.

    Raises:
        InputError: it is no dataframe.
    """
    import narwhals as nw
    import polars as pl

    try:
        eager = nw.from_native(frame)
        eager = eager.collect("polars") if isinstance(eager, nw.LazyFrame) else eager
        if eager.implementation.is_polars():
            return pl.DataFrame(eager.to_native())
        if eager.implementation.is_pyarrow():
            return pl.DataFrame(pl.from_arrow(eager.to_native()))
        return pl.DataFrame([_column(one) for one in eager.iter_columns()])
    except InputError:
        raise
    except (TypeError, ValueError, nw.exceptions.NarwhalsError, pl.exceptions.PolarsError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(Problem(name, f"is no dataframe that can be read: {reason}")) from None


def _column(column: Any) -> pl.Series:
    """A column of pandas, or of what is like it."""
    import narwhals as nw
    import polars as pl

    kind, name = column.dtype, str(column.name)
    if isinstance(kind, nw.Datetime):
        zone = kind.time_zone
        naive = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zone else column
        values = naive.to_numpy()
        found = pl.Series(
            name, values.astype("datetime64[us]" if kind.time_unit == "s" else values.dtype)
        ).dt.cast_time_unit("us")
        return found.dt.replace_time_zone("UTC") if zone else found
    if (kind.is_integer() or kind.is_float()) and not column.is_null().any():
        return pl.Series(name, column.to_numpy())
    if kind.is_float():
        return pl.Series(name, column.cast(nw.Float64).to_numpy()).fill_nan(None)
    missing = column.is_null().to_list()
    values = [None if gone else value for value, gone in zip(column.to_list(), missing, strict=True)]
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {list} or len(kinds) <= 1:
        return pl.Series(name, values, strict=False)
    return pl.Series(name, [value if value is None else str(value) for value in values], dtype=pl.String)
