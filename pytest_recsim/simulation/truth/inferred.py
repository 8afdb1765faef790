"""Knobs that answers do not name but give away: the personal boost, the fanout, the starter profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pytest_recsim.plan.model import Plan
from pytest_recsim.service.contract.ask import Exchange

UserClass = Literal["established", "sparse"]
ENOUGH = 10  # answers without a sign of the boost, where there had to be one, that prove it is off
UNSET_FANOUT = 1000
"""What sparse and new users get at least where NEW_USER_POP_FANOUT is not set (contract 12.2)."""
STARTERS = frozenset(
    ["electronics", "books", "home", "fashion", "beauty", "gourmet", "fitness", "outdoors"]
)  # contract 12.5


@dataclass(frozen=True)
class Signs:
    """What has to be known about data and service to read knobs out of answers. Nothing known: nothing is read.

    Attributes:
        popular: how many items popularity offers at least, and at most.
        boostable: whether a list holds an item that the personal boost has to move, unless it is off.
        rules: whether the service evaluates rules at all, None when it does not say.
    """

    popular: tuple[int, int] | None = None
    boostable: Callable[[Exchange], bool] = lambda _: False
    rules: bool | None = None


class InEffect(Protocol):
    """The part of ``Effective`` that is used here."""

    @property
    def plan(self) -> Plan: ...

    @property
    def min_events(self) -> int: ...

    def value(self, name: str) -> Any: ...

    def known(self, name: str) -> bool: ...


def inferred(
    effective: InEffect, seen: Mapping[UserClass, Iterable[Exchange]], signs: Signs
) -> dict[str, tuple[Any, str]]:
    """Return knob -> value in effect and where it was seen, for the knobs that answers give away.

    Args:
        effective: what is asked for, and what is known of the service's own values.
        seen: answers at level ``numeric`` or ``full``.
        signs: what the answers have to be held against.
    """
    plan = effective.plan
    found: dict[str, tuple[Any, str]] = {}
    rich, poor = list(seen.get("established", ())), list(seen.get("sparse", ()))
    if "PROFILE_BOOST" in plan.knobs and (boost := _boost(effective, rich, signs)) is not None:
        found["PROFILE_BOOST"] = (boost, "explain, factor of personalisation")
    for name, asked, answers in (
        ("POPULARITY_FANOUT", plan.knob("POPULARITY_FANOUT"), rich),
        ("NEW_USER_POP_FANOUT", asked_of_sparse(plan), poor),
    ):
        if asked is not None and (fanout := _fanout(effective, asked, answers, signs.popular)) is not None:
            found[name] = (fanout, "trace, candidates from popularity")
    if "PROFILE_STARTER_PRESETS" in plan.knobs:
        presets = plan.knobs["PROFILE_STARTER_PRESETS"].value
        if (starter := _starter(presets, poor)) is not None:
            found["PROFILE_STARTER_PRESETS"] = (starter, "trace, starter profile of users without history")
    return found


def asked_of_sparse(plan: Plan) -> int | None:
    """The fanout that the profile means sparse and new users to have; None when it does not say."""
    own, general = plan.knob("NEW_USER_POP_FANOUT"), plan.knob("POPULARITY_FANOUT")
    if own is not None:
        return int(own)
    return None if general is None else max(int(general), UNSET_FANOUT)


def _boost(effective: InEffect, answers: list[Exchange], signs: Signs) -> float | None:
    """The boost that the factors of personalisation follow; the first that differs from the one asked for."""
    least = effective.min_events  # the service's own where it was not sent: it decides who is damped
    asked, followed, told = float(effective.plan.knobs["PROFILE_BOOST"].value), 0, 0
    for overlap, factor, anchors in _personal(answers):
        told += 1
        if anchors < least or overlap <= 0:  # damped, as for sparse users (contract 12.7)
            continue
        followed += 1
        if abs((factor - 1) - asked * overlap) > 1e-6 * max(1.0, factor):
            known = effective.known("PROFILE_MIN_EVENTS_FOR_BOOST")
            return round((factor - 1) / overlap, 6) if known else None
    if followed:
        return asked
    return 0.0 if not told and sum(map(signs.boostable, answers)) >= ENOUGH else None


def _personal(answers: Iterable[Exchange]) -> Iterator[tuple[float, float, int]]:
    """Overlap, factor and number of anchors of every item that a boost moved."""
    for exchange in answers:
        for item in exchange.answer.items:
            if item.explain is not None and item.explain.personalization is not None:
                told = item.explain.personalization
                yield told.overlap, told.boost_multiplier, len(item.explain.anchors)


def _fanout(
    effective: InEffect, asked: int, answers: Iterable[Exchange], popular: tuple[int, int] | None
) -> int | None:
    """How many candidates popularity gave; the value asked for where it gave what that, cut by the limits, makes.

    Where a limit of the service is not known, fewer candidates say nothing about the fanout.
    """
    if popular is None:
        return None
    told = [
        (sources["popularity"].count, _cut(effective, int(asked), exchange.ask.k))
        for exchange in answers
        if "popularity" in (sources := exchange.answer.trace.extras.candidate_sources or {})
    ]
    fewest, most = popular
    wrong = {count for count, cut in told if not min(cut, fewest) <= count <= min(cut, most)}
    if not wrong:
        return int(asked) if told else None
    limits_known = effective.known("RECOMMENDATION_MAX_FANOUT") and effective.known("RECOMMENDATION_MAX_K")
    return min(wrong) if limits_known or min(wrong) > asked else None


def _cut(effective: InEffect, fanout: int, k: int) -> int:
    """The fanout raised to k and cut by the service's limits (contract 12.3)."""
    length = min(k, int(effective.value("RECOMMENDATION_MAX_K") or k))
    raised = max(fanout, length)
    return min(raised, int(effective.value("RECOMMENDATION_MAX_FANOUT") or raised))


def _starter(asked: Any, answers: Iterable[Exchange]) -> Any:
    """The presets asked for when newcomers carry a starter profile as they say; an empty table when one does not."""
    wanted = (asked or {}).get("new_users") or {}
    if not any(category in STARTERS and weight > 0 for category, weight in wanted.items()):
        return None
    extras = [exchange.answer.trace.extras for exchange in answers]
    newcomers = [one for one in extras if one.recent_event_count == 0]
    if not newcomers:
        return None
    return asked if all(one.starter_profile for one in newcomers) else {}
