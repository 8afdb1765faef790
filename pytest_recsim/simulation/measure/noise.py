"""How equal answers to equal questions are: a few users of either class are asked their quality question again.

A service may answer the same question with other lists (contract 12.10, 18). Whatever compares two moments has that as
its floor: a difference that repeating the question makes too proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from random import Random

import numpy as np

from pytest_recsim.judge.noise import over_pairs, score_drift, shared, within_variance
from pytest_recsim.judge.ranking import rank_metrics
from pytest_recsim.judge.stability import overlap
from pytest_recsim.plan.model import K
from pytest_recsim.record.quality import Noise
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.inferred import UserClass
from pytest_recsim.simulation.truth.slates import observed

PER_CLASS = 6
REPEATS = 2
"""Asked anew, one after the other; with the quality list that makes three answers."""
CLASSES: dict[UserClass, str] = {"established": "established users", "sparse": "sparse and new users"}
DEFINITION = (
    "the quality list and its question asked again, one after the other: overlap = share of the {k} items that two "
    "answers have in common, agreement = average overlap of the first 1, 2, ... {k}, both as means over pairs of "
    "answers, then over users; score_drift = largest relative difference between two scores of one item of one user"
)

Answers = Mapping[str, Sequence[Exchange]]


def sampled_users(world: Dataset, exchanges: Sequence[Exchange], dice: Random) -> list[str]:
    """Up to six users of either class, from the segments in turn, the same in every run."""
    chosen: list[str] = []
    for wanted in (True, False):
        users = [x.ask.user_id for x in exchanges if x.ids and world.established_answer(x) is wanted]
        chosen += world.in_turn(users, dice)[:PER_CLASS]
    return chosen


def ask_again(
    first: Mapping[str, Exchange], users: Sequence[str], ask: Callable[[Sequence[Ask]], list[Exchange]]
) -> dict[str, list[Exchange]]:
    """Ask the users' quality questions again; the first list leads each user's answers."""
    rounds = [ask([first[user].ask for user in users]) for _ in range(REPEATS)]
    return {user: [first[user], *(again[place] for again in rounds)] for place, user in enumerate(users)}


def measure_noise(world: Dataset, answers: Answers) -> dict[str, Noise]:
    """Compare every user's answers, and put the users of a class together."""
    groups: dict[UserClass, dict[str, Sequence[Exchange]]] = {name: {} for name in CLASSES}
    for user, exchanges in answers.items():
        groups["established" if world.established_answer(exchanges[0]) else "sparse"][user] = exchanges
    return {name: _noise(world, name, group) for name, group in groups.items()}


def _noise(world: Dataset, name: UserClass, answers: Answers) -> Noise:
    if not answers:
        return Noise(reason=f"there are no {CLASSES[name]} with a list to ask for again")
    lists = [[exchange.ids for exchange in exchanges] for exchanges in answers.values()]
    common = [over_pairs(ids, partial(shared, k=K)) for ids in lists]
    alike = [over_pairs(ids, partial(overlap, k=K)) for ids in lists]
    moved = [
        score_drift([{item.item_id: item.score for item in one.answer.items} for one in exchanges])
        for exchanges in answers.values()
    ]
    return Noise(
        users=len(lists),
        times=len(lists[0]),
        overlap=float(np.mean(common)),
        lowest_overlap=min(common),
        agreement=float(np.mean(alike)),
        score_drift=max(moved),
        differing=sum(len(set(ids)) > 1 for ids in lists),
        variances=dict(_variances(world, list(answers.values()))),
        definition=DEFINITION.format(k=K),
    )


def _variances(world: Dataset, answers: Sequence[Sequence[Exchange]]) -> Iterable[tuple[str, float]]:
    """Within-user variances of both metrics under both relevance sets."""
    rounds = [observed(world, [exchanges[time] for exchanges in answers]) for time in range(len(answers[0]))]
    for which in ("unseen", "all"):
        found = [rank_metrics(table.lists, table.relevance(which)) for table in rounds]
        for metric in ("ndcg", "mrr"):
            variance, users = within_variance(np.column_stack([getattr(one, metric) for one in found]))
            if users:
                yield f"{metric} ({which})", variance


def differing_words(noise: Mapping[str, Noise]) -> list[str]:
    """Sentences about classes of users that do not get one list for one question, for the verdict."""
    return [
        f"{CLASSES[name]} get {_difference(found)}; {found.users} users asked {found.times} times)"
        for name in CLASSES
        if (found := noise.get(name)) and found.differing
    ]


def _difference(found: Noise) -> str:
    if found.lowest_overlap == 1:
        return f"the same items in another order for equal questions (rank agreement {found.agreement:.3f}"
    return (
        f"different lists for equal questions (mean overlap {found.overlap:.2f} of {K} items, "
        f"lowest {found.lowest_overlap:.2f}"
    )
