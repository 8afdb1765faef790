"""Why a fixture cannot be used: the slow pass, with a JSON pointer for every problem."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from pytest_recsim.data.findings import Findings, quoted
from pytest_recsim.data.fixture_fields import EVENTS, ITEMS, SYNONYMS, USERS, Check, told_as_unknown
from pytest_recsim.data.fixture_json import escaped, text_and_numbers, too_much, twice
from pytest_recsim.data.fixture_rules import sound_event, sound_item, sound_user
from pytest_recsim.data.model import Event, Item, User
from pytest_recsim.data.problems import SHOWN, Problem, nearest

_Entry = TypeVar("_Entry")


@dataclass(frozen=True)
class _Kind:
    """One of the three lists: its fields, those that must be there, and a quick test that an entry is sound."""

    fields: Mapping[str, Check]
    required: frozenset[str]
    sound: Callable[[object], bool]


def _quickly(struct: type[_Entry], sound: Callable[[_Entry], bool]) -> Callable[[object], bool]:
    def holds(entry: object) -> bool:
        try:
            return sound(msgspec.convert(entry, struct))
        except (msgspec.ValidationError, ValueError):
            return False

    return holds


_ID_OF: Mapping[str, str] = MappingProxyType({"items": "item_id", "users": "user_id"})
_LISTS: Mapping[str, _Kind] = MappingProxyType(
    {
        "items": _Kind(ITEMS, frozenset({"item_id"}), _quickly(Item, sound_item)),
        "users": _Kind(USERS, frozenset({"user_id", "traits"}), _quickly(User, sound_user)),
        "events": _Kind(
            EVENTS, frozenset({"user_id", "item_id", "type", "ts"}), _quickly(Event, sound_event)
        ),
    }
)
_CHEAP = 5_000
_SUSPECT = ("\\u0000", "\\ud", "\\uD", "NaN", "Infinity")


def explain(name: str, text: str) -> list[Problem]:
    """Return every problem of a fixture's text in document order; an empty list when it is sound after all."""
    findings = Findings()
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        return [
            Problem(f"{name}:{error.lineno}:{error.colno}", f"not JSON: {error.msg}; allowed one JSON object")
        ]
    except (ValueError, RecursionError):
        return [too_much(name, text)]
    if not isinstance(document, dict):
        return [
            Problem(f"{name}#", f"{_kind(document)}; allowed an object with `items`, `users` and `events`")
        ]
    for key in document:
        if key not in {*_LISTS, "meta"}:
            findings.add(f"{name}#/{escaped(key)}", told_as_unknown(key, [*_LISTS, "meta"]))
    known: dict[str, dict[str, int]] = {"item_id": {}, "user_id": {}}
    for key in _LISTS:
        _check_list(f"{name}#/{key}", key, document, known, findings)
    if not findings.problems or any(mark in text for mark in _SUSPECT):
        text_and_numbers(f"{name}#", document, findings)
    return findings.problems or twice(f"{name}#", text)


def _check_list(
    where: str, key: str, document: dict[str, Any], known: dict[str, dict[str, int]], findings: Findings
) -> None:
    entries = document.get(key)
    if not isinstance(entries, list):
        found = f"`{key}` is {_kind(entries)}" if key in document else f"`{key}` is missing"
        findings.add(where, f"{found}; allowed a list, which may be empty")
        return
    kind = _LISTS[key]
    identifier = _ID_OF.get(key)
    for position, entry in enumerate(entries):
        pointer = f"{where}/{position}"
        if not isinstance(entry, dict):
            findings.add(
                pointer, f"{_kind(entry)}; allowed an object with {', '.join(sorted(kind.required))}"
            )
            continue
        if not kind.sound(entry):
            _check_entry(pointer, entry, kind, findings)
        if identifier:
            _remember(f"{pointer}/{identifier}", entry.get(identifier), position, known[identifier], findings)
        else:
            _check_references(pointer, entry, known, findings)


def _check_entry(pointer: str, entry: dict[str, Any], kind: _Kind, findings: Findings) -> None:
    meant = {SYNONYMS.get(key.lower()) for key in entry.keys() - kind.fields.keys()}
    for field in sorted(kind.required - entry.keys() - meant):
        findings.add(pointer, f"`{field}` is missing; allowed {kind.fields[field].allowed}")
    for field, value in entry.items():
        check = kind.fields.get(field)
        where = f"{pointer}/{escaped(field)}"
        if check is None:
            findings.add(where, told_as_unknown(field, kind.fields))
            continue
        wrong = check.wrong(value)
        if wrong:
            findings.add(where, f"{wrong}; allowed {check.allowed}")


def _remember(
    where: str, identifier: object, position: int, seen: dict[str, int], findings: Findings
) -> None:
    if not isinstance(identifier, str):
        return
    first = seen.setdefault(identifier, position)
    if first != position:
        findings.add(where, f'"{quoted(identifier)}" is also the id of entry {first}; allowed each id once')


def _check_references(
    pointer: str, entry: dict[str, Any], known: dict[str, dict[str, int]], findings: Findings
) -> None:
    for field, ids in known.items():
        identifier = entry.get(field)
        if isinstance(identifier, str) and identifier and identifier not in ids:
            cheap = len(findings.problems) < SHOWN and len(ids) <= _CHEAP
            hint = nearest(identifier, ids) if cheap else ""
            kind = field.removesuffix("_id")
            findings.add(
                f"{pointer}/{field}",
                f'unknown {kind} "{quoted(identifier)}"; allowed ids from `{kind}s`{hint}',
            )


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {dict: "an object", list: "a list", str: "text", bool: "a truth value"}.get(
        type(value), "a number"
    )
