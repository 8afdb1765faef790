"""Knobs that answers do not name but give away: the personal boost, the fanout, the starter profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pytest_recsim.plan.model import Plan
from pytest_recsim.service.ask import Exchange

UserClass = Literal["established", "sparse"]
ENOUGH = 10  # answers without a sign of the boost that prove it is off
STARTERS = frozenset(
    ["electronics", "books", "home", "fashion", "beauty", "gourmet", "fitness", "outdoors"]
)  # contract 12.5


def inferred(
    plan: Plan, seen: Mapping[UserClass, Iterable[Exchange]], popular: int | None
) -> dict[str, tuple[Any, str]]:
    """Return knob -> value in effect and where it was seen, for the knobs of the plan that answers give away.

    Args:
        plan: what is asked for.
        seen: answers at level ``numeric`` or ``full``.
        popular: how many items popularity can offer, None if unknown.
    """
    found: dict[str, tuple[Any, str]] = {}
    rich, poor = list(seen.get("established", ())), list(seen.get("sparse", ()))
    if "PROFILE_BOOST" in plan.knobs and (boost := _boost(plan, rich)) is not None:
        found["PROFILE_BOOST"] = (boost, "explain, factor of personalisation")
    for name, answers in (("POPULARITY_FANOUT", rich), ("NEW_USER_POP_FANOUT", poor)):
        if name in plan.knobs and (fanout := _fanout(plan.knobs[name].value, answers, popular)) is not None:
            found[name] = (fanout, "trace, candidates from popularity")
    if "PROFILE_STARTER_PRESETS" in plan.knobs:
        asked = plan.knobs["PROFILE_STARTER_PRESETS"].value
        if (starter := _starter(asked, poor)) is not None:
            found["PROFILE_STARTER_PRESETS"] = (starter, "trace, starter profile of users without history")
    return found


def _boost(plan: Plan, answers: list[Exchange]) -> float | None:
    """The boost that the factors of personalisation follow; the first that differs from the one asked for."""
    least = plan.knob("PROFILE_MIN_EVENTS_FOR_BOOST") or 0
    asked, followed, told = float(plan.knobs["PROFILE_BOOST"].value), 0, 0
    for overlap, factor, anchors in _personal(answers):
        told += 1
        if anchors < least or overlap <= 0:  # damped, as for sparse users (contract 12.7)
            continue
        followed += 1
        if abs((factor - 1) - asked * overlap) > 1e-6 * max(1.0, factor):
            return round((factor - 1) / overlap, 6)
    if followed:
        return asked
    return 0.0 if not told and len(answers) >= ENOUGH else None


def _personal(answers: Iterable[Exchange]) -> Iterator[tuple[float, float, int]]:
    """Overlap, factor and number of anchors of every item that a boost moved."""
    for exchange in answers:
        for item in exchange.answer.items:
            if item.explain is not None and item.explain.personalization is not None:
                told = item.explain.personalization
                yield told.overlap, told.boost_multiplier, len(item.explain.anchors)


def _fanout(asked: Any, answers: Iterable[Exchange], popular: int | None) -> int | None:
    """How many candidates popularity gave; the value asked for where it gave all that there are of it."""
    if asked is None or popular is None:
        return None
    counts = {
        sources["popularity"].count
        for exchange in answers
        if "popularity" in (sources := exchange.answer.trace.extras.candidate_sources)
    }
    expected = min(int(asked), popular)
    return next((count for count in sorted(counts) if count != expected), int(asked)) if counts else None


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
