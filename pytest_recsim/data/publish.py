"""Writes what is published about the tables: two JSON Schemas and the tables of docs/configuration.md and docs/metrics.md.

Run ``python -m pytest_recsim.data.publish`` in a checkout after changing a table; a test compares the result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.data.guardrails.guardrail_keys import (
    CHECKS,
    CHOICES,
    MAX_WEIGHT,
    OWN,
    OWN_CHECK,
    OWN_KEY,
    SCENARIO_CHECK,
    SEGMENT_CHECKS,
    SETTINGS,
    SEVERITIES,
    THRESHOLDS,
    keys_of,
    threshold_key,
)
from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.data.input.instants import PATTERN
from pytest_recsim.data.input.names import CUSTOMER, CUSTOMER_RULE, NAMESPACE, NAMESPACE_RULE
from pytest_recsim.data.input.rule_words import MUST, NOUN
from pytest_recsim.data.profiles.knobs import KNOBS, Knob, allowed
from pytest_recsim.record.publish import DIALECT, renewed

_ROOT = Path(__file__).resolve().parents[2]
_TEXT = {"type": "string", "pattern": "\\S", MUST: "non-empty text"}
_UUID = "[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
Json = dict[str, Any]


def profile_schema() -> Json:
    """Return the schema of a profile as JSON: knob name -> value, durations in seconds."""
    properties = {knob.name: _knob(knob) | {"description": knob.meaning} for knob in KNOBS.values()}
    return {
        "$schema": DIALECT,
        "title": "pytest-recsim profile: knob name -> value",
        **_object(properties),
    }


def _knob(knob: Knob) -> Json:
    number: Json = {"type": "number"}
    if knob.low is not None:
        number["exclusiveMinimum" if knob.low_open else "minimum"] = knob.low
    if knob.high is not None:
        number["maximum"] = knob.high
    text: Json = {"type": "string"}
    weights = {"type": "array", "items": number, "minItems": 3, "maxItems": 3}
    kinds: Mapping[str, Json] = {
        "int": number | {"type": "integer"},
        "bool": {"type": "boolean"},
        "text": text,
        "choice": {"enum": list(knob.choices)},
        "csv": {"type": "array", "items": text, "minItems": int(knob.filled)},
        "csv_int": {"type": "array", "items": {"type": "integer", "minimum": -(2**15), "maximum": 2**15 - 1}},
        "pairs": _map(number),
        "weights": _map(weights),
        "presets": _map(_map({"type": "number"})),
    }
    return kinds.get(knob.kind, number)


def guardrails_schema() -> Json:
    """Return the schema of a guardrails file, dates as text."""
    shared = {key: _key(key) for group in ("quality", "scenarios") for key in keys_of(group)}
    for group in ("quality", "scenarios", "segments"):
        shared[f"section_{group}"] = _object({key: _ref(key) for key in keys_of(group)})
    own_key = {
        "pattern": f"^{OWN_KEY}$",
        MUST: "min_<metric> or max_<metric>, lower-case letters, digits, `_`",
    }
    shared[f"section_{OWN}"] = _map(_key(f"{OWN}.min_any"), named=own_key)
    shared["section_segments"]["properties"][OWN] = _ref(f"section_{OWN}")
    sections = {group: _ref(f"section_{group}") for group in ("quality", "scenarios", OWN)}
    scoped = sections | {"segments": _map(_ref("section_segments"), named=_TEXT)}
    place = {"type": "string", "pattern": f"^{NAMESPACE}$", MUST: NAMESPACE_RULE}
    waivers = {"type": "array", "items": _waiver(), MUST: "a list of check, segment, reason, until"}
    fields = {"namespace": place, "env_profile": _TEXT, "fixture": _TEXT}
    customer = (
        scoped
        | fields
        | {
            "org_id": {
                "type": "string",
                "pattern": f"^({_UUID})$",
                "not": {"pattern": "^[0-]*$"},
                MUST: "a UUID that is not all zeros",
            },
            "namespaces": _map(_object(scoped), named=place),
            "waivers": waivers,
        }
    )
    properties = {
        "schema_version": {"const": 1},
        "defaults": _object(sections),
        "customers": _map(_object(customer), named={"pattern": f"^{CUSTOMER}$", MUST: CUSTOMER_RULE}),
    }
    root = _object(properties) | {MUST: "a mapping with `defaults` and `customers`"}
    return {"$schema": DIALECT, "title": "pytest-recsim guardrails", **root, "$defs": shared}


def _key(name: str) -> Json:
    if name in CHOICES:
        return {"enum": list(CHOICES[name])}
    if name == "split":
        share = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
        instant = {"type": "string", "format": "date-time", "pattern": PATTERN}
        must = "a share above 0 and below 1, or an RFC 3339 instant with offset"
        return {"anyOf": [share, instant], MUST: must}
    if name == "weights":
        must = f"a weight, a number 0 to {MAX_WEIGHT:g}"
        weight = {"type": "number", "minimum": 0, "maximum": MAX_WEIGHT, MUST: must}
        several = f"numbers 0 to {MAX_WEIGHT:g} for {', '.join(EVENT_TYPES)}"
        return _object(dict.fromkeys(EVENT_TYPES, weight)) | {"minProperties": 1, MUST: several}
    key = threshold_key(name)
    number: Json = {
        "type": "integer" if key.integer else "number",
        "minimum": key.low,
        "maximum": key.high,
    }
    # `off` is false in YAML
    value = ({"anyOf": [number, {"const": False}]} if key.optional else number) | {MUST: key.allowed}
    both = _object({"value": value, "severity": {"enum": list(SEVERITIES)}})
    both |= {"minProperties": 1, MUST: f"{key.allowed}, or a value and a severity"}
    return {"description": key.meaning, "anyOf": [value, both], MUST: key.allowed}


def _waiver() -> Json:
    day = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    others = {"type": "string", "pattern": f"^({OWN_CHECK})$"}
    added = {"type": "string", "pattern": f"^{SCENARIO_CHECK}$"}
    known = {MUST: f"one of {', '.join(CHECKS)}, or a check of your own"}
    fields = {
        "check": {"anyOf": [{"enum": list(CHECKS)}, others, added]} | known,
        "segment": _TEXT,
        "reason": _TEXT,
        "until": day | {MUST: "a date such as 2027-01-31"},
    }
    per_segment = {MUST: f"one of {', '.join(SEGMENT_CHECKS)}, as a `segment` is named"}
    with_segments = {
        "properties": {"check": {"anyOf": [{"enum": list(SEGMENT_CHECKS)}, others]} | per_segment}
    }
    return _object(fields) | {
        NOUN: "a waiver",
        "required": ["check", "reason"],
        "if": {"required": ["segment"]},
        "then": with_segments,
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: Mapping[str, Any]) -> Json:
    return {"type": "object", "additionalProperties": False, "properties": dict(properties)}


def _map(values: Json, named: Json | None = None) -> Json:
    return {"type": "object", "additionalProperties": values} | ({"propertyNames": named} if named else {})


def knob_table() -> str:
    """Return the knobs as a Markdown table."""
    head = (
        "| knob | takes | unit | default | per request | admin | meaning |\n|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(_knob_row(knob) for knob in KNOBS.values())


def _knob_row(knob: Knob) -> str:
    condition = f" when `{knob.required_if}`" if knob.required_if else ""
    default = "unset" if knob.default is None else f"`{knob.default}`" if knob.default else "empty"
    cells = (
        f"`{knob.name}`",
        allowed(knob).replace("|", "\\|"),
        knob.unit or "-",
        f"**required**{condition}" if knob.required else default,
        (f"`{knob.override_key}`" + (" (whole)" if knob.override_integer else ""))
        if knob.override_key
        else "-",
        (f"`{knob.admin_key}`" + (" (echo)" if knob.admin_echo else "")) if knob.admin_key else "-",
        knob.meaning,
    )
    return f"| {' | '.join(cells)} |\n"


def guardrail_table() -> str:
    """Return thresholds and settings as a Markdown table."""
    rows = [
        f"| `{key.group}` | `{key.name}` | {key.allowed} | {'off' if key.default is None else f'{key.default:g}'} | {'yes' if key.per_segment else '-'} | {key.meaning} |\n"
        for key in THRESHOLDS.values()
    ]
    meanings = {
        "verdict": (" or ".join(CHOICES["verdict"]), "how a lift's interval counts"),
        "relevance": (" or ".join(CHOICES["relevance"]), "which relevance set is judged"),
        "split": ("a share above 0 and below 1, or an instant", "what is seeded, by time"),
        "weights": (f"numbers 0 to {MAX_WEIGHT:g} per event type", "what an event is worth"),
    }
    for name, (takes, meaning) in meanings.items():
        shown = (
            ", ".join(f"{key} {value}" for key, value in SETTINGS[name].items())
            if name == "weights"
            else SETTINGS[name]
        )
        rows.append(f"| `quality` | `{name}` | {takes} | {shown} | - | {meaning} |\n")
    return (
        "| section | key | takes | built in | per segment | meaning |\n|---|---|---|---|---|---|\n"
        + "".join(rows)
    )


def metric_table() -> str:
    """Return the registry of metrics as a Markdown table."""
    rows = "".join(map(_metric_row, METRICS.values()))
    head = "| metric | threshold | unit | per segment | what moves it |\n|---|---|---|---|---|\n"
    return head + rows


def _metric_row(metric: MetricFacts) -> str:
    key, look_at = f"`{metric.key}`" if metric.key else "-", metric.look_at.replace("*", "\\*") or "-"
    segments = "yes" if metric.per_segment else "-"
    return f"| {metric.shown()} | {key} | {metric.unit or '-'} | {segments} | {look_at} |\n"


TABLES = {
    "configuration.md": {"knobs": knob_table, "guardrails": guardrail_table},
    "metrics.md": {"metrics": metric_table},
}
"""Page -> mark -> what stands between ``<!-- mark -->`` and ``<!-- /mark -->``."""


def with_tables(page: str, text: str) -> str:
    """Return a page with its tables renewed."""
    for name, table in TABLES[page].items():
        text = renewed(text, name, table())
    return text


def main() -> None:
    """Write the schemas and the tables into the checkout."""
    for name, schema in (("profile", profile_schema()), ("guardrails", guardrails_schema())):
        path = _ROOT / "pytest_recsim" / "schemas" / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
    for name in TABLES:
        page = _ROOT / "docs" / name
        page.write_text(with_tables(name, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
