"""What scenarios see as ``sim``: a prepared simulation and the questions one may ask of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from pytest_recsim.data.input.instants import to_us
from pytest_recsim.data.input.problems import RecsimError
from pytest_recsim.data.profiles.documents import differing, without_secrets
from pytest_recsim.observe.quality import quality_asks
from pytest_recsim.plan.own import Metric
from pytest_recsim.record.asked import Limit
from pytest_recsim.record.comparison import Comparison
from pytest_recsim.record.quality import Figure, Noise, OwnFigure, Quality
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.measure.noise import REPEATS
from pytest_recsim.simulation.measure.traffic import error_figure, p95_figure
from pytest_recsim.simulation.session.asking import Asking
from pytest_recsim.simulation.session.catalogue import Catalogue
from pytest_recsim.simulation.session.custom_metrics import measure_once
from pytest_recsim.simulation.session.drift import drift
from pytest_recsim.simulation.session.ledger import entries, total_tally
from pytest_recsim.simulation.session.preparation import REPEATS_FILE, Prepared, prepare_once
from pytest_recsim.simulation.truth.applied import Applied, rules_off
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.expected_signals import ExpectedSignals
from pytest_recsim.simulation.truth.relevance import Truth


class SimulationFailed(RecsimError):  # noqa: N818 - told to the user as it is
    """The namespace could not be prepared; carries the one sentence that says why."""


class Simulation(Asking, Catalogue, Truth):
    """A session with its preparation. Questions are in :class:`Asking`, look-ups in :class:`Catalogue`, relevance in :class:`Truth`.

    Attributes:
        metrics: the user's own ones, announced by hooks.
    """

    metrics: Sequence[Metric] = ()

    @cached_property
    def _outcome(self) -> Prepared:
        return prepare_once(self)

    @property
    def prepared(self) -> Prepared:
        """The outcome of preparation; whoever comes first does the work.

        Raises:
            SimulationFailed: preparation failed, here or in another process of this run.
        """
        prepared = self._outcome
        if prepared.failure or prepared.seeded is None:
            raise SimulationFailed(prepared.failure)
        self.learn(prepared.seeded, prepared.admin, prepared.types)
        return prepared

    @property
    def world(self) -> Dataset:
        prepared = self.prepared
        assert prepared.seeded is not None  # prepared without failure
        return self.learn(prepared.seeded, prepared.admin, prepared.types)

    @property
    def applied(self) -> Applied:
        """For whom the profile is in effect."""
        return self.prepared.applied

    @property
    def rules_off(self) -> str:
        """Why no rule can be tried here: the service visibly evaluates none; empty where they are on or sent as on."""
        return rules_off(self.prepared.knobs)

    @property
    def quality(self) -> Quality:
        quality = self.prepared.quality
        assert quality is not None  # prepared without failure
        return quality

    @property
    def comparison(self) -> Comparison | None:
        """This run against the one that was named with ``--recsim-compare-to``; None where there is none."""
        return self.prepared.comparison

    @cached_property
    def lists(self) -> dict[str, Exchange]:
        """The quality lists by user id."""
        users = list(self.prepared.users)
        if [exchange.ask.user_id for exchange in self.asked] == users:
            return dict(zip(users, self.asked, strict=True))
        asks = quality_asks(self.plan, users, self.overrides)
        return dict(zip(users, self._load(self.context.folder / "lists.msgpack", asks), strict=True))

    @property
    def noise(self) -> dict[str, Noise]:
        """How equal answers to equal questions are, by user class: the floor of every comparison of two moments."""
        return self.prepared.noise

    @cached_property
    def repeats(self) -> dict[str, list[Exchange]]:
        """All answers to the quality question of the users that were asked several times, the quality list first."""
        users = self.prepared.asked_again
        asks = [self.lists[user].ask for user in users for _ in range(REPEATS)]
        again = self._load(self.context.folder / REPEATS_FILE, asks)
        return {
            user: [self.lists[user], *again[place * REPEATS : (place + 1) * REPEATS]]
            for place, user in enumerate(users)
        }

    @property
    def signals(self) -> ExpectedSignals | None:
        """What raw signals have to follow from the seeded events; None when those are not all that there is."""
        seeded = self.prepared.seeded
        if seeded is None or seeded.leak:
            return None
        return ExpectedSignals(self.world, to_us(self.service.clock()))

    def limit(self, key: str, segment: str | None = None) -> Limit:
        return self.plan.limit(key, segment)

    def knob(self, name: str) -> Any:
        return self.plan.knob(name)

    def rng(self, name: str) -> random.Random:
        return self.plan.rng(name)

    @property
    def probe_id(self) -> str | None:
        seeded = self.prepared.seeded
        return seeded.probe_id if seeded else None

    @property
    def probe_source(self) -> str | None:
        seeded = self.prepared.seeded
        return seeded.probe_source if seeded else None

    def unchanged(self, users: Sequence[str], surface: str) -> dict[str, Exchange]:
        """The profile's own lists on a surface without rules: the quality lists, which are the same question.

        Where something of other people's is in force the quality surface may be subject to it; then they are asked anew.
        """
        if self.context.influences:
            return self.recommend(users, surface=surface)
        return {user: self.lists[user] for user in users}

    @property
    def caps(self) -> tuple[int | None, int | None]:
        """Brand and category cap in effect, 0 for off, None where that is not known."""
        brand, category = map(self.world.effective.value, ("BRAND_CAP", "CATEGORY_CAP"))
        return brand, category

    def repeated(self, users: Sequence[str], times: int) -> dict[str, list[Exchange]]:
        """Ask the quality lists' question again, ``times`` times one after the other; the first list leads each.

        What preparation has asked again already counts among them and is not asked once more.
        """
        found = {user: self.repeats.get(user, [self.lists[user]])[: times + 1] for user in users}
        while short := [user for user in found if len(found[user]) <= times]:
            for user, again in self.recommend(short).items():
                found[user].append(again)
        return found

    @cached_property
    def own(self) -> dict[str, OwnFigure]:
        """The figures of the user's own metrics, measured once per run.

        Raises:
            SimulationFailed: preparation failed.
            InputError: the figures cannot be written.
        """
        _ = self.prepared
        return measure_once(self, self.metrics, self.applied)

    def answer_times(self, segment: str = "") -> Figure:
        """The 95th percentile of the quality lists' answer times in ms, of a segment or of everybody."""
        return p95_figure(self.plan, self.prepared.answer_times, segment)

    def failed_attempts(self) -> Figure:
        """The share of failed attempts among all recommendation requests of this run so far, in all processes."""
        self.flush()
        return error_figure(total_tally(entries(self.context.folder)))

    def changed_configuration(self) -> list[str]:
        """Return the members of the service's configuration that differ from what it was after seeding."""
        return differing(self.prepared.admin, without_secrets("", self.service.admin_config()))

    def changed_namespace(self) -> list[str]:
        """Return sentences about what others have changed in the namespace since it was seeded."""
        seeded = self.prepared.seeded
        assert seeded is not None  # prepared without failure
        context = self.context
        alone = context.plan.stand_in  # nobody else knows its address
        before = context.influences
        return drift(
            self.service,
            seeded,
            run_id=context.run_id,
            before=before,
            can=self.capabilities,
            rows=not alone,
        )
