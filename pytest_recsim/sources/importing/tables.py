"""What every importer makes of its files: tables in one form, which ``build`` turns into a fixture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_recsim.data.input.problems import InputError, Problem

if TYPE_CHECKING:
    import polars as pl

EXTRA = "tables are read with polars, which is not installed; pip install 'pytest-recsim[tables]' brings it"
PROPS = "props."
"""Columns of items that are no field of an item start so: ``props.margin``."""


@dataclass(frozen=True)
class Tables:
    """Interactions, and what is known of items and users, all rows of the source still there.

    Attributes:
        interactions: a polars frame with one row per event: ``user_id`` and ``item_id`` (String, null or empty where
            nobody or nothing is named), ``ts`` (Datetime in microseconds, UTC), ``type`` (Int16, the fixture's code),
            perhaps ``value`` (Float64, null = 1), ``source_event_id`` (String), ``returned`` (Boolean: what was bought
            came back), ``meta`` (String, a JSON object) and ``row`` (integer: line in the source, for messages; the row's number where it is absent).
        items: ``item_id`` (String) and any field of a fixture's item in its type (``tags``, ``category_path``,
            ``embedding`` are lists, ``props`` is a String that holds a JSON object); further columns are named ``props.NAME``;
            perhaps ``row``. None = nothing is known.
        users: ``user_id`` (String), one column per trait (``segment`` may be one), perhaps ``traits`` (String, a JSON object with
            more of them) and ``row``. None likewise.
        notes: sentences of what was recognised, decided and counted while reading.
        names: of the three tables, as messages show them: ``interactions``, ``items``, ``users`` -> file name.
        meta: goes to the fixture's ``meta``: ``source``, ``licence``.
    """

    interactions: pl.DataFrame
    items: pl.DataFrame | None = None
    users: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    def where(self, table: str, row: int) -> str:
        """Return a place as messages name it."""
        return f"{self.names.get(table, table)}:{row}"


def require_polars() -> None:
    """Say what to install where the extra is missing.

    Raises:
        InputError: it is.
    """
    from importlib.util import find_spec

    if find_spec("polars") is None or find_spec("narwhals") is None:
        raise InputError(Problem("", EXTRA))
