"""From YAML nodes to plain values that remember their line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import yaml

from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.problems import InputError, Problem

MAX_NODES = 10_000
MAX_DEPTH = 40

_TAG = "tag:yaml.org,2002:"
_EXPONENT = re.compile(r"-?[0-9]+([.][0-9]+)?[eE][+-]?[0-9]+")  # a number in JSON, but text in YAML 1.1
_TEXTS = (f"{_TAG}str", f"{_TAG}timestamp")  # dates stay text: whoever wants one knows which kind


@dataclass(frozen=True)
class Marked:
    """A value and the line where it (or, in a mapping, its key) stands.

    Attributes:
        value: None, bool, int, float, str, ``list[Marked]`` or ``dict[str, Marked]``. Dates are text.
        line: from 1.
    """

    value: Any
    line: int


class _Mark(Protocol):
    line: int


def line_of(mark: _Mark | None) -> int:
    """Return a mark's line, from 1."""
    return mark.line + 1 if mark else 1


class NodeReader:
    """Turns nodes into marked values; counts what aliases expand to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.findings = Findings()
        self.expanded = 0
        self.open: list[yaml.Node] = []

    def marked(self, node: yaml.Node, line: int) -> Marked:
        self.expanded += 1
        endless = len(self.open) > MAX_DEPTH or any(node is outer for outer in self.open)
        if self.expanded > MAX_NODES or endless:
            what = f"aliases expand to themselves, or beyond the bounds; must be at most {MAX_NODES} values, {MAX_DEPTH} levels"
            raise InputError(Problem(f"{self.name}:{line}", what))
        self.open.append(node)
        try:
            return Marked(self._value(node, line), line)
        finally:
            self.open.pop()

    def _value(self, node: yaml.Node, line: int) -> Any:
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.marked(item, line_of(item.start_mark)) for item in node.value]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, line)
        return self._refused(f"tag `{quoted(node.tag)}`; must be plain YAML without tags", line)

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Marked]:
        found: dict[str, Marked] = {}
        merged: dict[str, Marked] = {}
        for key, item in node.value:
            line = line_of(key.start_mark)
            if key.tag == f"{_TAG}merge":
                merged = self._merged(item, line) | merged
            elif not isinstance(key, yaml.ScalarNode) or key.tag != f"{_TAG}str":
                shown_key = quoted(key.value) if isinstance(key, yaml.ScalarNode) else "a collection"
                self._refused(f"key `{shown_key}` is not text; must be text (write it in quotes)", line)
            elif key.value in found:
                first = found[key.value].line
                self._refused(
                    f"`{quoted(key.value)}` is defined twice, first in line {first}; must be there once", line
                )
            else:
                found[self._text(key.value, line)] = self.marked(item, line)
        return merged | found

    def _merged(self, node: yaml.Node, line: int) -> dict[str, Marked]:
        value = self.marked(node, line).value
        sources = [source.value for source in value] if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            self._refused("`<<` merges something else than mappings; must be mappings", line)
            return {}
        merged: dict[str, Marked] = {}
        for source in sources:
            merged = source | merged
        return merged

    def _scalar(self, node: yaml.ScalarNode, line: int) -> Any:
        if node.style is None and _EXPONENT.fullmatch(node.value):
            return float(node.value)
        if node.tag in _TEXTS:
            return self._text(node.value, line)
        parse = _PARSERS.get(node.tag)
        if parse is None:
            return self._refused(f"tag `{quoted(node.tag)}`; must be plain YAML without tags", line)
        try:
            return parse(node.value)
        except (KeyError, ValueError):
            noun = node.tag.removeprefix(_TAG)
            what = f"`{quoted(node.value)}` is not a plain {noun}; must be decimal numbers, true, false, quoted text"
            return self._refused(what, line)

    def _text(self, text: str, line: int) -> str:
        if max(text, default="") >= "\ud800" and any("\ud800" <= char <= "\udfff" for char in text):
            # JSON writes what is beyond U+FFFF as a pair of halves, and JSON is welcome here.
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
            self._refused("text with NUL or half a surrogate pair; must be Unicode text without them", line)
        return text

    def _refused(self, what: str, line: int) -> None:
        self.findings.add(f"{self.name}:{line}", what)


def _null(text: str) -> None:
    if text.lower() not in {"", "~", "null"}:
        raise ValueError


def _bool(text: str) -> bool:
    return {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}[text.lower()]


def _int(text: str) -> int:
    """Decimal only: YAML 1.1 would read 1:30 as 90 and 010 as 8, which nobody means in a threshold."""
    return int(text, 10)


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


_PARSERS: Mapping[str, Callable[[str], bool | float | None]] = MappingProxyType(
    {f"{_TAG}null": _null, f"{_TAG}bool": _bool, f"{_TAG}int": _int, f"{_TAG}float": _float}
)
