"""What a schema refuses, in sentences.

What a value must be stands in the schema as ``x-must``, where its keywords do not say it well enough, and ``x-noun``
names an entry of a list. Both are for people: other validators ignore them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pytest_recsim.data.input.findings import kind, quoted, unknown
from pytest_recsim.data.input.problems import nearest
from pytest_recsim.data.input.yamlmarks import Marked

MUST, NOUN = "x-must", "x-noun"
OF_MEMBERS = ("additionalProperties", "required")
"""Keywords that speak of a mapping's members: each of those gets a sentence of its own."""
Error = Any
"""jsonschema's ValidationError, whose types allow for fields that are not set."""
Place = Sequence[str | int]
Misplaced = Callable[[str, Place], str]
"""An unknown key and the section it stands in -> what to say where it belongs elsewhere, empty where it does not."""
_KINDS = {"object": "a mapping", "array": "a list", "string": "text"}


def nowhere(_key: str, _path: Place) -> str:
    """No unknown key belongs somewhere else."""
    return ""


def matches(pattern: str, text: str) -> bool:
    """Whether a schema's pattern matches: there ``$`` is the end of the text; Python's also stands before a last line break."""
    return bool(re.search(re.sub(r"\$$", r"\\Z", pattern), text))


def is_of_a_name(error: Error) -> bool:
    """Whether the name of a member is wrong, not its value."""
    return "propertyNames" in error.relative_schema_path


def sentences(root: Marked, error: Error, misplaced: Misplaced) -> Iterator[tuple[int, str]]:
    """Yield lines, and what to say there."""
    path = list(error.absolute_path)
    marked = _at(root, path)
    if error.validator == "additionalProperties":
        allowed = list(error.schema["properties"])
        for key in error.instance.keys() - set(allowed):
            yield marked.value[key].line, misplaced(key, path) or unknown(key, allowed)
    elif error.validator == "required":
        for key in set(error.validator_value) - error.instance.keys():
            yield (
                marked.line,
                f"{_noun(error) or 'a file'} without `{key}`; must have {' and '.join(error.validator_value)}",
            )
    elif is_of_a_name(error):
        yield marked.value[error.instance].line, _wrong_name(error, path)
    else:
        yield marked.line, _wrong_value(error, path)


def _at(root: Marked, path: Place) -> Marked:
    for part in path:
        root = root.value[part]
    return root


def _wrong_name(error: Error, path: Place) -> str:
    name, section = error.instance, quoted(path[-1])
    if not name.strip():
        return f"an empty key under `{section}`; must be {_must(error)}"
    return f"`{quoted(name)}`: under `{section}` a key must be {_must(error)}{_nearest(error)}"


def _wrong_value(error: Error, path: Place) -> str:
    cause = str(error.cause or "").partition(";")[0]
    reason = f": {cause}" if cause else ""
    empty = {"minProperties": "an empty mapping", "minItems": "empty"}.get(error.validator, "")
    value = f"{empty or kind(error.instance)}{reason}"
    return f"{_name(path, error)} is {value}; must be {_must(error)}{_nearest(error)}"


def _name(path: Place, error: Error) -> str:
    """What a value is called: an entry of a list by its noun, the value of a pair by the pair's key."""
    if not path:
        return "the file"
    if isinstance(path[-1], int) and (noun := _noun(error)):
        return noun
    named = [part for part in path if isinstance(part, str)]
    return f"`{quoted(named[-2] if named[-1] == 'value' else named[-1])}`"


def _noun(error: Error) -> str:
    return next((str(one.schema[NOUN]) for one in _of_the_same(error) if NOUN in one.schema), "")


def _must(error: Error) -> str:
    """What the value must be: as the schema says it in words, the closest ones first, else from its keywords."""
    said = (str(one.schema[MUST]) for one in _of_the_same(error) if MUST in one.schema)
    return next(said, "") or _phrase(error.schema)


def _of_the_same(error: Error) -> Iterator[Error]:
    """Yield the error and those around it that are about the same value."""
    place = error.absolute_path
    while error is not None and error.absolute_path == place:
        yield error
        error = error.parent


def _phrase(rule: Mapping[str, Any]) -> str:
    if "enum" in rule:
        return f"one of {', '.join(map(str, rule['enum']))}"
    return str(rule["const"]) if "const" in rule else _KINDS.get(rule.get("type", ""), "something else")


def _nearest(error: Error) -> str:
    """The nearest right value, where there is one."""
    text = error.instance
    if not isinstance(text, str):
        return ""
    trimmed = text.strip()
    if error.validator == "pattern" and trimmed != text and matches(error.validator_value, trimmed):
        return f"; did you mean `{trimmed}`?"
    return nearest(text, [word for one in _leaves(error) for word in one.schema.get("enum", ())])


def _leaves(error: Error) -> Iterator[Error]:
    yield error
    for inner in error.context or ():
        yield from _leaves(inner)
