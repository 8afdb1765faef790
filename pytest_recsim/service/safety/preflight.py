"""Before anything is written: is somebody there, healthy, a Recsys, and is the key accepted? Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.service.api.capabilities import Capabilities, find_capabilities
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http.call import RECOMMEND_PATH
from pytest_recsim.service.safety.ownership import (
    is_live_override,
    is_live_rule,
    is_our_override,
    is_our_rule,
)

T = TypeVar("T")
USUAL = {0: 0.1, 1: 0.3, 2: 0.7, 3: 1.0, 4: 0.2}
"""The service's own weights (contract 2.3), for a revision that does not say whose a weight is."""
FAILED_ON_THE_WAY = {"unreachable", "timeout", "dropped", "tls", "not_http"}


@dataclass(frozen=True)
class ServiceFacts:
    """What the service said about itself.

    Attributes:
        version: build time, as the service spells it.
        warnings: sentences about what is in the namespace, is not ours, survives resets and changes ranking.
        capabilities: what this revision can do.
    """

    version: str
    model_version: str
    git_commit: str
    health: str
    warnings: tuple[str, ...]
    capabilities: Capabilities


def preflight(service: Service) -> ServiceFacts:
    """Look at the service and its namespace without writing.

    Raises:
        InputError: one sentence with the URL and what to do about it.
    """
    health = _ask(service, "/health", service.health)
    if health.status != "ok":
        raise _refused(
            service, f"says it is `{health.status}`, not `ok`; wait until it is, or ask its owners"
        )
    version = _ask(service, "/version", service.version)
    _ask(service, "/v1/items", lambda: service.list_items(limit=1))
    capabilities = _ask(service, RECOMMEND_PATH, lambda: find_capabilities(service))
    return ServiceFacts(
        version=version.build_time,
        model_version=version.model_version,
        git_commit=version.git_commit,
        health=health.status,
        warnings=tuple(influences(service, service.clock(), capabilities)),
        capabilities=capabilities,
    )


def _ask(service: Service, path: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except ServiceError as error:
        raise _refused(service, _advice(path, error, embedded=bool(service.endpoint.token))) from None


def _refused(service: Service, what: str) -> InputError:
    return InputError(Problem(service.endpoint.base_url, f"{what}."))


def _advice(path: str, error: ServiceError, *, embedded: bool) -> str:
    said = error.sentence.rstrip(".")
    if error.status in {401, 403}:
        return f"does not accept the API key ({said}); set RECSYS_API_KEY to a key for this organisation"
    if error.code in {"missing_org_id", "invalid_org_id"}:
        return f"does not accept the organisation ({said}); give its UUID with --org-id"
    if error.code in FAILED_ON_THE_WAY:
        typed = "check --base-url, the network, and that the service runs"
        ours = "it is the embedded stand-in: look for what keeps this machine busy, then run again"
        return f"gives no answer ({said}); {ours if embedded else typed}"
    if (error.status or 0) >= 500:
        return f"is not healthy ({said}); wait until it is, or ask its owners"
    if error.status == 429:
        return f"turns requests away ({said}); try again in a minute"
    return f"does not answer {path} like a Recsys service ({said})" + (
        "" if embedded else "; check --base-url"
    )


def influences(service: Service, now: datetime, can: Capabilities) -> Iterator[str]:
    """Say what in the namespace is not ours and changes ranking at that moment: rules, overrides, segments, weights."""
    where = f"in namespace `{service.namespace}`"
    active = service.list_overrides(status="active") if can.overrides else []
    overrides = [found for found in active if is_live_override(found, now)]
    backing = {found.rule_id for found in overrides}
    for rule in service.list_rules() if can.rules else []:
        if is_live_rule(rule, now) and not is_our_rule(rule) and rule.rule_id not in backing:
            yield f"rule `{rule.name}` ({rule.action} on surface `{rule.surface}`) {where} is active and not ours."
    for found in overrides:
        if not is_our_override(found):
            on = f"{found.action} of `{found.item_id}` on surface `{found.surface}`"
            yield f"manual override {found.override_id} ({on}) {where} is active and not ours."
    for segment in service.segments() if can.segments else []:
        if segment.active:
            yield f"segment `{segment.segment_id}` {where} is active and may replace the knobs of its users."
    for kind in service.event_types() if can.event_types else []:
        if kind.source == "tenant" or (not kind.source and kind.weight != USUAL.get(kind.type, kind.weight)):
            yield f"event type {kind.type} has its own weight {kind.weight:g} here; events count differently."
