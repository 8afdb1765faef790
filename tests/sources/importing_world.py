"""Small tables for tests of the importers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from pytest_recsim.sources.importing.tables import Tables

START = datetime(2026, 1, 1, tzinfo=UTC)


def interactions(*rows):
    """Rows are (user, item, hours since the start, type[, value])."""
    return pl.DataFrame(
        {
            "user_id": pl.Series([row[0] for row in rows], dtype=pl.String),
            "item_id": pl.Series([row[1] for row in rows], dtype=pl.String),
            "ts": pl.Series(
                [START + timedelta(hours=row[2]) for row in rows], dtype=pl.Datetime("us", "UTC")
            ),
            "type": pl.Series([row[3] for row in rows], dtype=pl.Int16),
            "value": pl.Series([(*row, None)[4] for row in rows], dtype=pl.Float64),
            "row": pl.Series(range(2, len(rows) + 2), dtype=pl.Int64),
        }
    )


def tables(*rows, items=None, users=None):
    names = {"interactions": "events.csv", "items": "items.csv", "users": "users.csv"}
    return Tables(interactions(*rows), items, users, names=names)
