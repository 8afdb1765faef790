"""S4: the diversity knob works, at a price we can afford.

Proves: a lower `mmr_lambda` makes lists more varied, and the profile's own setting does not cost too much.
How: 30 established users (new and sparse users may have a forced setting), those with most relevant items
first; lists of 20, similarity of plain tags; NDCG over all relevant items, repeats included (on unseen ones
alone 30 users give too few hits to tell a price from chance).
Direction: lambda 0.5 against 1.0, caps off. Price: NDCG@10 of the profile's own lists against the same with
lambda 1.0. Lambda 0 is never sent: it means "off" or "nothing but diversity", depending on the caps.
Passes when: similarity at 0.5 is at most 0.9 x that at 1.0, and the loss of NDCG is within
`s4_max_ndcg_loss`. Where it is
not, long lists are asked for too: what the contract's own selection could not vary either is not measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_recsim.simulation.checks.diversity import possible_ratio
from pytest_recsim.simulation.checks.needs import HITS, NO_SHARED_TAG, PLAIN_USERS, few_hits
from pytest_recsim.simulation.checks.subjects import CAPS_OFF, PLAIN, established_with_truth, mean, similarity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_recsim import Check, Exchange, Simulation

LENGTH, CANDIDATES = 20, 100
LOWER = 0.5
LESS_SIMILAR = 0.9


def judge_direction(sim: Simulation, check: Check, users: list[str]) -> None:
    """Measure similarity at lambda 0.5 against 1.0, caps off."""
    varied = sim.once("s4", users, overrides=CAPS_OFF | {"mmr_lambda": LOWER})
    plain = sim.once("plain", users, overrides=PLAIN)
    low, high = (mean(similarity(sim, shown) for shown in lists.values()) for lists in (varied, plain))
    check.show("similarity", {"lambda 0.5": low, "lambda 1.0": high})
    check.show("price", [point(sim, "lambda 1.0", plain), point(sim, "lambda 0.5", varied)])
    check.need(high > 0, NO_SHARED_TAG)
    need_room(sim, check, users, low, high)
    worst = max(users, key=lambda user: similarity(sim, varied[user]))
    check.at_most(
        "similarity at lambda 0.5 relative to 1.0",
        low / high,
        LESS_SIMILAR,
        n=len(users),
        definition=(
            f"mean pairwise Jaccard of plain tags over 20 items, caps off: {low:.4f} against {high:.4f}"
        ),
        knob=("MMR_LAMBDA", "POPULARITY_FANOUT"),
        who=f"{len(users)} established users, most similar for user {worst}",
        exchange=varied[worst],
    )


def point(sim: Simulation, name: str, lists: Mapping[str, Exchange]) -> dict[str, Any]:
    """How alike the items of these lists are, and how relevant: a point of the picture of the price."""
    alike = mean(similarity(sim, shown) for shown in lists.values())
    return {"lists": name, "similarity": alike, "ndcg": sim.mean_ndcg(lists, "all")[0]}


def need_room(sim: Simulation, check: Check, users: list[str], low: float, high: float) -> None:
    """Where lists hardly vary, ask whether they could: few candidates or tags too alike leave no room."""
    if low <= LESS_SIMILAR * high:
        return
    candidates = sim.recommend(users, k=CANDIDATES, surface=sim.surface("s4"), overrides=PLAIN)
    could = possible_ratio(sim, list(candidates.values()), LOWER, LENGTH)
    check.show("possible_similarity_ratio", could)
    check.need(
        could <= LESS_SIMILAR,
        "these candidates cannot be varied: by the contract's own selection lists would be "
        f"{could:.2f} x as similar "
        f"at lambda {LOWER} as at 1.0, at most {LESS_SIMILAR} is asked for (too few items, or "
        "tags too alike)",
        next_step="add available items, or plain tags that tell them apart",
        cause="tags",
    )


def judge_price(sim: Simulation, check: Check, users: list[str]) -> None:
    """Measure what the profile's own lambda costs in relevance."""
    own = {user: sim.lists[user] for user in users}
    asked_already = sim.caps == (0, 0)  # then relevance alone is the same question
    plain = (
        sim.once("plain", users, overrides=PLAIN)
        if asked_already
        else sim.recommend(users, overrides={"mmr_lambda": 1.0})
    )
    kept, counted, _ = sim.mean_ndcg(own, "all")
    free, _, hits = sim.mean_ndcg(plain, "all")
    against = [] if asked_already else [point(sim, "profile at lambda 1.0", plain)]
    check.show("price", [*check.shown["price"], *against, point(sim, "profile", own)])
    check.show("ndcg", {"profile": kept, "lambda 1.0": free, "users": counted, "users above 0": hits})
    unseen = {"profile": sim.mean_ndcg(own, "unseen")[0], "lambda 1.0": sim.mean_ndcg(plain, "unseen")[0]}
    check.show("ndcg_unseen", unseen)
    unapplied = sim.applied.unapplied(users)
    check.need(not unapplied, unapplied)
    check.need(hits >= HITS, few_hits(hits, len(users)))
    check.at_most(
        "loss of NDCG@10 through diversification",
        1 - kept / free,
        sim.limit("s4_max_ndcg_loss"),
        n=counted,
        definition=f"1 - NDCG@10 of the profile's lists ({kept:.4f}) / at lambda 1.0 ({free:.4f})",
        knob="MMR_LAMBDA",
        who=f"{len(users)} established users",
        exchange=own[users[0]],
    )


@pytest.mark.scenario("S4")
def test_s04_lower_lambda_diversifies(sim: Simulation, check: Check) -> None:
    """Lists get more varied when lambda falls, and the profile's setting is affordable."""
    users = established_with_truth(sim, check, PLAIN_USERS)
    judge_direction(sim, check, users)
    judge_price(sim, check, users)
