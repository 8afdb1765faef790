"""Guardrails: which threshold holds for whom, and where it comes from."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_recsim.data.guardrails.guardrail_keys import OWN, SETTINGS, threshold_key
from pytest_recsim.data.guardrails.guardrail_model import CustomerEntry, Entry, Scope, Waiver
from pytest_recsim.data.guardrails.guardrail_read import GuardrailsReader
from pytest_recsim.data.input.files import packaged, read_bytes

__all__ = [
    "CustomerEntry",
    "Guardrails",
    "RunSetting",
    "Threshold",
    "Waiver",
    "load_guardrails",
    "packaged_guardrails",
]

_Layers = Mapping[Scope, Mapping[str, Entry]]


@dataclass(frozen=True)
class Threshold:
    """A number that must hold: its key, value, severity (``block`` or ``warn``) and where it was said.

    ``value`` is None when the threshold is off; ``unfinished`` then says where it got a severity, if it did:
    somebody meant it to be on.
    """

    key: str
    value: float | None
    severity: str
    origin: str
    unfinished: str = ""


@dataclass(frozen=True)
class RunSetting:
    """How a simulation is judged: ``verdict``, ``relevance`` (texts), ``split`` (share or instant) or ``weights``."""

    key: str
    value: str | float | datetime | Mapping[str, float]
    origin: str


@dataclass(frozen=True)
class Guardrails:
    """A guardrails file, with the packaged defaults for what it leaves out.

    Attributes:
        path: the file.
        sha256: hex digest of its bytes.
        customers: name -> entry.
        layers: scope -> key -> entry of this file.
        fallback: key -> entry of the packaged defaults.
    """

    path: Path
    sha256: str
    customers: Mapping[str, CustomerEntry]
    layers: _Layers
    fallback: Mapping[str, Entry]

    def customer(self, name: str) -> CustomerEntry | None:
        return self.customers.get(name)

    def threshold(
        self,
        key: str,
        *,
        customer: str | None = None,
        namespace: str | None = None,
        segment: str | None = None,
    ) -> Threshold:
        """Return the threshold that holds there.

        customer + namespace + segment wins over customer + segment, customer + namespace, customer, the file's
        defaults, the packaged defaults. Value and severity are looked up apart, so ``{severity: warn}`` keeps
        the inherited value, and a bare number keeps the inherited severity. KeyError for an unknown key.
        """
        entries = list(self._entries(key, Scope(customer, namespace, segment)))
        built_in = Entry(threshold_key(key).default, "block", "built in")
        valued = next((entry for entry in entries if entry.value is not None), built_in)
        severe = next((entry for entry in entries if entry.severity is not None), built_in)
        apart = severe not in (valued, built_in)
        origin = f"{valued.origin}, severity {severe.origin}" if apart else valued.origin
        off = valued.value is None or math.isnan(valued.value)
        unfinished = severe.origin if valued.value is None and severe is not built_in else ""
        return Threshold(key, None if off else valued.value, str(severe.severity), origin, unfinished)

    def own_keys(self, customer: str, namespace: str) -> list[str]:
        """Return the thresholds of metrics of one's own (``own.min_x``) that may hold there, in file order."""
        keys = [
            key
            for scope, layer in self.layers.items()
            if scope.customer in (None, customer) and scope.namespace in (None, namespace)
            for key in layer
            if key.startswith(f"{OWN}.")
        ]
        return list(dict.fromkeys(keys))

    def setting(self, key: str, *, customer: str | None = None, namespace: str | None = None) -> RunSetting:
        """Return a setting, looked up like a threshold; ``weights`` inherit every event type they leave out."""
        entries = list(self._entries(key, Scope(customer, namespace)))
        built_in: Any = SETTINGS[key]
        origin = entries[0].origin if entries else "built in"
        if key != "weights":
            return RunSetting(key, entries[0].value if entries else built_in, origin)
        weights = dict(built_in)
        for entry in reversed(entries):
            weights |= entry.value
        return RunSetting(key, weights, origin)

    def segments(self, customer: str, namespace: str) -> dict[str, str]:
        """Return the segments that the file has thresholds for there, each with where the first of them stands."""
        return {
            scope.segment: next(iter(layer.values())).origin
            for scope, layer in self.layers.items()
            if layer and scope.segment and scope.customer == customer and scope.namespace in (None, namespace)
        }

    def namespaces(self, customer: str) -> list[str]:
        """Return the namespaces that the file names for a customer, its usual one first."""
        entry = self.customer(customer)
        usual = [entry.namespace] if entry and entry.namespace else []
        named = [scope.namespace for scope in self.layers if scope.customer == customer and scope.namespace]
        return list(dict.fromkeys([*usual, *named]))

    def _entries(self, key: str, scope: Scope) -> Iterator[Entry]:
        """Yield what the files say about a key, the most specific place first."""
        for place in _places(scope):
            if key in self.layers.get(place, {}):
                yield self.layers[place][key]
        if key in self.fallback:
            yield self.fallback[key]


def _places(scope: Scope) -> Iterator[Scope]:
    customer, namespace, segment = scope
    if customer is not None:
        for part in (segment, None) if segment is not None else (None,):
            if namespace is not None:
                yield Scope(customer, namespace, part)
            yield Scope(customer, None, part)
    yield Scope()


def packaged_guardrails() -> Path:
    """Return the guardrails file that ships with us."""
    return packaged("guardrails.yml")


def load_guardrails(path: Path | None = None) -> Guardrails:
    """Read and check a guardrails file, the packaged one without a path.

    Raises:
        InputError: the file cannot be used; lists every problem with its line.
    """
    shipped = packaged_guardrails()
    chosen = path or shipped
    reader = _read(chosen)
    fallback: Mapping[str, Entry] = {}
    if chosen.absolute() != shipped.absolute():
        fallback = _read(shipped, "packaged guardrails.yml").layers.get(Scope(), {})
    digest = hashlib.sha256(read_bytes(chosen, "guardrails file")).hexdigest()
    return Guardrails(chosen, digest, reader.customers, reader.layers, fallback)


def _read(path: Path, name: str = "") -> GuardrailsReader:
    reader = GuardrailsReader(path, name)
    reader.read()
    return reader
