"""Reading a customer's data set: one typed pass when it is sound, a slower one to explain when it is not."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pytest_recsim.data.files import read_bytes, shown, utf8
from pytest_recsim.data.fixture_problems import explain
from pytest_recsim.data.fixture_rules import sound_event, sound_item, sound_user
from pytest_recsim.data.model import Event, Fixture, Item, User
from pytest_recsim.data.problems import InputError, Problem

_DEFAULT_VALUE = next(field.default for field in msgspec.structs.fields(Event) if field.name == "value")


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    items: msgspec.Raw
    users: msgspec.Raw
    events: tuple[Event, ...]
    meta: Any = None


class _ItemKeys(msgspec.Struct):
    available: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    tags: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    props: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    category_path: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _UserKeys(msgspec.Struct):
    traits: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def load_fixture(path: Path) -> Fixture:
    """Read and check a fixture file.

    Raises:
        InputError: the file cannot be used; every problem carries a JSON pointer (a syntax error its line and
            column).
    """
    data = read_bytes(path, "fixture")
    with _collector_paused():
        fixture, refused = _decode(path, data)
        # An escaped NUL is the one thing that the typed pass lets through, and that the service refuses.
        if fixture is None or not _sound(fixture) or b"\\u0000" in data:
            problems = explain(shown(path), utf8(data, path))
            if problems or fixture is None:
                raise InputError(problems or Problem(f"{shown(path)}#", f"not a usable fixture: {refused}"))
    return fixture


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Millions of young objects make the cyclic collector more than half of the loading time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _decode(path: Path, data: bytes) -> tuple[Fixture | None, str]:
    try:
        document = msgspec.json.decode(data, type=_Document)
        items = msgspec.json.decode(document.items, type=tuple[Item, ...])
        users = msgspec.json.decode(document.users, type=tuple[User, ...])
        defaulted = _defaulted(document)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return None, str(error)
    digest = hashlib.sha256(data).hexdigest()
    lists: tuple[tuple[str, Sequence[object]], ...] = (
        ("items", items),
        ("users", users),
        ("events", document.events),
    )
    notes = tuple(f"`{name}` is empty: nothing can be measured" for name, found in lists if not found)
    return Fixture(path, digest, items, users, document.events, defaulted, notes), ""


def _defaulted(document: _Document) -> dict[str, int]:
    """Count the fields that were left out; both small lists are read once more for their keys."""
    # An omitted value is the default object itself, a written one is a new object even when it is equal.
    found = {"value": sum(event.value is _DEFAULT_VALUE for event in document.events)}
    item_keys = msgspec.json.decode(document.items, type=list[_ItemKeys])
    user_keys = msgspec.json.decode(document.users, type=list[_UserKeys])
    for entries, struct in ((item_keys, _ItemKeys), (user_keys, _UserKeys)):
        for name in struct.__struct_fields__:
            found[name] = sum(getattr(entry, name) is msgspec.UNSET for entry in entries)
    return {name: count for name, count in found.items() if count}


def _sound(fixture: Fixture) -> bool:
    """Return whether everything holds that the types do not say."""
    item_ids, user_ids = fixture.item_index.keys(), fixture.user_index.keys()
    return (
        len(item_ids) == len(fixture.items)
        and len(user_ids) == len(fixture.users)
        and all(map(sound_item, fixture.items))
        and all(map(sound_user, fixture.users))
        and all(map(sound_event, fixture.events))
        and {event.item_id for event in fixture.events} <= item_ids
        and {event.user_id for event in fixture.events} <= user_ids
    )
