"""Asking for the quality lists until enough is known: round by round, in an order that hangs on the users alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_recsim.record.early import Early
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.measure.early import Looks, all_because
from pytest_recsim.simulation.truth.dataset import Dataset

NOT_FOR_ALL = "the profile is not in effect for everybody, so nobody knows whom the numbers of those left out would be about"


@dataclass(frozen=True)
class Answered:
    """The lists that there are, in the order of the data set.

    Attributes:
        exchanges: one per user that was asked.
        looks: how asking went, None where everybody was asked.
        facts: what the record says of that.
    """

    exchanges: list[Exchange]
    looks: Looks | None
    facts: Early


def ask_early(
    world: Dataset,
    users: Sequence[str],
    ask: Callable[[Sequence[str]], list[Exchange]],
    in_effect: Callable[[list[Exchange]], bool],
) -> Answered:
    """Ask in rounds until every check that asking hangs on is decided; everybody where that does not come.

    Args:
        world: fixture, split and knobs in effect.
        users: everybody who may be asked, in the order of the data set.
        ask: gets the lists of some users, in their order.
        in_effect: whether the profile is in effect for everybody whose list is given.
    """
    looks = Looks(world, users, reason=all_because(world, users))
    if looks.reason:
        return Answered(ask(users), None, looks.facts(stopped=False))
    found: dict[str, Exchange] = {}
    while next_users := looks.next_users():
        answers = ask(next_users)
        looks.take(answers)
        found |= {one.ask.user_id: one for one in answers}
    rest = looks.rest()
    if rest and not in_effect(_sorted(users, found)):
        looks.reason = NOT_FOR_ALL
        found |= {one.ask.user_id: one for one in ask(rest)}
        rest = []
    facts = looks.facts(stopped=bool(rest))
    return Answered(_sorted(users, found), looks if rest else None, facts)


def _sorted(users: Sequence[str], found: dict[str, Exchange]) -> list[Exchange]:
    return [found[user] for user in users if user in found]
