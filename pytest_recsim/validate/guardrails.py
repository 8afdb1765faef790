"""Which guardrails will be measured: the run's own formulas, over the shortest and the longest lists that there can be."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.data.guardrails.metric_table import GUARDED
from pytest_recsim.judge.lift import Lift, LiftRules, before_draws
from pytest_recsim.record.quality import RelevanceName
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.checks.cases import check_of, places
from pytest_recsim.simulation.checks.subjects import NOBODY
from pytest_recsim.simulation.measure.basis import Basis
from pytest_recsim.simulation.measure.figures import Figures, figures_of
from pytest_recsim.simulation.measure.lifts import LIFTED, Compared, compared_of
from pytest_recsim.simulation.measure.traffic import P95_LEAST
from pytest_recsim.simulation.truth.slates import Slates
from pytest_recsim.validate.foreseen import Foreseen
from pytest_recsim.validate.lengths import Lengths
from pytest_recsim.validate.needing import Foretold, Need, foretold
from pytest_recsim.validate.scenarios import something_listed

OF_CONTENT = frozenset({"repeat_hit_share"})
"""Whether they have a value hangs on what is listed, not only on how much."""
OWN = Reason("only its function can tell", "custom", "run once, and see what it returns on these data")
EARLIER = Reason(
    "the run that is compared with decides",
    next_step="name one with --recsim-compare-to, and look at its report",
)
NO_SLOTS = Reason("no slot of any list passed through the client", "nobody", NOBODY.next_step)


class Guarded:
    """The guardrails of a foreseen run."""

    def __init__(self, foreseen: Foreseen, lengths: Lengths) -> None:
        self.sim, self.lengths = foreseen, lengths

    @property
    def relevance(self) -> RelevanceName:
        """The relevance set that is judged."""
        which: RelevanceName = self.sim.limit("relevance").value
        return which

    def all(self) -> Iterator[Foretold]:
        """Foretell each, as a run would make them."""
        plan = self.sim.plan
        for threshold, segment in places(plan, "metrics"):
            metric = GUARDED[threshold]
            yield foretold(metric.name, segment, [self._metric(metric, segment)])
        for threshold, segment in places(plan, "own.*"):
            yield foretold(check_of(threshold), segment, [Need(None, OWN)])
        if plan.own:
            yield foretold("own_metrics", "", [])
        somebody = Need(bool(self.sim.lists), NOBODY)
        yield foretold("profile", "", [])
        yield foretold("contract", "", [somebody])
        yield foretold("availability", "", [somebody, something_listed(self.sim, self.lengths, NO_SLOTS)])

    def _metric(self, metric: MetricFacts, segment: str) -> Need:
        if metric.source == "lift":
            lift = self.lift(metric.compares, segment)
            return Need(lift.reason is None, lift.reason or Reason())
        if metric.source == "lists":
            return self._figure(metric, segment)
        return self._counted(metric, segment)

    def lift(self, of: str, segment: str) -> Lift:
        """What is known of a lift: who has relevant items, and what the baseline finds."""
        table = self.table
        rows = table.rows_of(segment) if segment else np.arange(len(table.rows))
        column = LIFTED.index(of)
        popular = self.compared.popular[rows, column]
        rules = LiftRules(
            min_segment_users=int(self.sim.limit("min_segment_users", segment).value),
            min_baseline_hits=int(self.sim.limit("min_baseline_hits", segment).value),
        )
        return before_draws(segment, of, popular, popular, rules, self.sim.world.no_popularity)

    def _figure(self, metric: MetricFacts, segment: str) -> Need:
        label = metric.shown(self.relevance)
        found = [(one[1][segment] if segment else one[0])[label] for one in self._figures]
        guess, *found = found
        missing = [one for one in found if one.value is None]
        why = Reason(missing[0].why) if missing else Reason()
        same = len(missing) in (0, len(found)) and metric.name not in OF_CONTENT
        return Need(not missing if same else None, why, guess=guess.value is not None)

    def _counted(self, metric: MetricFacts, segment: str) -> Need:
        """What is measured on answers: times, failures, repeats, an earlier run."""
        users = [user for user in self.sim.lists if not segment or self.sim.users[user].segment == segment]
        if metric.name == "p95_ms":
            least = max(P95_LEAST, int(self.sim.limit("min_segment_users", segment).value))
            why = Reason(
                f"{len(users)} users, at least {least} are needed", "too_few_users", NOBODY.next_step
            )
            return Need(len(users) >= least, why)
        if metric.name == "rank_instability":
            sure = any(self.lengths.least(user, caps=True) for user in users)
            possible = any(self.lengths.most(user, caps=True) for user in users)
            why = Reason(
                f"nobody of segment {segment} has holdout events and a list", "nobody", NOBODY.next_step
            )
            usual = any(self.lengths.typical(user, caps=True) for user in users)
            return Need(True if sure else None if possible else False, why, usual)
        if metric.name == "error_rate":
            return Need(bool(users), NOBODY)
        return Need(None, EARLIER)

    @property
    def table(self) -> Slates:
        """The evaluated users."""
        return self._longest.table

    @cached_property
    def _longest(self) -> Basis:
        return self.sim.basis([self.lengths.most(user, caps=True) for user in self.sim.lists])

    @cached_property
    def _figures(self) -> list[tuple[Figures, dict[str, Figures]]]:
        """The figures of a guess, of the longest lists, of the shortest, and of these with the fresh item that is in no figure."""
        usual = [self.lengths.typical(user, caps=True) for user in self.sim.lists]
        least = [self.lengths.least(user, caps=True) for user in self.sim.lists]
        guess = self.sim.basis(usual, fresh=True)
        bases = (guess, self._longest, self.sim.basis(least), self.sim.basis(least, fresh=True))
        return [figures_of(basis) for basis in bases]

    @cached_property
    def compared(self) -> Compared:
        """NDCG and MRR per user of the baselines."""
        return compared_of(self._longest, self.sim.popular, self.relevance)
