"""Whom to ask next, and when enough have been asked: the quality lists of a run that may stop early."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from pytest_recsim.data.guardrails.metric_table import GUARDED, METRICS
from pytest_recsim.judge import PADDING
from pytest_recsim.judge.held import LEVEL, MOST_SHORT, Found, Held, Population
from pytest_recsim.judge.lift import before_draws
from pytest_recsim.judge.ranking import gains
from pytest_recsim.judge.stopping import Stopping
from pytest_recsim.observe.rounds import next_round, shuffled
from pytest_recsim.plan.model import K, Plan
from pytest_recsim.record.early import Decided, Early
from pytest_recsim.record.few import first_few
from pytest_recsim.record.quality import RelevanceName
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.measure.basis import SETS, Basis, Rows
from pytest_recsim.simulation.measure.choice import SMALL, too_few_slots
from pytest_recsim.simulation.measure.formulas import UNSEEDED
from pytest_recsim.simulation.measure.lifts import LIFTED, ndcg_and_mrr, rules_of
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.slates import Slates, observed

COVERAGE, TAIL = METRICS["catalog_coverage"], METRICS["long_tail_share"]
DECIDED = (COVERAGE.key, TAIL.key, "min_segment_lift_ndcg", "min_segment_lift_mrr")
FULL = "full_lists"
NAMED = 4


def all_because(world: Dataset, users: Sequence[str]) -> str:
    """Why everybody has to be asked whatever the answers, as a part of a sentence; empty where that hangs on them."""
    n_available = int(world.available.sum())
    if world.no_popularity:
        return str(world.no_popularity)
    if not world.seeded_counts.any():
        return str(UNSEEDED)
    if n_available <= SMALL:
        return f"in a catalogue of {n_available} available items a few lists say nothing about the others"
    if others := _judged_on_all(world.plan):
        return f"{', '.join(others)} {'is' if len(others) == 1 else 'are'} judged on all lists"
    share = float(world.plan.limit(COVERAGE.key).value)
    return str(too_few_slots(_nobodys_lists(world, users), share, f"show {share:g} of"))


def _judged_on_all(plan: Plan) -> list[str]:
    """Guardrails that block, are judged on the quality lists, and that no interval decides."""
    sources = ("lists", "earlier") if plan.compare_to else ("lists",)
    found = [key for key, metric in GUARDED.items() if metric.source in sources and key not in DECIDED]
    found += [key for key in plan.limits if key.startswith("own.")]
    return [key for key in found if any(one.severity == "block" for one in plan.limits.get(key, {}).values())]


def _nobodys_lists(world: Dataset, users: Sequence[str]) -> Slates:
    """These users without their lists."""
    rows = tuple(world.fixture.user_index[user] for user in users)
    return Slates(world, rows, np.full((len(rows), K), PADDING, dtype=np.int32))


@dataclass
class Looks:
    """Takes in answers round by round, and says whom to ask next.

    Attributes:
        world: fixture, split and knobs in effect.
        users: everybody who may be asked.
        rounds: users of each round, in order.
        reason: why everybody had to be asked; set by whoever finds out.
    """

    world: Dataset
    users: Sequence[str]
    rounds: list[list[str]] = field(default_factory=list)
    reason: str = ""
    _whole: bool = True

    @property
    def judged(self) -> RelevanceName:
        name: RelevanceName = self.world.plan.limit("relevance").value
        return name

    @cached_property
    def segments(self) -> list[str]:
        return list(self.world.plan.fixture.segments)

    @cached_property
    def table(self) -> Slates:
        """Everybody, without their lists."""
        return _nobodys_lists(self.world, self.users)

    @cached_property
    def stopping(self) -> dict[RelevanceName, Stopping]:
        """By relevance set; asking hangs on the judged one."""
        basis, number = (
            Basis(self.table, self.world.popularity),
            {one: at for at, one in enumerate(self.segments)},
        )
        users = self.world.fixture.users
        found: dict[RelevanceName, Stopping] = {}
        for which in SETS:
            relevance = basis.sets[which]
            people = Population(
                strata=np.array([number[users[row].segment] for row in self.table.rows], dtype=np.int64),
                popular=ndcg_and_mrr(gains(basis.rivals.popular, relevance), relevance),
                room=basis.room,
                available=self.world.available,
                head=basis.head,
                k=K,
            )
            lifts = list(self._lifts(people))
            found[which] = Stopping(people, [*self._of_run(), *lifts] if which == self.judged else lifts)
        return found

    def _of_run(self) -> Iterable[Held]:
        yield Held("full", 1 - MOST_SHORT)
        for kind, key in (("coverage", COVERAGE.key), ("tail", TAIL.key)):
            limit = self.world.plan.limit(key)
            yield Held(kind, float(limit.value), blocks=limit.severity == "block")  # type: ignore[arg-type]

    def _lifts(self, people: Population) -> Iterable[Held]:
        plan = self.world.plan
        for stratum, segment in enumerate(self.segments):
            rules = rules_of(plan, segment, family=1)
            for column, metric in enumerate(LIFTED):
                limit = plan.limit(f"min_segment_lift_{metric}", segment)
                base = people.popular[people.strata == stratum, column]
                shortage = before_draws(segment, metric, base, base, rules).reason
                yield Held(
                    "lift",
                    float(limit.value),
                    blocks=limit.severity == "block",
                    stratum=stratum,
                    column=column,
                    rule=plan.limit("verdict").value,
                    measurable=shortage is None,
                )

    # --- asking ---

    @cached_property
    def _left(self) -> dict[str, list[str]]:
        """Who has not been asked, by segment, the next ones last."""
        found: dict[str, list[str]] = {name: [] for name in self.segments}
        for user in self.users:
            found[self._segment(user)].append(user)
        return {name: order[::-1] for name, order in shuffled(found).items()}

    def next_users(self) -> list[str]:
        """Whom to ask now; nobody when everything is decided, or when everybody has been asked."""
        main = self.stopping[self.judged]
        wanted = None
        if self.rounds:
            still = [main.checks[place] for place in main.look()]
            if not still:
                return []
            if main.whole < len(self.rounds) or all(one.kind == "lift" for one in still):
                wanted = sorted({self.segments[one.stratum] for one in still if one.kind == "lift"})
        left = {name: len(users) for name, users in self._left.items()}
        asked = dict.fromkeys(self.segments, 0) | Counter(
            self._segment(user) for users in self.rounds for user in users
        )
        self._whole = wanted is None
        if not all(left[name] for name in wanted or ()):
            return self._pop(
                left
            )  # a whole segment does not decide it, so that it is judged as ever, with all others
        return self._pop(next_round(left, asked, wanted))

    def _segment(self, user: str) -> str:
        fixture = self.world.fixture
        return fixture.users[fixture.user_index[user]].segment

    def _pop(self, counts: Mapping[str, int]) -> list[str]:
        return [self._left[name].pop() for name, count in counts.items() for _ in range(count)]

    def rest(self) -> list[str]:
        """Everybody who is left."""
        return [user for users in self._left.values() for user in users]

    def take(self, exchanges: Sequence[Exchange]) -> None:
        """Take in the answers for the users that came last from :meth:`next_users`."""
        part = observed(self.world, exchanges)
        rows = self.table.row_of_user[list(part.rows)]
        for which, one in self.stopping.items():
            relevance = part.relevance(which)
            one.take(
                rows, ndcg_and_mrr(gains(part.lists, relevance), relevance), part.lists, whole=self._whole
            )
        self.rounds.append([exchange.ask.user_id for exchange in exchanges])

    # --- what came of it ---

    def core(self, table: Slates) -> Rows:
        """Rows of those who were asked while every segment had its share."""
        main = self.stopping[self.judged]
        asked_in = main.rounds[self.table.row_of_user[list(table.rows)]]
        return np.flatnonzero((asked_in >= 0) & (asked_in < main.whole))

    def of_run(self, name: str) -> tuple[Found, tuple[float | None, float | None]]:
        """What became of the coverage or the long-tail share, with its interval."""
        main = self.stopping[self.judged]
        place = [one.kind for one in main.checks].index("coverage" if name == COVERAGE.name else "tail")
        return main.outcome(place), main.interval(place)

    def facts(self, *, stopped: bool) -> Early:
        """What the record says."""
        if not self.rounds:
            n = len(self.users)
            return Early(stopped=False, asked=n, of=n, whole=n, rounds=1, level=LEVEL, reason=self.reason)
        main = self.stopping[self.judged]
        main.look()
        rows = self._decided(main)
        still = [row.name for row in rows if row.blocks and (row.n == row.of or row.outcome == "open")]
        late = f"not decided before that: {first_few(still, NAMED)}" if still else "the last ones decided it"
        asked = sum(map(len, self.rounds)) if stopped else len(self.users)
        return Early(
            stopped=stopped,
            asked=asked,
            of=len(self.users),
            whole=int(((main.rounds >= 0) & (main.rounds < main.whole)).sum()) if stopped else asked,
            rounds=len(self.rounds),
            level=LEVEL,
            reason="" if stopped else self.reason or late,
            checks=tuple(rows),
        )

    def _decided(self, main: Stopping) -> list[Decided]:
        names = {"full": FULL, "coverage": COVERAGE.name, "tail": TAIL.name}
        rows = []
        for place, one in enumerate(main.checks):
            found, (low, high) = main.outcome(place), main.interval(place)
            rows.append(
                Decided(
                    check=names.get(one.kind) or f"segment_lift_{LIFTED[one.column]}",
                    segment=self.segments[one.stratum] if one.kind == "lift" else "",
                    threshold=one.threshold,
                    outcome=found.state,
                    n=found.n,
                    of=found.of,
                    asked=found.asked,
                    low=low,
                    high=high,
                    blocks=one.blocks,
                )
            )
        return rows
