"""The fields of a fixture's items, users and events: what each takes, and how a wrong one is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pytest_recsim.data.findings import quoted
from pytest_recsim.data.fixture_rules import EMBEDDING, EVENT_CODES, MAX_LEVELS, MAX_PRICE, shallow
from pytest_recsim.data.instants import ALLOWED as INSTANT
from pytest_recsim.data.instants import parse_instant
from pytest_recsim.data.model import EVENT_TYPES
from pytest_recsim.data.problems import nearest

_CODES = ", ".join(f"{name} {code}" for name, code in EVENT_TYPES.items())

# What other systems call our fields. The service ignores a key that it does not know, so `timestamp` would
# silently become "now" there.
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "timestamp": "ts",
        "time": "ts",
        "event_time": "ts",
        "created_at": "ts",
        "event_type": "type",
        "weight": "value",
        "segment": "traits.segment",
        "id": "item_id or user_id",
        "metadata": "meta",
        "image": "image_url",
    }
)


@dataclass(frozen=True)
class Check:
    """A field's rule: ``allowed`` in words, ``wrong(value)`` what is the matter, or None."""

    allowed: str
    wrong: Callable[[object], str | None]


def told_as_unknown(key: str, allowed: Iterable[str]) -> str:
    """Return the sentence for an unknown key, with the field that was probably meant."""
    fields = list(allowed)
    other = SYNONYMS.get(key.lower(), "")
    meant = other if other.split(".")[0].split(" ")[0] in fields else ""
    hint = f"; did you mean `{meant}`?" if meant else nearest(key.lower(), fields)
    return f"`{quoted(key)}`: unknown key; allowed {', '.join(fields)}{hint}"


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f'"{quoted(value)}"' if isinstance(value, str) else quoted(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: object) -> bool:
    return _is_number(value) and abs(value) <= sys.float_info.max  # type: ignore[arg-type] # _is_number has just said so


def _unless(holds: Callable[[object], bool]) -> Callable[[object], str | None]:
    return lambda value: None if holds(value) else _shown(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _wrong_embedding(value: object) -> str | None:
    if not isinstance(value, list) or not all(map(_finite, value)):
        return None if value is None else "not a list of numbers"
    return None if len(value) == EMBEDDING else f"{len(value)} numbers"


def _wrong_type(value: object) -> str | None:
    if isinstance(value, str):
        code = EVENT_TYPES.get(value.strip().lower())
        if code is None and value.strip().isdecimal():
            return f"{_shown(value)} is text: write it without quotes"
        return f"{_shown(value)} is a name" + ("" if code is None else f": write {code}")
    good = isinstance(value, int) and not isinstance(value, bool) and value in EVENT_CODES
    return None if good else _shown(value)


def _wrong_instant(value: object) -> str | None:
    if not isinstance(value, str):
        return _shown(value)
    try:
        parse_instant(value)
    except ValueError as error:
        return f"{_shown(value)} {str(error).partition(';')[0]}"
    return None


def _wrong_object(value: object) -> str | None:
    if not isinstance(value, dict):
        return _shown(value)
    return None if shallow(value) else f"nested deeper than {MAX_LEVELS} levels"


def _wrong_traits(value: object) -> str | None:
    if not isinstance(value, dict) or not shallow(value):
        return _wrong_object(value)
    segment = value.get("segment")
    if isinstance(segment, str) and segment.strip():
        return None
    return "`segment` is missing" if "segment" not in value else f"`segment` is {_shown(segment)}"


_ID = Check("non-empty text", _unless(_is_text))
_OPTIONAL_TEXT = Check("text or null", _unless(lambda value: value is None or isinstance(value, str)))
_TEXTS = Check(
    "a list of texts",
    _unless(lambda value: isinstance(value, list) and all(isinstance(text, str) for text in value)),
)
_OBJECT = Check("an object", _wrong_object)

ITEMS: Mapping[str, Check] = MappingProxyType(
    {
        "item_id": _ID,
        "available": Check("true or false", _unless(lambda value: isinstance(value, bool))),
        "price": Check(
            "a number of at least 0 and below 10000000000, or null",
            _unless(lambda value: value is None or (_finite(value) and 0 <= value < MAX_PRICE)),  # type: ignore[operator] # _finite has just said so
        ),
        "tags": _TEXTS,
        "props": _OBJECT,
        "category_path": _TEXTS,
        "brand": _OPTIONAL_TEXT,
        "category": _OPTIONAL_TEXT,
        "description": _OPTIONAL_TEXT,
        "image_url": _OPTIONAL_TEXT,
        "metadata_version": _OPTIONAL_TEXT,
        "embedding": Check(f"{EMBEDDING} finite numbers, or null", _wrong_embedding),
    }
)
USERS: Mapping[str, Check] = MappingProxyType(
    {"user_id": _ID, "traits": Check("an object with a non-empty text `segment`", _wrong_traits)}
)
EVENTS: Mapping[str, Check] = MappingProxyType(
    {
        "user_id": _ID,
        "item_id": _ID,
        "type": Check(f"an integer code ({_CODES}), -32768 to 32767", _wrong_type),
        "ts": Check(INSTANT, _wrong_instant),
        "value": Check("a finite number", _unless(_finite)),
        "meta": Check("an object or null", lambda value: None if value is None else _wrong_object(value)),
        "source_event_id": Check(
            "non-empty text or null", _unless(lambda value: value is None or _is_text(value))
        ),
    }
)
