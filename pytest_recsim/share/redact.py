"""A record without ids: values first, then the pages anew, so that none stays in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import dumps, write_json
from pytest_recsim.record.model import CheckResult
from pytest_recsim.record.publish import FILES, file_of
from pytest_recsim.record.reading import read_record
from pytest_recsim.report.partial import render_record
from pytest_recsim.schemas import schema
from pytest_recsim.share.words import Words
from pytest_recsim.simulation.bundle.evidence import write_results

LEFT_OUT = ("artifacts/people.json", "artifacts/recommendation_dump.jsonl.gz")
"""Whole lists and people: they say who somebody is by what he likes, whatever he is called."""
_OURS = frozenset({"check", "customer", "simulation", "run_id", "nodeid", "sha256", "schema_version"})
"""Members that hold names of ours, never an id; a check that was called like an item keeps its name."""
_PROSE = frozenset({"definition", "expected", "title", "name", "origin", "verdict", "timings", "previous"})
"""Members whose sentences quote no data, so that a number in them is a number."""
_IDS = frozenset({"user_id", "item_id", "user", "item"})
"""Members that are ids, also of another data set: a comparison has items of the run before."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?")
_REPRODUCE = re.compile(r"(?m)^\s*reproduce: .*\n?")


def redact(bundle: Bundle, to: Bundle, words: Words) -> None:
    """Write a record without ids, and its pages, into an empty folder.

    Files that are not of the published record are left out: nobody knows what is in them.

    Raises:
        InputError: the record is damaged, so that nobody can tell what stands in it.
    """
    try:
        results, odd = bundle.told()
        if odd:
            raise InputError(
                Problem(shown(bundle.events), f"line {odd[0]} is no result of a check; cannot be redacted")
            )
        mine = [msgspec.convert(without_ids(msgspec.to_builtins(one), words), CheckResult) for one in results]
        for name in _kept(bundle):
            write_json(to.root / name, without_ids(read_record(bundle.root / name), words))
        to.events.write_bytes(b"".join(dumps(one) + b"\n" for one in mine))
    except msgspec.MsgspecError as error:
        raise InputError(Problem(shown(bundle.root), f"cannot be redacted: {error}")) from None
    if (bundle.artifacts / "scenario_summary.json").is_file():
        write_results(to, mine)
    if wrong := render_record(to):
        raise InputError(Problem(shown(bundle.root), f"cannot be redacted: {'; '.join(wrong)}"))


def _kept(bundle: Bundle) -> Iterator[str]:
    """Files of the published record that are one JSON document, and may go."""
    for name in bundle.files(but=""):
        try:
            file = file_of(name)
        except KeyError:
            continue
        if not file.lines and name not in LEFT_OUT and not (bundle.root / name).is_symlink():
            yield name


def without_ids(value: Any, words: Words, member: str = "", *, prose: bool = False) -> Any:
    """Return plain JSON data without ids.

    Args:
        value: the data.
        words: what stands in the place of ids.
        member: the name of what holds it.
        prose: whether it is in a part of the record that quotes no data.
    """
    prose = prose or member in _PROSE
    if isinstance(value, Mapping):
        return {
            key if key in _members() else words.text(key, prose=prose): without_ids(
                inner, words, key, prose=prose
            )
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_ids(inner, words, member, prose=prose) for inner in value]
    return _text_without(value, words, member, prose=prose) if isinstance(value, str) else value


def _text_without(text: str, words: Words, member: str, *, prose: bool) -> str:
    if member in _OURS or member in _choices() or _INSTANT.fullmatch(text):
        return text
    if member == "curl":
        return ""
    if member in _IDS and text:
        return words.word(text)
    return words.text(_REPRODUCE.sub("", text) if member == "sentence" else text, prose=prose)


@cache
def _members() -> frozenset[str]:
    """The names that the record itself gives to its members."""
    return frozenset(name for part in _parts() for name in part.get("properties", {}))


@cache
def _choices() -> frozenset[str]:
    """Members that hold one of a few words of ours."""
    found = {name for part in _parts() for name, one in part.get("properties", {}).items() if one.get("enum")}
    return frozenset(found)


def _parts() -> Iterator[dict[str, Any]]:
    for file in FILES:
        whole = schema(file.schema)
        yield whole
        yield from whole["$defs"].values()
