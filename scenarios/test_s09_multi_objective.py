"""S9: margin can be bought with relevance.

Proves: one boost rule on high-margin products raises the margin of what is shown, step by step, and does not
pretend to raise relevance as well.
How: 30 established users, those with most relevant items first, lists of 20 by relevance alone (lambda 1,
caps off); one BOOST rule on the quarter with the best margin among the popular items; boost off, then 0.1,
0.2, 0.4, 0.8.
Passes when: every value shows, on every boosted item that is listed; mean margin never falls by more than
0.001 from step to step, spans at least `s9_min_margin_span`, and NDCG@10 is nowhere above the unboosted one
by more than `s9_ndcg_tolerance`. The loss of the first step is shown
and not judged: any boost, however small, jumps to the front of the list. The curve is drawn. NDCG counts all
relevant items, repeats included: on unseen ones alone 30 users give so few hits that chance decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import pstdev
from typing import TYPE_CHECKING, Any

import pytest

from pytest_recsim.simulation.checks.needs import (
    MARGIN_FEWEST,
    NO_MARGIN_SLOTS,
    PLAIN_USERS,
    few_boosted,
    few_margins,
    high_margin,
    margins,
)
from pytest_recsim.simulation.checks.subjects import (
    BLEND,
    PLAIN,
    boosts,
    established_with_truth,
    mean,
    none_of,
    score_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_recsim import Check, Exchange, Simulation

BOOSTS = (0.1, 0.2, 0.4, 0.8)
DIP = 0.001
ROUNDING = 0.0051
EXACT = 1e-6
QUESTION: dict[str, Any] = {"overrides": PLAIN}


@dataclass(frozen=True)
class Curve:
    """Lists, mean margin and NDCG@10 at every boost; 0 is without the rule.

    ``silent`` are boosts that do not show and so ended the climb, ``bare`` the lists with a boosted item that
    does not give the boost as a reason.
    """

    lists: dict[float, dict[str, Exchange]]
    margin: dict[float, float]
    ndcg: dict[float, float]
    ndcg_unseen: dict[float, float]
    silent: list[tuple[str, Exchange]]
    bare: list[tuple[str, Exchange]]

    def points(self) -> list[dict[str, float]]:
        columns = {"margin": self.margin, "ndcg": self.ndcg, "ndcg_unseen": self.ndcg_unseen}
        return [{"boost": b} | {name: column[b] for name, column in columns.items()} for b in self.lists]


def margin(sim: Simulation, lists: dict[str, Exchange]) -> float:
    """Mean margin over all slots whose item has one."""
    margins = (sim.items[item].margin for shown in lists.values() for item in shown.ids if item in sim.items)
    return mean(value for value in margins if value is not None)


def best_boosted(shown: Exchange, items: set[str]) -> float:
    return max((score_of(shown, item) for item in shown.ids if item in items), default=0.0)


def at_boost(rule_id: str, boost: float, items: set[str]) -> Callable[[Exchange], bool]:
    """A test for: this rule is at work with this value (its best item tells score x boost as reason).

    To an item that had no score, one that only the rule brought in, the boost itself is added (contract 8.5).
    """

    def shows(shown: Exchange) -> bool:
        best = max(
            (item for item in shown.ids if item in items), key=lambda item: score_of(shown, item), default=""
        )
        score, told = score_of(shown, best), boosts(shown, best).get(rule_id, float("nan"))
        possible = [score * boost / (1 + boost), *([boost] if abs(score - boost) <= EXACT else [])]
        return any(abs(told - added) <= ROUNDING for added in possible)

    return shows


def climb(sim: Simulation, users: list[str], unboosted: dict[str, Exchange], items: set[str]) -> Curve:
    """Raise the boost step by step, as far as boosts show at all, and measure every step."""
    surface, lists = sim.surface("s9"), {0.0: unboosted}
    silent: list[tuple[str, Exchange]] = []
    bare: list[tuple[str, Exchange]] = []
    terms: dict[str, Any] = {"action": "BOOST", "target_type": "ITEM", "item_ids": sorted(items)}
    with sim.rule(surface, "s9-margin", boost_value=BOOSTS[0], **terms) as rule:
        for boost in BOOSTS:
            if boost != BOOSTS[0]:
                rule.set(boost_value=boost)
            shows = at_boost(rule.rule_id, boost, items)
            lists[boost] = sim.settled(users, surface, shows, **QUESTION)
            bare += [
                (f"user {user}, boost {boost}", shown)
                for user, shown in lists[boost].items()
                if any(rule.rule_id not in boosts(shown, item) for item in items.intersection(shown.ids))
            ]
            if not shows(lists[boost][users[0]]):
                silent.append((f"user {users[0]}, boost {boost}", lists[boost][users[0]]))
                break
    return Curve(
        lists,
        {boost: margin(sim, answers) for boost, answers in lists.items()},
        {boost: sim.mean_ndcg(answers, "all")[0] for boost, answers in lists.items()},
        {boost: sim.mean_ndcg(answers, "unseen")[0] for boost, answers in lists.items()},
        silent,
        bare,
    )


@pytest.mark.scenario("S9")
def test_s09_margin_can_be_bought(sim: Simulation, check: Check) -> None:
    """A higher boost on high-margin items gives more margin, and no free relevance."""
    check.need(not sim.rules_off, sim.rules_off)
    known, everything = margins(sim)
    check.need(2 * known >= everything > 0, few_margins(known, everything))
    items = high_margin(sim)
    check.need(len(items) >= MARGIN_FEWEST, few_boosted(len(items)))
    users = established_with_truth(sim, check, PLAIN_USERS)
    unboosted = sim.once("plain", users, **QUESTION)  # S4 asks for the same lists
    slots = [item in items for shown in unboosted.values() for item in shown.ids]
    check.need(0 < sum(slots) < len(slots), NO_MARGIN_SLOTS)
    users.sort(key=lambda user: -best_boosted(unboosted[user], items))  # the one to poll sees one for sure
    curve = climb(sim, users, unboosted, items)

    check.show("boosted_items", sorted(items))
    check.show("curve", curve.points())
    check.show("first_step_ndcg_loss", curve.ndcg[0.0] - curve.ndcg[BOOSTS[0]])
    judge(sim, check, curve)


def by_chance(sim: Simulation, lists: dict[str, Exchange]) -> tuple[float, float]:
    """By how much mean margin and NDCG may differ between two steps merely because equal questions differ.

    Three standard deviations of the difference of two means: of slots whose item another answer lacks, and of
    users' NDCG from answer to answer. Both are 0 where established users get one list for one question.
    """
    noise = sim.noise["established"]
    slots = sum(len(shown.ids) for shown in lists.values())
    known = [float(margin) for item in sim.available if (margin := sim.items[item].margin) is not None]
    of_margin = pstdev(known) * sqrt(2 * noise.missing / max(1, slots))
    of_ndcg = sqrt(2 * noise.variances.get("ndcg (all)", 0.0) / max(1, len(lists)))
    return 3 * of_margin, 3 * of_ndcg


def judge(sim: Simulation, check: Check, curve: Curve) -> None:
    """Compare both curves with their limits."""
    shown = next(iter(curve.lists[max(curve.lists)].values()))
    users = len(curve.lists[0.0])
    steps = list(curve.margin.values())
    dip, rise = by_chance(sim, curve.lists[0.0])
    none_of(
        check,
        "boosts that do not show",
        curve.silent,
        n=len(curve.lists) - 1,
        definition=(
            "values of the rule after which a boosted item's reason does not tell score before x boost"
        ),
        knob=("RULES_ENABLE", "RULES_CACHE_REFRESH"),
    )
    none_of(
        check,
        "lists with boosted items without the boost",
        curve.bare,
        n=users * (len(curve.lists) - 1),
        definition="lists with an item of the rule that does not give it as a reason",
        knob="RULES_ENABLE",
    )
    check.at_most(
        "largest fall of mean margin between steps",
        max(earlier - later for earlier, later in pairwise(steps)),
        DIP + dip,
        n=users,
        definition=(
            f"mean margin over all slots at boosts {list(curve.margin)}: "
            f"{[round(m, 4) for m in steps]}; allowed {DIP} "
            f"and what chance makes ({dip:.2g})"
        ),
        knob="RULES_ENABLE",
        exchange=shown,
    )
    unapplied = sim.applied.unapplied(curve.lists[0.0])
    check.need(not unapplied, unapplied)
    check.at_least(
        "span of mean margin",
        max(steps) - min(steps),
        sim.limit("s9_min_margin_span"),
        n=users,
        definition=f"highest minus lowest mean margin over the steps {[round(m, 4) for m in steps]}",
        knob="RULES_ENABLE",
        advice="boost_value",
        exchange=shown,
    )
    check.at_most(
        "gain of NDCG@10 over the unboosted lists",
        max(value - curve.ndcg[0.0] for value in curve.ndcg.values()) - rise,
        sim.limit("s9_ndcg_tolerance"),
        n=sim.mean_ndcg(curve.lists[0.0], "all")[1],
        definition=(
            "highest NDCG@10 (all relevant items) at any boost minus the unboosted one "
            f"({curve.ndcg[0.0]:.4f}), less "
            f"what chance makes ({rise:.2g})"
        ),
        knob=("MMR_LAMBDA", *BLEND),
        advice="boosting by margin should not beat ranking by relevance",
        exchange=shown,
    )
