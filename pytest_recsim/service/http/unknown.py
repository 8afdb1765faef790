"""Members of answers that we do not know: tolerated, and counted on a few answers of every process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from pytest_recsim.service.contract.wire import Answer

SAMPLE = 5
"""Answers of a process that are looked at; to decode each of them twice would cost more than it tells."""
ALIASES = frozenset({"blocked", "boosted", "pinned", "served"})
"""Second names of members that we read under their first (contract 5.5)."""


def unknown_members(body: bytes) -> list[str]:
    """Return the paths of an answer's members that no type of ours has, in order, each once."""
    try:
        found = msgspec.json.decode(body)
    except RecursionError:  # in a member that nobody reads
        return []
    return list(dict.fromkeys(_strange(found, _answer(), "")))


@cache
def _answer() -> inspect.Type:
    return inspect.type_info(Answer)


def _strange(value: Any, kind: inspect.Type, path: str) -> Iterator[str]:
    if isinstance(kind, inspect.UnionType):
        kind = next((one for one in kind.types if not isinstance(one, inspect.NoneType)), kind)
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        fields = {field.encode_name: field.type for field in kind.fields}
        for name, inner in value.items():
            here = f"{path}.{name}" if path else name
            if name in fields:
                yield from _strange(inner, fields[name], here)
            elif name not in ALIASES:
                yield here
    elif isinstance(kind, inspect.ListType) and isinstance(value, list):
        for inner in value:
            yield from _strange(inner, kind.item_type, f"{path}[]")
    elif isinstance(kind, inspect.DictType) and isinstance(value, dict):
        for inner in value.values():
            yield from _strange(inner, kind.value_type, f"{path}.*")
