"""Holding a YAML document against its published JSON Schema: the schema is the rule, this finds what was meant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from pytest_recsim.data.input.findings import Findings
from pytest_recsim.data.input.instants import parse_instant
from pytest_recsim.data.input.rule_words import (
    OF_MEMBERS,
    Error,
    Misplaced,
    is_of_a_name,
    matches,
    nowhere,
    sentences,
)
from pytest_recsim.data.input.yamlmarks import Marked, plain
from pytest_recsim.schemas import schema


def hold(root: Marked, rules: str, name: str, misplaced: Misplaced = nowhere) -> None:
    """Compare a document with the published schema ``rules``; ``name`` is what the file is called in sentences.

    Raises:
        InputError: naming everything that the schema refuses, in the order of the lines.
    """
    errors = [cause for error in _validator(rules).iter_errors(plain(root)) for cause in _causes(error)]
    told = {pair for error in _one_a_value(errors) for pair in sentences(root, error, misplaced)}
    findings = Findings()
    for line, what in sorted(told):
        findings.add(f"{name}:{line}", what)
    findings.check()


@cache
def _validator(rules: str) -> Any:
    types = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number)
    formats = FormatChecker(formats=())
    formats.checks("date")(_is_date)
    formats.checks("date-time", raises=ValueError)(_is_instant)
    ours = extend(Draft202012Validator, {"pattern": _pattern}, type_checker=types)  # type: ignore[no-untyped-call] # the stubs leave it out
    return ours(schema(rules), format_checker=formats)


def _is_number(_: object, value: object) -> bool:
    """YAML has numbers that JSON has not."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_date(value: object) -> bool:
    try:
        return not isinstance(value, str) or bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or bool(parse_instant(value))


def _pattern(_validator: object, pattern: str, value: object, _rule: object) -> Iterator[ValidationError]:
    if isinstance(value, str) and not matches(pattern, value):
        yield ValidationError("no match")


def _causes(error: Error) -> Iterator[Error]:
    """Where a value may be one of several things, yield what is wrong with the one that it was meant to be."""
    branches = _branches(error)
    deeper = [found for found in branches if all(inner.relative_path for inner in found)]
    fitting = [found for found in branches if all(map(_fits, found))]
    meant = next((those[0] for those in (deeper, fitting) if len(those) == 1), [])
    for inner in meant:
        yield from _causes(inner)
    if not meant:
        yield error


def _branches(error: Error) -> list[list[Error]]:
    found: dict[object, list[Error]] = {}
    for inner in error.context or ():
        found.setdefault(inner.relative_schema_path[0], []).append(inner)
    return list(found.values())


def _fits(error: Error) -> bool:
    """Whether the value is at least of the kind that was asked for."""
    if error.relative_path or not error.context:
        return bool(error.relative_path) or error.validator not in ("type", "const")
    return any(all(map(_fits, branch)) for branch in _branches(error))


def _one_a_value(errors: Iterable[Error]) -> list[Error]:
    """Of several errors about one value return one, that of its format first: it knows why. All about its members stay."""
    worst: dict[object, Error] = {}
    for error in errors:
        of_members = error.validator if error.validator in OF_MEMBERS else ""
        member = str(error.instance) if is_of_a_name(error) else ""
        place = (*error.absolute_path, of_members, member)
        if place not in worst or error.validator == "format":
            worst[place] = error
    return list(worst.values())
