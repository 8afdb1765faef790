"""Changing values in the text of a dotenv file while every other character of it stays as it is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dotenv.parser import Binding, parse_stream

# What stands in front of a value: blank lines, `export`, the key. A line without `=` has only that.
_HEAD = re.compile(r"\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+)")
_EQUALS = re.compile(r"[^\S\r\n]*=[^\S\r\n]*")
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_LINE = re.compile(r"[^\r\n]*")
_COMMENT = re.compile(r"\s+#.*")
_NEWLINE = re.compile(r"\r\n|\n|\r")
_BARE = re.compile(r"(?!['\"#])[^\s$`\\]*")


@dataclass(frozen=True)
class Edit:
    """Characters ``start`` to ``end`` (not included) of a text, and what takes their place."""

    start: int
    end: int
    text: str


def edited(text: str, values: Mapping[str, str]) -> str:
    """Return the text with these values: each in its last line, which is the one that counts, or in a new last line.

    Raises:
        ValueError: a value cannot be written so that it is read back; names the key.
    """
    pieces, at = list[str](), 0
    for edit in sorted(edits(text, values), key=lambda one: one.start):  # what is added at the end stays last
        pieces += [text[at : edit.start], edit.text]
        at = edit.end
    after = "".join([*pieces, text[at:]])
    _prove(text, after, values)
    return after


def edits(text: str, values: Mapping[str, str]) -> list[Edit]:
    """Return what has to be changed; nothing where a value is there already, letter by letter."""
    last = {binding.key: (start, binding) for start, binding in _bindings(text) if binding.key in values}
    found = [_in_place(*last[name], text=value) for name, value in values.items() if name in last]
    new = {name: value for name, value in values.items() if name not in last}
    return [*(edit for edit in found if edit is not None), *_added(text, new)]


def quoted_value(value: str, quote: str = "") -> str:
    """Return a value as a dotenv file has it, in these quotes or, where it needs some, in single ones."""
    if quote == "" and _BARE.fullmatch(value):
        return value
    mark = quote or ('"' if "'" in value and '"' not in value else "'")
    escaped = value.replace("\\", "\\\\").replace(mark, f"\\{mark}")
    return f"{mark}{escaped}{mark}"


def _bindings(text: str) -> Iterator[tuple[int, Binding]]:
    start = 0
    for binding in parse_stream(io.StringIO(text, newline="")):
        yield start, binding
        start += len(binding.original.string)


def _in_place(start: int, binding: Binding, *, text: str) -> Edit | None:
    if binding.value == text:
        return None
    whole = binding.original.string
    head = _HEAD.match(whole)
    at = head.end() if head else 0
    equals = _EQUALS.match(whole, at)
    if equals is None:
        return Edit(start + at, start + at, f"={quoted_value(text)}")
    quoted = _QUOTED.match(whole, equals.end())
    if quoted:
        value = quoted_value(text, quoted[0][0])
        return Edit(start + quoted.start(), start + quoted.end(), value)
    line = _LINE.match(whole, equals.end())
    bare = _COMMENT.sub("", line[0]).rstrip() if line else ""
    if bare.startswith("#") and not binding.value:  # `KEY= # comment`: nothing stands there yet
        at = whole.index("=", at) + 1
        return Edit(start + at, start + at, quoted_value(text))
    return Edit(start + equals.end(), start + equals.end() + len(bare), quoted_value(text))


def _added(text: str, values: Mapping[str, str]) -> list[Edit]:
    if not values:
        return []
    ends = _NEWLINE.findall(text)
    end = ends[-1] if ends else "\n"
    gap = "" if not text or text.endswith(("\n", "\r")) else end
    lines = "".join(f"{name}={quoted_value(value)}{end}" for name, value in values.items())
    return [Edit(len(text), len(text), gap + lines)]


def _prove(before: str, after: str, values: Mapping[str, str]) -> None:
    """Read the new text back: these values, and everything else as it was."""
    last = {binding.key: place for place, binding in enumerate(_said(before))}
    expected = [
        (one.key, values[str(one.key)] if one.key in values and last[one.key] == place else one.value)
        for place, one in enumerate(_said(before))
    ]
    expected += [(name, value) for name, value in values.items() if name not in last]
    if [(one.key, one.value) for one in _said(after)] != expected:
        names = ", ".join(values)
        raise ValueError(
            f"{names}: cannot be written into this file so that it is read back; edit it by hand"
        )


def _said(text: str) -> list[Binding]:
    return [one for _, one in _bindings(text) if one.key is not None or one.error]
