"""Reading a guardrails file: every key to the scope that it stands in, every mistake to a sentence with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from pytest_recsim.data.guardrails.guardrail_keys import (
    CHECKS,
    OWN,
    OWN_KEY,
    SEGMENT_CHECKS,
    SETTINGS,
    THRESHOLDS,
    keys_of,
)
from pytest_recsim.data.guardrails.guardrail_model import CustomerEntry, Entry, Scope, Waiver
from pytest_recsim.data.guardrails.guardrail_values import (
    check_name,
    day,
    kind,
    namespace,
    org_id,
    setting,
    text,
    threshold,
    unknown,
)
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.names import wrong_namespace
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.input.yamlmarks import Marked, load_marked

CUSTOMER = "[a-z0-9][a-z0-9_.-]*"
_NAME = re.compile(CUSTOMER)
_BLOCKS = ("quality", "scenarios")
_SCOPED = (*_BLOCKS, OWN, "segments")
_FIELDS = ("namespace", "org_id", "env_profile", "fixture")
_Read = TypeVar("_Read")


class GuardrailsReader:
    """Reads one file, called ``name`` in sentences; ``layers`` and ``customers`` are the result."""

    def __init__(self, path: Path, name: str = "") -> None:
        self.path = path
        self.name = name or shown(path)
        self.findings = Findings()
        self.layers: dict[Scope, dict[str, Entry]] = {}
        self.customers: dict[str, CustomerEntry] = {}

    def read(self) -> None:
        """Read everything; InputError lists every problem of the file."""
        root = load_marked(self.path, "guardrails file")
        if not isinstance(root.value, dict):
            what = f"the file is {kind(root.value)}; must be a mapping with `defaults` and `customers`"
            raise InputError(Problem(f"{self.name}:{root.line}", what))
        sections = self._mapping(root, "file", ("schema_version", "defaults", "customers"))
        version = sections.get("schema_version")
        if version and (version.value != 1 or version.value is True):
            self._add(version, f"`schema_version` is {kind(version.value)}; must be 1")
        if "defaults" in sections:
            self._blocks(self._mapping(sections["defaults"], "defaults", (*_BLOCKS, OWN)), Scope())
        for name, entry in self._mapping(sections.get("customers"), "customers").items():
            self._customer(name, entry)
        self.findings.check()

    def _customer(self, name: str, entry: Marked) -> None:
        if not _NAME.fullmatch(name):
            what = f"customer `{quoted(name)}`; must be lower-case letters, digits, `_`, `.`, `-`, not at the front"
            self._add(entry, what)
        allowed = (*_FIELDS, *_SCOPED, "namespaces", "waivers")
        sections = self._mapping(entry, name, allowed)
        self._blocks(sections, Scope(name))
        for place, block in self._mapping(sections.get("namespaces"), "namespaces").items():
            if place.strip() and (wrong := wrong_namespace(place)):
                self._add(block, f"namespace `{quoted(place)}`; {wrong}")
            self._blocks(self._mapping(block, place, _SCOPED), Scope(name, place))
        texts = {key: self._try(sections[key], _field(key), key) for key in _FIELDS if key in sections}
        fixture = texts.get("fixture")
        self.customers[name] = CustomerEntry(
            name=name,
            origin=self._origin(entry, name),
            namespace=texts.get("namespace"),
            org_id=texts.get("org_id"),
            env_profile=texts.get("env_profile"),
            fixture=self.path.parent / fixture if fixture else None,
            waivers=self._waivers(sections.get("waivers")),
            origins={key: self._origin(sections[key], name) for key in texts},
        )

    def _blocks(self, sections: Mapping[str, Marked], scope: Scope) -> None:
        for group in _BLOCKS:
            self._keys(sections.get(group), group, scope)
        self._own(sections.get(OWN), scope)
        for segment, block in self._mapping(sections.get("segments"), "segments").items():
            self._keys(block, "segments", scope._replace(segment=segment))

    def _keys(self, block: Marked | None, group: str, scope: Scope) -> None:
        layer = self.layers.setdefault(scope, {})
        for key, marked in self._mapping(block, scope.segment or group).items():
            origin = self._origin(marked, _label(scope))
            if group == "segments" and key == OWN:
                self._own(marked, scope)
            elif key not in keys_of(group):
                self._add(marked, _misplaced(key, group))
            elif key in THRESHOLDS:
                pair = self._try(marked, threshold, key)
                layer.update({key: Entry(*pair, origin)} if pair else {})
            else:
                value = self._try(marked, setting, key)
                layer.update({} if value is None else {key: Entry(value, None, origin)})

    def _own(self, block: Marked | None, scope: Scope) -> None:
        """Read thresholds of metrics of one's own; which of these exist, only the run knows."""
        layer = self.layers.setdefault(scope, {})
        for key, marked in self._mapping(block, OWN).items():
            if not re.fullmatch(OWN_KEY, key):
                what = f"`{quoted(key)}`: under `{OWN}` a key must be min_<metric> or max_<metric>, lower-case letters, digits, `_`"
                self._add(marked, what)
                continue
            pair = self._try(marked, threshold, f"{OWN}.{key}")
            if pair:
                layer[f"{OWN}.{key}"] = Entry(*pair, self._origin(marked, _label(scope)))

    def _waivers(self, marked: Marked | None) -> tuple[Waiver, ...]:
        if marked is None:
            return ()
        if not isinstance(marked.value, list):
            self._add(
                marked, f"`waivers` is {kind(marked.value)}; must be a list of check, segment, reason, until"
            )
            return ()
        found = (self._try(item, self._waiver, "waiver") for item in marked.value)
        return tuple(waiver for waiver in found if waiver)

    def _waiver(self, _: str, marked: Marked) -> Waiver:
        fields = self._mapping(marked, "waiver", ("check", "segment", "reason", "until"))
        for needed in ("check", "reason"):
            if needed not in fields:
                raise ValueError(
                    f"a waiver without `{needed}`; must have check and reason, and if wanted segment and until"
                )
        check = check_name(fields["check"].value)
        segment = text("segment", fields["segment"].value) if "segment" in fields else None
        if segment and check in CHECKS and check not in SEGMENT_CHECKS:
            raise ValueError(f"`segment` with check {check}; only belongs to {', '.join(SEGMENT_CHECKS)}")
        reason = text("reason", fields["reason"].value)
        until = day("until", fields["until"].value) if "until" in fields else None
        return Waiver(check, segment, reason, until, f"{self.name}:{marked.line}")

    def _mapping(self, marked: Marked | None, name: str, allowed: Iterable[str] = ()) -> Mapping[str, Marked]:
        """Return a section's entries; what is no mapping, and every key outside ``allowed``, is a problem."""
        if marked is None:
            return {}
        if not isinstance(marked.value, dict):
            self._add(marked, f"`{quoted(name)}` is {kind(marked.value)}; must be a mapping")
            return {}
        names = tuple(allowed)
        for key, item in marked.value.items():
            if names and key not in names:
                self._add(item, unknown(key, names))
            elif not key.strip():
                self._add(item, f"an empty key under `{quoted(name)}`; must be non-empty text")
        return marked.value

    def _try(self, marked: Marked, read: Callable[[str, Marked], _Read], key: str) -> _Read | None:
        try:
            return read(key, marked)
        except ValueError as error:
            self._add(marked, str(error))
            return None

    def _add(self, marked: Marked, what: str) -> None:
        self.findings.add(f"{self.name}:{marked.line}", what)

    def _origin(self, marked: Marked, label: str) -> str:
        return f"{self.name}:{marked.line} ({label})"


def _field(key: str) -> Callable[[str, Marked], str]:
    readers = {"org_id": org_id, "namespace": namespace}
    return lambda name, marked: readers[key](marked.value) if key in readers else text(name, marked.value)


def _label(scope: Scope) -> str:
    return ", ".join(part for part in scope if part) or "defaults"


def _misplaced(key: str, group: str) -> str:
    """Return the sentence for a key that does not belong into this section."""
    known = (*THRESHOLDS, *SETTINGS)
    if key not in known:
        return unknown(key, keys_of(group))
    home = THRESHOLDS[key].group if key in THRESHOLDS else "quality"
    return f"`{key}` does not belong under `{group}`; must be under `{home}`"
