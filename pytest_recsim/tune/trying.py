"""One trial: its users asked rung by rung, its lists measured, and a word on why it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec.structs import replace

from pytest_recsim.apply.reach import request_overrides
from pytest_recsim.clock import monotonic
from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.judge import PADDING, UNKNOWN
from pytest_recsim.observe.quality import quality_asks
from pytest_recsim.plan.model import K, Plan
from pytest_recsim.record.trial import Goal, Held, Measured
from pytest_recsim.record.tune import Expected
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.session.preparation import by_class
from pytest_recsim.simulation.truth.applied import Applied, applied
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.inferred import Signs
from pytest_recsim.simulation.truth.knobs_in_effect import KnobsInEffect, knob_table
from pytest_recsim.simulation.truth.slates import Lists, Slates
from pytest_recsim.simulation.truth.tastes import Tastes
from pytest_recsim.tune.estimating import Contrast, Estimate
from pytest_recsim.tune.guards import AVAILABILITY, COLD_START, HARM, PRICE, Guard, held_by
from pytest_recsim.tune.moving import by_check, shifted
from pytest_recsim.tune.places import Asker
from pytest_recsim.tune.pricing import KNOB, PLAIN, is_plain, price
from pytest_recsim.tune.questions import Heard, Questions
from pytest_recsim.tune.reading import Reading
from pytest_recsim.tune.spreads import spread_of, spread_of_harm

EVIDENCE = 120
"""Answers that are kept with everything they show of the knobs; of the others the first item is enough."""


def positions(world: Dataset, exchange: Exchange) -> Lists:
    """Return an answer's items as positions, padded, ``int32[20]``."""
    row = np.full(K, PADDING, dtype=np.int32)
    ids = exchange.ids[:K]
    row[: len(ids)] = [world.fixture.item_index.get(item, UNKNOWN) for item in ids]
    return row


@dataclass(frozen=True)
class Ground:
    """What all trials stand on.

    Attributes:
        plan: the starting plan on the tuning slice.
        world: the start's data set.
        admin: the service's configuration as read after seeding.
        rules: whether the service evaluates rules, None where that is unknown.
        users: everybody that is asked, in the order of asking.
        ends: after how many users a trial is looked at; all of them last.
        start: the start's lists in that order.
        questions: with the answers that are known.
        plain: whose lists at plain relevance tell what diversity costs; nobody where trials are not held to that.
        goals, guards, harm: what is made better, and what must hold.
    """

    plan: Plan
    world: Dataset
    admin: Mapping[str, Any]
    rules: bool | None
    users: tuple[str, ...]
    ends: tuple[int, ...]
    start: Reading
    questions: Questions
    plain: tuple[str, ...]
    goals: tuple[Goal, ...]
    guards: tuple[Guard, ...]
    harm: float

    def of(self, plan: Plan) -> Dataset:
        """The data set under a trial's knobs."""
        world = self.world
        return Dataset(
            plan, world.material, KnobsInEffect(plan, self.admin), world.shift_us, world.now_us, world.types
        )


