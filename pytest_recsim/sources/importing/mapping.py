"""Which column is what: guessed, shown, kept as a small YAML file that people edit and give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.findings import kind, quoted, unknown
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.data.input.yamlmarks import load_marked, plain
from pytest_recsim.record.few import first_few
from pytest_recsim.sources.importing.tables import PROPS

INTERACTIONS = ("user_id", "item_id", "ts", "type", "value", "source_event_id")
ITEMS = (
    "item_id", "available", "price", "tags", "category_path", "brand", "category", "description", "image_url",
    "metadata_version",
)  # fmt: skip
SEVERAL = {"ts", "tags", "category_path"}
"""Fields that may be made of several columns."""
SETTINGS = {
    "delimiter": str,
    "header": bool,
    "encoding": str,
    "day_first": bool,
    "decimal_comma": bool,
    "item_fields": bool,
    "time_zone": str,
    "time_unit": str,
    "event_type": str,
    "unknown_events": str,
}
HEAD = "# How `recsim import {kind}` reads {source}. Edit it, and give it back with --mapping.\n"

Columns = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Reading:
    """Which column is what.

    Attributes:
        interactions, items, users: field -> columns; usually one, several are joined. Of users every trait is a field.
        settings: what is said of the files instead of being recognised, see ``SETTINGS``.
        events: event word -> event type, ``return`` or ``drop``.
    """

    interactions: Columns = field(default_factory=dict)
    items: Columns = field(default_factory=dict)
    users: Columns = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)

    def yaml(self, kind_: str, source: str) -> str:
        """Return it as people edit it."""
        parts: dict[str, Any] = {}
        for name in ("interactions", "items", "users"):
            columns: Columns = getattr(self, name)
            parts[name] = {
                key: found[0] if len(found) == 1 else list(found) for key, found in columns.items()
            }
        parts |= {"settings": dict(self.settings), "events": dict(self.events)}
        body = yaml.safe_dump(
            {key: part for key, part in parts.items() if part}, sort_keys=False, allow_unicode=True
        )
        return HEAD.format(kind=kind_, source=source.replace("\n", " ")) + body


def load_mapping(path: Path) -> Reading:
    """Read a mapping file.

    Raises:
        InputError: it is not one; what is wrong is named.
    """
    name, found = shown(path), plain(load_marked(path, "mapping"))
    if not isinstance(found, dict):
        raise InputError(Problem(name, f"{kind(found)}; must be a mapping with `interactions`"))
    return reading_from(name, found)


def reading_from(name: str, found: Mapping[Any, Any]) -> Reading:
    """Return a mapping of plain data; ``InputError`` says what is wrong with it, and where in ``name``."""
    known = ("interactions", "items", "users", "settings", "events")
    for key, part in found.items():
        if key not in known:
            raise InputError(Problem(name, unknown(str(key), known)))
        if part is not None and not isinstance(part, dict):
            raise InputError(Problem(f"{name}: {key}", f"{kind(part)}; must be a mapping"))
    return Reading(
        _columns(f"{name}: interactions", found.get("interactions") or {}, INTERACTIONS),
        _columns(f"{name}: items", found.get("items") or {}, ITEMS),
        _columns(f"{name}: users", found.get("users") or {}, None),
        _settings(f"{name}: settings", found.get("settings") or {}),
        {str(word): str(meant) for word, meant in (found.get("events") or {}).items()},
    )


def _columns(where: str, part: Mapping[Any, Any], allowed: Sequence[str] | None) -> Columns:
    columns: dict[str, tuple[str, ...]] = {}
    for key, value in part.items():
        if (
            allowed is not None
            and key not in allowed
            and not (allowed is ITEMS and str(key).startswith(PROPS))
        ):
            raise InputError(Problem(where, unknown(str(key), allowed)))
        names = value if isinstance(value, list) else [value]
        if not names or any(not isinstance(name, str | int) for name in names):
            raise InputError(Problem(f"{where}: {key}", f"{kind(value)}; must be the name of a column"))
        if len(names) > 1 and key not in SEVERAL:
            raise InputError(
                Problem(f"{where}: {key}", "is one column; only ts, tags and category_path may be several")
            )
        columns[str(key)] = tuple(map(str, names))
    return columns


def _settings(where: str, part: Mapping[Any, Any]) -> dict[str, Any]:
    for key, value in part.items():
        if key not in SETTINGS:
            raise InputError(Problem(where, unknown(str(key), SETTINGS)))
        if not isinstance(value, SETTINGS[key]):
            allowed = "true or false" if SETTINGS[key] is bool else "text"
            raise InputError(Problem(f"{where}: {key}", f"{kind(value)}; must be {allowed}"))
    return {str(key): value for key, value in part.items()}


def by_hand(pairs: Sequence[str], columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Read ``FIELD=COLUMN[+COLUMN]`` as the command line has it.

    Raises:
        InputError: one is none, or names a column that there is not.
    """
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name.strip() not in INTERACTIONS:
            what = f"`{quoted(pair)}`: must be FIELD=COLUMN, the field one of {', '.join(INTERACTIONS)}"
            raise InputError(Problem("--column", what))
        several = name.strip() in SEVERAL and value not in columns
        found[name.strip()] = tuple(value.split("+")) if several else (value,)
    return found


def require(where: str, columns: Columns, known: Sequence[str]) -> None:
    """Raise ``InputError`` where a column is named that there is not."""
    for name, wanted in columns.items():
        for column in wanted:
            if column not in known:
                what = f"{name}: there is no column `{quoted(column)}`{nearest(column, known)}; there are {_listed(known)}"
                raise InputError(Problem(where, what))


def _listed(names: Sequence[str], most: int = 30) -> str:
    return first_few([quoted(name) for name in names], most)
