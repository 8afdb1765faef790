"""Why a check was not measured, one step further back: what it misses may be missing from the data set as a whole."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.checks.check import Conclusion
from pytest_recsim.simulation.session.simulation import Simulation

_PEOPLE = frozenset({"nobody", "too_few_users", "too_few_hits", "established", "new_users"})
_ITEMS = frozenset(
    {
        "tags",
        "brands",
        "margins",
        "categories",
        "small_catalogue",
        "short_lists",
        "no_popularity",
        "no_weight",
    }
)
FOLLOWS = MappingProxyType(
    {
        "no_events": _PEOPLE | _ITEMS | {"nothing_seeded"},
        "one_instant": _PEOPLE,
        "no_holdout": _PEOPLE,
        "nothing_seeded": _PEOPLE | (_ITEMS - {"brands", "margins", "categories"}),
        "no_weight": frozenset({"tags", "short_lists"}),
        "nothing_available": _PEOPLE | _ITEMS | {"nothing_seeded"},
    }
)
"""What is missing from the data set -> what checks then say that they miss."""


def rooted(sim: object, conclusion: Conclusion) -> Conclusion:
    """The conclusion with the data set's own cause, and what to do about that, where what was missing follows from it."""
    if conclusion.outcome != "not_measured" or not conclusion.cause or not isinstance(sim, Simulation):
        return conclusion
    why = from_root(sim.world.root, Reason(conclusion.sentence, conclusion.cause, conclusion.next_step))
    return replace(conclusion, cause=why.cause, next_step=why.next_step)


def from_root(root: Reason, why: Reason) -> Reason:
    """The same reason, with the data set's own cause and what to do about that where it follows from it."""
    follows = why.cause in FOLLOWS.get(root.cause, ())
    return Reason(str(why), root.cause, root.next_step) if follows else why
