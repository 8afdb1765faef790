"""Every threshold and setting of a simulation, resolved once, so that workers need no guardrails file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pytest_recsim.data.guardrails.guardrail_keys import OWN, SETTINGS, THRESHOLDS, ThresholdKey
from pytest_recsim.data.guardrails.guardrails import Guardrails, Threshold
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.plan.model import OwnFacts
from pytest_recsim.record.asked import Limit, WaiverNote

Limits = dict[str, dict[str, Limit]]
NONE = "no conftest.py of the suite defines pytest_recsim_metrics"


@dataclass(frozen=True)
class _Place:
    """For whom thresholds are resolved."""

    guardrails: Guardrails
    customer: str
    namespace: str

    def threshold(self, key: str, segment: str) -> Threshold:
        return self.guardrails.threshold(
            key, customer=self.customer, namespace=self.namespace, segment=segment or None
        )

    def limits(self, key: str, scopes: Sequence[str]) -> dict[str, Limit]:
        """Return scope -> limit; a scope in which the threshold is off is left out."""
        found = {scope: self.threshold(key, scope) for scope in scopes}
        return {
            scope: Limit(key, one.value, "warn" if one.severity == "warn" else "block", one.origin)
            for scope, one in found.items()
            if one.value is not None
        }


def limits_of(
    guardrails: Guardrails,
    customer: str,
    namespace: str,
    segments: Sequence[str],
    own: Sequence[OwnFacts] = (),
) -> Limits:
    """Return key -> segment ("" for the customer as a whole) -> limit, without optional thresholds that are off.

    Raises:
        InputError: a threshold of an own metric that does not exist, or an optional one with no more than a severity.
    """
    place = _Place(guardrails, customer, namespace)
    scopes = {key: _scopes(facts, segments) for key, facts in THRESHOLDS.items()}
    metrics = {metric.name: metric for metric in own}
    for key in guardrails.own_keys(customer, namespace):
        metric = metrics.get(_metric(key))
        scopes[key] = tuple(segments) if metric is None or metric.per_user else ("",)
    problems = [*_unknown(place, segments, metrics), *_unfinished(place, scopes)]
    if problems:
        raise InputError(problems)
    limits = {key: place.limits(key, where) for key, where in scopes.items()}
    for key in SETTINGS:
        setting = guardrails.setting(key, customer=customer, namespace=namespace)
        limits[key] = {"": Limit(key, plain_value(setting.value), "block", setting.origin)}
    return {key: values for key, values in limits.items() if values}


def notes_of(
    guardrails: Guardrails, customer: str, namespace: str, segments: Sequence[str]
) -> tuple[str, ...]:
    """Name thresholds for segments that the data set does not have: they hold for nobody."""
    return tuple(
        f"{origin}: the data set has no segment `{segment}`, so what stands there holds for nobody{nearest(segment, segments)}"
        for segment, origin in guardrails.segments(customer, namespace).items()
        if segment not in segments
    )


def _scopes(key: ThresholdKey, segments: Sequence[str]) -> tuple[str, ...]:
    """Where a threshold is looked up: an optional one that segments may have is judged for segments only."""
    if not key.per_segment:
        return ("",)
    return tuple(segments) if key.optional else ("", *segments)


def _metric(key: str) -> str:
    """``own.min_basket_fit`` -> ``basket_fit``."""
    return key.removeprefix(f"{OWN}.").partition("_")[2]


def _unknown(place: _Place, segments: Sequence[str], metrics: dict[str, OwnFacts]) -> Iterator[Problem]:
    """Tell thresholds whose metric nobody announced, and a segment's threshold of a figure of the whole run."""
    for key in place.guardrails.own_keys(place.customer, place.namespace):
        name = _metric(key)
        metric, whole = metrics.get(name), place.threshold(key, "").origin
        origins = dict.fromkeys([whole, *(place.threshold(key, segment).origin for segment in segments)])
        said = [origin for origin in origins if origin != "built in"]
        if metric is None and said:
            known = f"must be one of {', '.join(metrics)}" if metrics else NONE
            what = f"`{key}`: you announce no metric `{name}`; {known}{nearest(name, metrics)}"
            yield Problem(said[0], what)
        elif metric is not None and not metric.per_user:
            what = f"`{key}`: `{name}` is a figure of the whole run; it belongs outside `segments`"
            yield from (Problem(origin, what) for origin in said if origin != whole)


def _unfinished(place: _Place, scopes: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Tell optional thresholds with a severity and nowhere a value: they would silently check nothing."""
    found = {
        (key, place.threshold(key, scope).unfinished) for key, where in scopes.items() for scope in where
    }
    for key, origin in sorted(found):
        if origin:
            yield Problem(
                origin, f"`{key}` has a severity and nowhere a value; must have a value beside it, or be off"
            )


def plain_value(value: Any) -> Any:
    """A value that survives JSON; an instant becomes its RFC 3339 text."""
    if isinstance(value, datetime):
        return value.isoformat()
    return dict(value) if hasattr(value, "items") else value


def waivers_of(guardrails: Guardrails, customer: str) -> tuple[WaiverNote, ...]:
    """Return the customer's waivers, expired ones included: the report names those too."""
    entry = guardrails.customer(customer)
    return tuple(
        WaiverNote(
            check=waiver.check,
            reason=waiver.reason,
            origin=waiver.origin,
            segment=waiver.segment or "",
            until=waiver.until.isoformat() if waiver.until else "",
        )
        for waiver in (entry.waivers if entry else ())
    )
