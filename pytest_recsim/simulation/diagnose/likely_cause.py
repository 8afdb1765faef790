"""What most likely moved a number, read from the explain blocks and traces of the lists: a hint, never a proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pytest_recsim.plan.model import K
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.service.contract.wire import ScoredItem
from pytest_recsim.simulation.session.derived import OfLists
from pytest_recsim.simulation.session.simulation import Simulation
from pytest_recsim.simulation.truth.inferred import UserClass
from pytest_recsim.simulation.truth.knobs_in_effect import CLASS_KNOBS, explained

TOP = 10
MOSTLY = 0.9
OFTEN = 0.5
REORDERED = 0.3
CAVEAT = "(read from explain blocks and traces: a hint, not a proof)"
_PARTS = {"pop": "alpha", "cooc": "beta", "similarity": "gamma"}
_TRACED = {"cooc": "cooc", "similarity": "embedding"}
_NAMES = {"pop": "popularity", "cooc": "co-visitation", "similarity": "similarity", "tags": "the tag profile"}


@dataclass(frozen=True)
class Signs:
    """What the lists of some users have in common.

    Attributes:
        lists: how many.
        user_class: that of most of them.
        weights: alpha, beta, gamma and lambda as most answers show them.
        shares: signal (``tags`` is personalisation) -> mean share of the score of the first 10 items.
        silent: signal -> share of the answers in whose trace it is not available.
        short: lists with fewer than 10 items.
        reordered: share of neighbours among the first 10 of which the lower one has the higher score.
        candidates: mean number of candidates.
    """

    lists: int
    user_class: UserClass
    weights: dict[str, float]
    shares: dict[str, float]
    silent: dict[str, float]
    short: int
    reordered: float
    candidates: float

    def weight(self, part: str, set_knobs: Iterable[str]) -> str:
        """The knob behind a weight, with the value that the explain blocks show."""
        names = CLASS_KNOBS[self.user_class][part]
        name = next((one for one in names if one in set_knobs), names[-1])
        return f"{name}={self.weights.get(part, 0.0):g}"


def likely(sim: Simulation, about: str, segment: str) -> str:
    """Return the most likely reason for a failing number on the quality lists, empty when nothing stands out.

    Args:
        sim: the simulation.
        about: what the number is about, ``ranking`` or ``catalogue``; empty for nothing that these lists could show.
        segment: whose lists, empty for all.
    """
    if not about:
        return ""
    signs = _signs(sim, segment)
    if signs is None:
        return ""
    reason = next(_ranking(sim, signs) if about == "ranking" else _catalogue(sim, signs), "")
    return f"{reason} {CAVEAT}" if reason else ""


_READ: OfLists[dict[str, Signs | None]] = OfLists(lambda _: {})


def _signs(sim: Simulation, segment: str) -> Signs | None:
    """Return the signs of somebody's lists, read once however many numbers fail; None where there are none."""
    read = _READ(sim)
    if segment not in read:
        shown = [one for user, one in sim.lists.items() if segment in ("", sim.users[user].segment)]
        read[segment] = signs_of(sim, shown) if shown else None
    return read[segment]


def signs_of(sim: Simulation, shown: Sequence[Exchange]) -> Signs:
    """Read the signs out of some lists."""
    established = sum(map(sim.established_answer, shown))
    blends = Counter(tuple(sorted(parts.items())) for parts in map(explained, shown) if parts)
    neighbours = [pair for one in shown for pair in pairwise(one.answer.items[:TOP])]
    return Signs(
        lists=len(shown),
        user_class="established" if established * 2 >= len(shown) else "sparse",
        weights=dict(blends.most_common(1)[0][0]) if blends else {},
        shares=_shares(shown),
        silent=_silent(shown),
        short=sum(len(one.ids) < TOP for one in shown),
        reordered=_mean(upper.score < lower.score for upper, lower in neighbours),
        candidates=_mean(one.answer.trace.extras.policy.total_candidates for one in shown),
    )


def _ranking(sim: Simulation, signs: Signs) -> Iterator[str]:
    if signs.short * 2 >= signs.lists:
        yield f"{signs.short} of these {signs.lists} lists hold fewer than {TOP} items, so there is little to hit"
    yield from _unavailable(sim, signs)
    yield from _popularity(sim, signs)
    if signs.reordered >= REORDERED:
        yield (
            f"{signs.reordered:.0%} of the first {TOP} items stand above one with a higher score: "
            f"{signs.weight('lambda', sim.plan.knobs)} and the caps put variety before relevance"
        )


def _catalogue(sim: Simulation, signs: Signs) -> Iterator[str]:
    yield from _unavailable(sim, signs)
    yield from _popularity(sim, signs)
    available = len(sim.available)
    if signs.candidates < min(2 * K, available / 2):
        yield f"a list is chosen from {signs.candidates:.0f} candidates on average, of {available} available items"


def _unavailable(sim: Simulation, signs: Signs) -> Iterator[str]:
    for signal, share in sorted(signs.silent.items(), key=lambda pair: -pair[1]):
        part = _PARTS[signal]
        if share >= OFTEN and signs.weights.get(part, 0.0) > 0:
            yield (
                f"{_NAMES[signal]} is missing from {share:.0%} of these {signs.lists} answers, although "
                f"{signs.weight(part, sim.plan.knobs)}: no recent items to start from, or the signal failed"
            )


def _popularity(sim: Simulation, signs: Signs) -> Iterator[str]:
    if signs.shares.get("pop", 0.0) < MOSTLY:
        return
    others = [
        f"{_NAMES[signal]} {signs.shares[signal]:.0%} ({signs.weight(part, sim.plan.knobs)})"
        for signal, part in _PARTS.items()
        if signal != "pop"
    ]
    boost = sim.world.effective.value("PROFILE_BOOST")
    known = "" if boost is None else f" (PROFILE_BOOST={boost:g})"
    others.append(f"{_NAMES['tags']} {signs.shares['tags']:.0%}{known}")
    yield (
        f"popularity supplies {signs.shares['pop']:.0%} of the score of the first {TOP} items in these "
        f"{signs.lists} lists, {', '.join(others)}"
    )


def _shares(shown: Sequence[Exchange]) -> dict[str, float]:
    """Mean over the lists of each signal's share of the summed scores, before rules and reordering."""
    lists = [total for one in shown if (total := _contributions(one.answer.items[:TOP]))]
    return (
        {name: _mean(total[name] / sum(total.values()) for total in lists) for name in _NAMES}
        if lists
        else {}
    )


def _contributions(items: Sequence[ScoredItem]) -> dict[str, float]:
    total = dict.fromkeys(_NAMES, 0.0)
    for item in items:
        if item.explain is None or item.explain.blend is None:
            continue
        parts = {name: getattr(item.explain.blend.contrib, name) for name in _PARTS}
        for name, part in parts.items():
            total[name] += part
        if item.explain.personalization is not None:
            total["tags"] += (item.explain.personalization.boost_multiplier - 1) * sum(parts.values())
    return total if sum(total.values()) > 0 else {}


def _silent(shown: Sequence[Exchange]) -> dict[str, float]:
    """The trace names a signal only where it was asked for and had something to start from (contract 5.5)."""
    sent = [one.answer.trace.extras.signal_status for one in shown]
    states = [state for state in sent if state is not None]
    if not states:
        return {}  # an older revision does not say, and unknown is not missing
    return {
        part: _mean(not (name in state and state[name].available) for state in states)
        for part, name in _TRACED.items()
    }


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0
