"""Whose lists S2 blocks a tag on, and which tags it can block."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_recsim.simulation.checks.needs import BLOCK_POOR, BLOCK_SHARE, BLOCK_USERS
from pytest_recsim.simulation.checks.subjects import carries, folded, spread, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_recsim.service.contract.ask import Exchange
    from pytest_recsim.simulation.session.simulation import Simulation


def asked(sim: Simulation, rich: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the users whose lists by relevance alone S2 takes, and those that it asks for anew: sparse and new ones.

    Args:
        sim: the simulation.
        rich: the established users that S4 and S9 ask for too.
    """
    there = list(rich)
    poor = [user for user in spread(sim, BLOCK_USERS) if not sim.is_established(user)]
    poor = poor[: max(BLOCK_POOR, BLOCK_USERS - len(there))]
    return there[: BLOCK_USERS - len(poor)], poor


def slots(sim: Simulation, shown: Exchange, tag: str) -> int:
    """How many items of a list carry the tag."""
    return sum(carries(sim, item, tag) for item in shown.ids)


def total(sim: Simulation, lists: Mapping[str, Exchange], tag: str) -> int:
    """The same over several lists."""
    return sum(slots(sim, shown, tag) for shown in lists.values())


def visible_tags(sim: Simulation, lists: Mapping[str, Exchange]) -> list[str]:
    """Plain tags on 5 to 50 % of the slots."""
    listed = Counter(item for shown in lists.values() for item in shown.ids)
    seen: Counter[str] = Counter()
    for item, times in listed.items():
        seen.update(dict.fromkeys(tags_of(sim, item), times))
    tags = {tag for item in listed if item in sim.items for tag in sim.plain_tags(item)}
    low, high = (share * listed.total() for share in BLOCK_SHARE)
    return sorted(tag for tag in tags if low <= seen[folded(tag)] <= high)
