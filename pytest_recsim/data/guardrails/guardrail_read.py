"""From a guardrails file to entries, each in the scope that it stands in; what the file may say is its schema's rule."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pytest_recsim.data.guardrails.guardrail_keys import OWN, SETTINGS, THRESHOLDS
from pytest_recsim.data.guardrails.guardrail_model import OFF, CustomerEntry, Entry, Scope, Waiver
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.instants import parse_instant
from pytest_recsim.data.input.rule_words import Place
from pytest_recsim.data.input.rules import hold
from pytest_recsim.data.input.yamlmarks import Marked, load_marked, plain

_BLOCKS = ("quality", "scenarios")
_FIELDS = ("namespace", "org_id", "env_profile", "fixture")


class GuardrailsReader:
    """Reads one file, called ``name`` in sentences; ``layers`` and ``customers`` are the result."""

    def __init__(self, path: Path, name: str = "") -> None:
        self.path = path
        self.name = name or shown(path)
        self.layers: dict[Scope, dict[str, Entry]] = {}
        self.customers: dict[str, CustomerEntry] = {}

    def read(self) -> None:
        """Read everything; InputError lists every problem of the file."""
        root = load_marked(self.path, "guardrails file")
        hold(root, "guardrails", self.name, misplaced)
        if "defaults" in root.value:
            self._blocks(root.value["defaults"], Scope())
        for name, entry in _members(root, "customers").items():
            self._customer(name, entry)

    def _customer(self, name: str, entry: Marked) -> None:
        self._blocks(entry, Scope(name))
        for place, block in _members(entry, "namespaces").items():
            self._blocks(block, Scope(name, place))
        texts = {key: entry.value[key].value for key in _FIELDS if key in entry.value}
        if "org_id" in texts:
            texts["org_id"] = str(uuid.UUID(texts["org_id"]))
        if "fixture" in texts:
            texts["fixture"] = self.path.parent / texts["fixture"]
        waivers = entry.value["waivers"].value if "waivers" in entry.value else ()
        self.customers[name] = CustomerEntry(
            name=name,
            origin=self._origin(entry, name),
            waivers=tuple(map(self._waiver, waivers)),
            origins={key: self._origin(entry.value[key], name) for key in texts},
            **texts,
        )

    def _blocks(self, sections: Marked, scope: Scope) -> None:
        layer = self.layers.setdefault(scope, {})
        for group in _BLOCKS:
            layer |= self._entries(_members(sections, group), scope)
        layer |= self._own(sections, scope)
        for segment, block in _members(sections, "segments").items():
            inner = scope._replace(segment=segment)
            found = self._entries(block.value, inner) | self._own(block, inner)
            self.layers.setdefault(inner, {}).update(found)

    def _entries(self, block: Mapping[str, Marked], scope: Scope) -> dict[str, Entry]:
        return {key: self._entry(key, marked, scope) for key, marked in block.items() if key != OWN}

    def _own(self, sections: Marked, scope: Scope) -> dict[str, Entry]:
        """Read thresholds of custom metrics; which of these exist, only the run knows."""
        return {
            f"{OWN}.{key}": self._entry(f"{OWN}.{key}", marked, scope)
            for key, marked in _members(sections, OWN).items()
        }

    def _entry(self, key: str, marked: Marked, scope: Scope) -> Entry:
        label = ", ".join(part for part in scope if part) or "defaults"
        value = plain(marked)
        number, severity = (_setting(key, value), None) if key in SETTINGS else _threshold(value)
        return Entry(number, severity, self._origin(marked, label))

    def _waiver(self, marked: Marked) -> Waiver:
        fields = plain(marked)
        until = date.fromisoformat(fields["until"]) if "until" in fields else None
        return Waiver(
            fields["check"], fields.get("segment"), fields["reason"], until, f"{self.name}:{marked.line}"
        )

    def _origin(self, marked: Marked, label: str) -> str:
        return f"{self.name}:{marked.line} ({label})"


def misplaced(key: str, path: Place) -> str:
    """Return the sentence for a known key that stands in the wrong section; empty for one that nobody knows."""
    section = "segments" if len(path) > 1 and path[-2] == "segments" else path[-1] if path else ""
    if section not in (*_BLOCKS, "segments") or not (key in THRESHOLDS or key in SETTINGS):
        return ""
    home = THRESHOLDS[key].group if key in THRESHOLDS else "quality"
    return f"`{key}` does not belong under `{section}`; must be under `{home}`"


def _members(marked: Marked, section: str) -> Mapping[str, Marked]:
    found: Mapping[str, Marked] = marked.value[section].value if section in marked.value else {}
    return found


def _threshold(value: Any) -> tuple[float | None, str | None]:
    """Value and severity of a threshold, a number or ``{value, severity}``; None = inherited, NaN = off."""
    if not isinstance(value, dict):
        return OFF if value is False else float(value), None
    number = _threshold(value["value"])[0] if "value" in value else None
    return number, value.get("severity")


def _setting(name: str, value: Any) -> Any:
    """The value of ``verdict``, ``relevance``, ``split`` or ``weights``."""
    if name == "weights":
        return {kind: float(weight) for kind, weight in value.items()}
    return parse_instant(value) if name == "split" and isinstance(value, str) else value
