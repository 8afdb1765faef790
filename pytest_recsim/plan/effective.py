"""Every threshold and setting that holds for a customer, with where it comes from, without a data set at hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec

from pytest_recsim.data.guardrails.guardrail_keys import SETTINGS, THRESHOLDS, threshold_key
from pytest_recsim.data.guardrails.guardrails import Guardrails, Threshold
from pytest_recsim.data.guardrails.metric_table import GUARDED
from pytest_recsim.plan.thresholds import plain_value, waivers_of
from pytest_recsim.record.asked import WaiverNote


class Effective(msgspec.Struct, frozen=True, kw_only=True):
    """One threshold or setting.

    Attributes:
        section: where it stands in guardrails.yml: ``quality``, ``scenarios`` or ``own``.
        segment: whose; empty for the customer as a whole.
        value: None when it is off, so that nothing is checked.
        severity: ``block`` or ``warn``; empty for a setting.
        origin: file and line, ``built in`` where no file says anything.
        unit, definition: of the number.
    """

    section: str
    key: str
    segment: str = ""
    value: Any
    severity: str
    origin: str
    unit: str
    definition: str


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer is held to.

    Attributes:
        guardrails: the file, as people should read it.
        ended: numbers of waivers (from 0) whose last day has passed.
        segments: those that the file has thresholds for.
    """

    customer: str
    namespace: str
    guardrails: str
    thresholds: tuple[Effective, ...]
    settings: tuple[Effective, ...]
    waivers: tuple[WaiverNote, ...]
    ended: tuple[int, ...]
    segments: tuple[str, ...]


def effective(
    guardrails: Guardrails, customer: str, namespace: str, segment: str, today: date, shown: str
) -> Guard:
    """Return what holds for a customer.

    Args:
        guardrails: the file.
        customer: may have no entry in it; then the defaults hold.
        namespace: whose thresholds win over the customer's own.
        segment: the one to look at; empty for the customer as a whole, with what holds for single segments beside it.
        today: what waivers are held against.
        shown: the file as people should read it.
    """
    named = list(guardrails.segments(customer, namespace))

    def look(key: str, of: str = "") -> Threshold:
        return guardrails.threshold(key, customer=customer, namespace=namespace, segment=of or None)

    def rows() -> Iterator[Effective]:
        for key in (*THRESHOLDS, *guardrails.own_keys(customer, namespace)):
            per_segment = threshold_key(key).per_segment
            if segment:
                of = segment if per_segment else ""
                yield _row(key, look(key, of), of)
                continue
            whole = look(key)
            yield _row(key, whole)
            for one in named if per_segment else ():
                if (apart := look(key, one)) != whole:
                    yield _row(key, apart, one)

    waivers = waivers_of(guardrails, customer)
    return Guard(
        customer=customer,
        namespace=namespace,
        guardrails=shown,
        thresholds=tuple(rows()),
        settings=tuple(_settings(guardrails, customer, namespace)),
        waivers=waivers,
        ended=tuple(
            place for place, one in enumerate(waivers) if one.until and one.until < today.isoformat()
        ),
        segments=tuple(named),
    )


def _row(key: str, found: Threshold, segment: str = "") -> Effective:
    facts, metric = threshold_key(key), GUARDED.get(key)
    return Effective(
        section=facts.group,
        key=key,
        segment=segment,
        value=found.value,
        severity=found.severity,
        origin=found.origin,
        unit=facts.unit,
        definition=metric.definition if metric else facts.meaning,
    )


MEANINGS = {
    "verdict": "how a lift's interval counts",
    "relevance": "which relevance set is judged",
    "split": "what is seeded, by time: a share of the events, or an instant",
    "weights": "what an event is worth",
}


def _settings(guardrails: Guardrails, customer: str, namespace: str) -> Iterator[Effective]:
    for key in SETTINGS:
        found = guardrails.setting(key, customer=customer, namespace=namespace)
        yield Effective(
            section="quality",
            key=key,
            value=plain_value(found.value),
            severity="",
            origin=found.origin,
            unit="",
            definition=MEANINGS[key],
        )