class Attempt:
    """A trial while it is measured.

    Args:
        ground: what it stands on.
        plan: with its knobs.
        expected: how margins move from here to a run; nothing where no other study told.
    """

    def __init__(self, ground: Ground, plan: Plan, expected: Sequence[Expected] = ()) -> None:
        self._ground, self.plan = ground, plan
        self._expected = by_check(expected)
        self._world = ground.of(plan)
        self._overrides = request_overrides(plan)
        self._heard: list[Heard] = []
        self._price: tuple[Estimate, float | None] | None = None
        self.asked = self.shared = 0
        self._began = monotonic()

    def ask(self, end: int, asker: Asker) -> None:
        """Get the lists of the users up to a rung's end.

        Raises:
            InputError, ServiceError: see ``Places``.
        """
        users = self._ground.users[len(self._heard) : end]
        found, fresh = self._answers(users, asker, self._overrides)
        self._heard += found
        self.shared += len(users) - fresh

    def ask_price(self, asker: Asker) -> None:
        """Get the lists that tell what diversity costs; once for each trial."""
        users = self._ground.plain
        if users and self._price is None:
            own, _ = self._answers(users, asker, self._overrides)
            plain = own
            if not is_plain(self.plan):
                plain, _ = self._answers(users, asker, {**self._overrides, **PLAIN}, about=KNOB)
            lists = [np.stack([one.items for one in heard]) for heard in (own, plain)]
            self._price = price(self._world, users, *lists)

    def _answers(
        self, users: Sequence[str], asker: Asker, overrides: Mapping[str, Any], about: str = ""
    ) -> tuple[list[Heard], int]:
        """Answers in the order of the users, and how many had to be asked for: what was answered before is not asked again."""
        keys = self._ground.questions.keys(self.plan, users, about)
        known = [self._ground.questions.known(key) for key in keys]
        wanted = [user for user, heard in zip(users, known, strict=True) if heard is None]
        exchanges: list[Exchange] = []
        if wanted:
            exchanges, sent = asker(quality_asks(self.plan, wanted, overrides))
            self.asked += sent
        fresh, found = iter(exchanges), list[Heard]()
        for key, heard in zip(keys, known, strict=True):
            one = heard or self._kept(next(fresh), len(found))
            if heard is None:
                self._ground.questions.remember(key, one)
            found.append(one)
        return found, len(wanted)

    def _kept(self, exchange: Exchange, place: int) -> Heard:
        everything = len(self._heard) + place < EVIDENCE
        return heard_of(self._world, exchange, everything=everything)

    def contrast(self, near: Reading | None = None) -> Contrast:
        """The lists so far against the start's; ``near`` are others of all users, more like these than the start's."""
        start, rows = self._ground.start, np.arange(len(self._heard))
        lists = np.stack([one.items for one in self._heard])
        table = Slates(self._world, start.table.rows[: len(rows)], lists)
        clamped = int(self._world.effective.value("RECOMMENDATION_MAX_K") or 0)
        now = Reading(table, clamped, self._applied())
        whole = len(rows) == len(start.table.rows)
        before = start if whole else start.at(rows)
        if near is None or near is start or whole:  # of all users nothing has to be estimated
            return Contrast(start, before, now, start, before)
        return Contrast(start, before, now, near, near.at(rows))

    def _applied(self) -> Applied:
        """For whom the trial's knobs are in effect."""
        users = self._ground.users[: len(self._heard)]
        shown = [one.exchange for one in self._heard if one.exchange is not None]
        if self.plan.mode.stand_in_only or not shown:
            return Applied(users)
        world, evidence = self._world, shown[:EVIDENCE]
        signs = Signs(
            popular=(int(world.offered.sum()), int(world.offerable.sum())),
            boostable=Tastes(world).boostable,
            rules=self._ground.rules,
        )
        rows = knob_table(self.plan, self._ground.admin, by_class(world, evidence), signs)
        return replace(applied(world, rows, shown), users=users)

    def measured(self, contrast: Contrast) -> tuple[Measured, list[tuple[Held, Estimate]], Estimate]:
        """What was measured, everything that must hold with its estimate, and the first goal's."""
        found_held = _held(self._ground, contrast, self._price)
        held = [(shifted(one, self._expected), estimate) for one, estimate in found_held]
        goals = {goal.metric: contrast.number(METRICS[goal.metric]) for goal in self._ground.goals}
        found = Measured(
            users=len(self._heard),
            of=len(self._ground.users),
            goals={name: one.value for name, one in goals.items()},
            held=tuple(one for one, _ in held),
            gains=tuple(contrast.gains()),
            changed=contrast.changed(),
            asked=self.asked,
            shared=self.shared,
            seconds=round(monotonic() - self._began, 3),
        )
        return found, held, goals[self._ground.goals[0].metric]


def heard_of(world: Dataset, exchange: Exchange, *, everything: bool) -> Heard:
    """Return what is kept of an answer."""
    shown = None
    if not world.plan.mode.stand_in_only:
        answer = exchange.answer if everything else replace(exchange.answer, items=exchange.answer.items[:1])
        shown = Exchange(
            exchange.ask,
            answer,
            exchange.seconds,
            exchange.url,
            exchange.org_id,
            exchange.namespace,
            exchange.keyed,
        )
    return Heard(positions(world, exchange), shown)


def _held(
    ground: Ground, contrast: Contrast, priced: tuple[Estimate, float | None] | None
) -> Iterable[tuple[Held, Estimate]]:
    for guard in ground.guards:
        if guard.check == PRICE:
            estimate, spread = priced or (Estimate(None, reason="nobody was asked at plain relevance"), None)
            yield held_by(guard, estimate, spread), estimate
            continue
        if guard.check == AVAILABILITY:
            found = contrast.now.unavailable()
            estimate = Estimate(found.value, reason=found.reason)
        elif guard.check == COLD_START:
            estimate = contrast.first_hits(guard.case)
        elif guard.metric is None:
            estimate = Estimate(None, reason="a trial does not measure custom metrics")
        else:
            estimate = contrast.number(guard.metric, guard.case)
        yield held_by(guard, estimate, spread_of(contrast, guard, estimate.value)), estimate
    for segment in _segments(contrast):
        found_harm = contrast.harm(segment)
        value = found_harm.value
        yield (
            Held(
                check=HARM,
                case=segment,
                label="loss of NDCG@10 against the start",
                threshold=ground.harm,
                value=value,
                margin=None if value is None else value - ground.harm,
                spread=None if value is None else spread_of_harm(contrast, segment),
                reason=found_harm.reason if value is None else "",
            ),
            found_harm,
        )


def _segments(contrast: Contrast) -> Sequence[str]:
    """Segments in which anybody has relevant events: of the others nothing can be lost."""
    start, ndcg = contrast.start, METRICS["ndcg"]
    return [
        name
        for name in start.table.world.plan.fixture.segments
        if (~np.isnan(start.values(ndcg)[start.kept(name)])).any()
    ]
