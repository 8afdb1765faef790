"""JSON columns as the database keeps and prints them (contract 2.1, 3)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec

from pytest_recsim.standin.http.errors import refused_by_database
from pytest_recsim.standin.http.wire import has_nul


def settle(value: Any) -> Any:
    """Return the document that a JSON column stores: a string is taken as JSON text; null and missing are ``{}``."""
    if value is None:
        return {}
    if not isinstance(value, str):
        return value
    try:
        document = msgspec.json.decode(value)
    except msgspec.DecodeError:
        raise refused_by_database("invalid input syntax for type json") from None
    if has_nul(document):
        raise refused_by_database("unsupported Unicode escape sequence")
    return document


def dump(value: Any) -> str:
    """Print a document: keys sorted by length then bytes, ``": "`` and ``", "`` as separators."""
    if value == {}:
        return "{}"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{dump(key)}: {dump(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dump, value)) + "]"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return json.dumps(value, ensure_ascii=False)
