"""For whom the profile is in effect as far as the service lets us see, and because of which knobs it is not.

A number over users who were ranked by other knobs says nothing about the profile. Knobs that nobody can see are named
beside the verdict and change nothing here. Nor do knobs that were sent and are not in effect: then the check `profile`
fails, and what users get of such a service is judged as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from pytest_recsim.plan.model import K
from pytest_recsim.plan.modes import ON_SERVICES, ONE_WAY
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.record.reason import Reason
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.truth.dataset import NEW_USERS, Dataset
from pytest_recsim.simulation.truth.knobs_in_effect import INSTEAD_OF
from pytest_recsim.simulation.truth.moves import MOVES, Who

NO_REASON = Reason()
ENOUGH = 0.95
"""Share of the users behind a number for whom the profile has to be in effect; the others are left out."""
NO_ANCHORS = "(no_recent_activity)"
NAMED = 4
WIDE = 1000  # a fanout that cuts nothing


class Unapplied(msgspec.Struct, frozen=True):
    """Users for whom the profile is not in effect, all because of the same knobs."""

    knobs: tuple[str, ...]
    users: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """What that means for a number over some users.

    Attributes:
        kept: per user, whether the number is over them.
        left_out: users it is not over.
        reason: why it says nothing about the profile, empty when it does; then nobody is left out.
    """

    kept: tuple[bool, ...]
    left_out: int = 0
    reason: Reason = NO_REASON

    @property
    def note(self) -> str:
        """A part of a definition, empty when nobody is left out."""
        return (
            f"; {self.left_out} users left out, for whom the profile is not in effect"
            if self.left_out
            else ""
        )


class Applied(msgspec.Struct, frozen=True):
    """For whom the profile is in effect. Empty: for everybody.

    Attributes:
        users: everybody that was asked for.
        groups: the users for whom it is not.
        rows: the knobs behind that, as the service shows them.
    """

    users: tuple[str, ...] = ()
    groups: tuple[Unapplied, ...] = ()
    rows: tuple[KnobRow, ...] = ()

    @property
    def without(self) -> frozenset[str]:
        """Users for whom the profile is not in effect."""
        return frozenset(user for group in self.groups for user in group.users)

    def whole(self) -> Standing:
        """The same for a number that cannot be taken apart: over everybody, whoever that is."""
        standing = self.standing(self.users)
        return Standing((), 0, standing.reason)

    def standing(self, users: Sequence[str]) -> Standing:
        """Say over whom a number for these users is, and whether it says anything about the profile."""
        without = self.without
        kept = tuple(user not in without for user in users)
        left_out = len(kept) - sum(kept)
        if left_out > (1 - ENOUGH) * len(kept):
            return Standing((True,) * len(kept), 0, self.reason(users))
        return Standing(kept, left_out)

    def kept(self, users: Sequence[str]) -> tuple[list[str], Reason]:
        """The users for whom it is in effect, and why a number over all of them says nothing, empty when it does."""
        standing = self.standing(users)
        return [user for user, kept in zip(users, standing.kept, strict=True) if kept], standing.reason

    def unapplied(self, users: Iterable[str]) -> Reason:
        """Why a number over exactly these users says nothing about the profile; empty when it does."""
        asked = frozenset(users)
        return self.reason(asked) if self.without & asked else NO_REASON

    def reason(self, users: Iterable[str]) -> Reason:
        """Say for how many of these users the profile is not in effect, because of what, and what would send it."""
        asked = frozenset(users)
        concerned = [(group, len(asked.intersection(group.users))) for group in self.groups]
        names = {name for group, count in concerned if count for name in group.knobs}
        rows = [row for row in self.rows if row.knob in names]
        count = sum(found for _, found in concerned)
        some = f"{count:,} of {len(asked):,}" if count < len(asked) else f"any of {len(asked):,}"
        told = f"the profile is not in effect for {some} users: {told_knobs(rows)}"
        return Reason(f"{told}; {remedy(rows)}", "not_in_effect", step_for(rows))


def rules_off(rows: Iterable[KnobRow]) -> Reason:
    """Say why no rule can show here: they are visibly off, and that was not sent. Empty where they may be on."""
    row = next((row for row in rows if row.knob == ONE_WAY and row.status in ("differs", "same")), None)
    if row is None or row.in_effect != "false":
        return NO_REASON
    told = f"the service evaluates no rules (RULES_ENABLE=false, seen in {row.seen_in})"
    step = "set RULES_ENABLE=true in the profile and run with --recsim-apply env-file, or switch rules on in the service"
    if row.status == "same":
        told = f"{told}, as the profile asks; with RULES_ENABLE=true in the profile, --recsim-apply env-file tries them"
    elif row.carried_by:
        told, step = f"{told}, the profile asks for them; {remedy([row])}", step_for([row])
    else:
        told = f"{told}; the profile does not set it"
    return Reason(told, "no_rules", step)


def told_knobs(rows: Sequence[KnobRow]) -> str:
    """Name knobs with what was asked for and what is in effect; the first few, the others are counted."""
    told = [f"{row.knob} (asked {row.asked or 'for nothing'}, in effect {row.in_effect})" for row in rows]
    rest = len(told) - NAMED
    return ", ".join(told[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def remedy(rows: Sequence[KnobRow]) -> str:
    """Say which apply mode would bring all of these knobs into effect."""
    modes = _carriers(rows)
    if modes:
        return (
            f"--recsim-apply {' or '.join(modes)} carries {'this knob' if len(rows) == 1 else 'these knobs'}"
        )
    stuck = ", ".join(row.knob for row in rows if not row.carried_by)
    return f"no apply mode removes {stuck} from the service: set it in the profile"


def step_for(rows: Sequence[KnobRow]) -> str:
    """What to do so that all of these knobs are in effect."""
    modes = _carriers(rows)
    if modes:
        return f"run with --recsim-apply {' or '.join(modes)}, which carries {', '.join(row.knob for row in rows)}"
    return f"set {', '.join(row.knob for row in rows if not row.carried_by)} in the profile"


def _carriers(rows: Sequence[KnobRow]) -> list[str]:
    return [one.name for one in ON_SERVICES if all(one.name in row.carried_by for row in rows)]


def applied(world: Dataset, rows: Iterable[KnobRow], exchanges: Iterable[Exchange]) -> Applied:
    """Tell for which of the users that were asked for the profile is not in effect."""
    visible = [row for row in rows if row.status == "differs" and not _inert(world, row)]
    tests = [(row.knob, test) for row in visible for test in _tests(world, row)]
    groups: dict[tuple[str, ...], list[str]] = {}
    exchanges = list(exchanges)
    for exchange in exchanges if tests else ():
        user = _facts(world, exchange)
        knobs = tuple(dict.fromkeys(knob for knob, test in tests if test(user)))
        if knobs:
            groups.setdefault(knobs, []).append(exchange.ask.user_id)
    moving = {knob for knobs in groups for knob in knobs}
    return Applied(
        tuple(exchange.ask.user_id for exchange in exchanges),
        tuple(Unapplied(knobs, tuple(users)) for knobs, users in sorted(groups.items())),
        tuple(row for row in visible if row.knob in moving),
    )


@dataclass(frozen=True)
class _User:
    """What decides which knobs move a user's list.

    Attributes:
        recent: distinct recent items, as many as the service counts.
        weighed: the number that decides about damping (contract 12.7).
    """

    established: bool
    new: bool
    recent: int
    weighed: int


def _facts(world: Dataset, exchange: Exchange) -> _User:
    user = exchange.ask.user_id
    count = exchange.answer.trace.extras.recent_event_count
    first = exchange.answer.items[0].explain if exchange.answer.items else None
    anchors = len([one for one in first.anchors if one != NO_ANCHORS]) if first is not None else 0
    weighed = min(count or anchors, anchors) if anchors else count
    segment = world.fixture.users[world.fixture.user_index[user]].segment
    recent = (world.recent_counts or {}).get(user, count)
    return _User(
        world.established_answer(exchange), segment.lower() == NEW_USERS, max(recent, count), weighed
    )


def _tests(world: Dataset, row: KnobRow) -> Iterator[Callable[[_User], bool]]:
    """Whom the knob moves."""
    who: Who = MOVES.get(row.knob, "everybody")
    if who == "everybody":
        yield lambda _: True
    elif who == "established":
        yield lambda user: user.established
        if not any(world.plan.knobs.get(own) for own, general in INSTEAD_OF.items() if general == row.knob):
            yield lambda user: not user.established
    elif who == "sparse":
        yield lambda user: not user.established
    elif who == "not new":
        yield lambda user: not user.new
    elif who == "damped":
        least = world.effective.min_events
        yield lambda user: user.weighed < least
    elif who == "counted":
        low, high = sorted((int(world.plan.knob(row.knob)), int(float(row.in_effect))))
        yield lambda user: _moved(user, low, high)


def _moved(user: _User, low: int, high: int) -> bool:
    """Whether it matters which of two minimums of events is in effect (contract 12.2, 12.7).

    A new user's own number is cut to one below the minimum. Nobody without recent items is established.
    """
    if user.new:
        return user.recent >= low
    return max(low, 1) <= user.recent < max(high, 1) or low <= user.weighed < high


def _inert(world: Dataset, row: KnobRow) -> bool:
    """Whether two values of a limit both cut nothing off the quality lists."""
    least = {"RECOMMENDATION_MAX_K": K, "RECOMMENDATION_MAX_FANOUT": WIDE}.get(row.knob)
    if least is None:
        return False
    values: list[Any] = [world.plan.knob(row.knob), float(row.in_effect)]
    return all(not value or value >= least for value in values)
