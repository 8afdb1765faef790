"""Customers as arrays, with a known true lift: what asking may stop early on, without any service."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_recsim.judge.held import Held, Population
from pytest_recsim.judge.stopping import Stopping
from pytest_recsim.judge.verdict import Rule
from pytest_recsim.observe.rounds import next_round

THRESHOLD, COVERAGE, TAIL, K = 0.1, 0.6, 0.2, 20
CLEAR = 0.3
"""A world is clear when every true lift is at least so far from the threshold."""


@dataclass(frozen=True)
class World:
    """Everybody with everything that they would answer.

    Attributes:
        population: who may be asked.
        mine: ``float64[N, 2]``, NDCG@10 and MRR@10 of the service's lists.
        lists: ``int32[N, 20]``.
        lifts: the true lift of every segment, over very many users like these.
        tail: the true long-tail share.
    """

    population: Population
    mine: np.ndarray
    lists: np.ndarray
    lifts: tuple[float, ...]
    tail: float

    @property
    def clear(self) -> bool:
        return all(abs(lift - THRESHOLD) >= CLEAR - 1e-9 for lift in self.lifts)

    def checks(self, rule: Rule = "point") -> list[Held]:
        """Those of a run: the catalogue's, and two lifts per segment."""
        lifts = [
            Held("lift", THRESHOLD, stratum=segment, column=column, rule=rule)
            for segment in range(len(self.lifts))
            for column in range(2)
        ]
        return [Held("full", 0.95), Held("coverage", COVERAGE), Held("tail", TAIL), *lifts]


def draw_world(seed: int, most: int = 60_000) -> World:
    """Draw a customer: every second one is clear, a fifth of those has a segment that is worse than its threshold."""
    dice = np.random.default_rng(seed)
    segments = int(dice.integers(2, 7))
    sizes = np.exp(dice.uniform(np.log(200), np.log(20_000), segments)).astype(int)
    sizes = np.maximum(20, (sizes * min(1.0, most / sizes.sum())).astype(int))
    if seed % 2 == 0:
        lifts = THRESHOLD + dice.uniform(CLEAR, 1.0, segments)
        if seed % 10 == 0:
            lifts[dice.integers(segments)] = THRESHOLD - dice.uniform(CLEAR, 0.7)
    else:
        lifts = THRESHOLD + dice.uniform(-CLEAR, CLEAR, segments)
    strata = np.repeat(np.arange(segments), sizes)
    popular, mine = _metrics(dice, lifts[strata])
    items = int(dice.integers(300, 3000))
    lists, head, tail = _lists(dice, len(strata), items)
    room = np.full(len(strata), items)
    people = Population(strata, popular, room, np.ones(items, dtype=bool), head, K)
    return World(people, mine, lists, tuple(map(float, lifts)), tail)


def _metrics(dice: np.random.Generator, lifts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """NDCG@10 and MRR@10 of both lists per user: who is hit, and at which place; the places are alike for both."""
    n, rate, together = (
        len(lifts),
        float(dice.uniform(0.1, 0.45)),
        dice.random(len(lifts)) < dice.uniform(0, 0.7),
    )
    wanted = np.minimum(rate * (1 + lifts), 1.0)
    hit = dice.random(n) < rate
    more, fewer = (wanted - rate) / (1 - rate), wanted / rate
    tied = np.where(wanted >= rate, hit | (dice.random(n) < more), hit & (dice.random(n) < fewer))
    won = np.where(together, tied, dice.random(n) < wanted)
    size = dice.uniform(0.4, 1.0, n)
    both = []
    for found in (hit, won):
        place = np.minimum(dice.geometric(0.2, n), 10)
        both.append(np.column_stack([found * size / np.log2(place + 1), found / place]))
    nobody = dice.random(n) < 0.1
    for values in both:
        values[nobody] = np.nan
    return both[0], both[1]


def _lists(dice: np.random.Generator, users: int, items: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Lists from a popularity of their own; in every fourth world a part of the catalogue is never shown."""
    shown = int(items * (dice.uniform(0.3, 0.55) if dice.random() < 0.25 else 1.0))
    chances = 1.0 / np.arange(1, shown + 1) ** dice.uniform(0.2, 0.9)
    chances = dice.permutation(chances / chances.sum()) if dice.random() < 0.3 else chances / chances.sum()
    lists = np.searchsorted(np.cumsum(chances), dice.random((users, K))).clip(0, shown - 1).astype(np.int32)
    head = np.zeros(items, dtype=bool)
    head[: int(np.ceil(items / 5))] = True
    return lists, head, float(chances[~head[:shown]].sum())


def asked(world: World, checks: list[Held], seed: int) -> Stopping:
    """Ask as a run does, until everything is decided or everybody has been asked."""
    dice, stopping, people = (
        np.random.default_rng([seed, 1]),
        Stopping(world.population, checks),
        world.population,
    )
    left = {
        str(segment): dice.permutation(np.flatnonzero(people.strata == segment)).tolist()
        for segment in range(len(world.lifts))
    }
    sizes, wanted = {name: len(rows) for name, rows in left.items()}, None
    while any(left.values()):
        if stopping.asked:
            still = [checks[place] for place in stopping.look()]
            if not still:
                break
            if wanted is not None or all(one.kind == "lift" for one in still):
                wanted = sorted({str(one.stratum) for one in still})
        there = {name: len(rows) for name, rows in left.items()}
        counts = next_round(there, {name: sizes[name] - there[name] for name in sizes}, wanted)
        if not all(there[name] for name in wanted or ()):
            counts = there
        rows = np.array([left[name].pop() for name, count in counts.items() for _ in range(count)])
        stopping.take(rows, world.mine[rows], world.lists[rows], whole=wanted is None)
    stopping.look()
    return stopping
