"""What the profile's lists are compared with: the most popular items, and the user's latest before them."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_recsim.judge import baseline
from pytest_recsim.plan.model import K
from pytest_recsim.simulation.truth.slates import Lists, Slates


@dataclass(frozen=True)
class Rivals:
    """What the profile's lists are compared with, ``int32[U, 20]`` each.

    Attributes:
        order: available items, most popular first.
        popular: that order minus what is hidden from the user.
        recent: the user's 10 latest items, then that order.
    """

    order: Lists
    popular: Lists
    recent: Lists


def rivals_of(table: Slates) -> Rivals:
    """Return both baselines for the evaluated users."""
    world, n_users = table.world, len(table.rows)
    order = world.popularity
    hidden = baseline.user_items(*table.hidden_pairs, n_users)
    recent = baseline.latest_distinct(*table.seen_pairs, n_users)
    return Rivals(
        order,
        baseline.baseline_lists(order, hidden, K),
        baseline.recent_then_popular(recent, order, hidden, K),
    )
