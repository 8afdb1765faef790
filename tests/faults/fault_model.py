"""What a fault is: where it hits, what it does, and what a run has to make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fault_proxy import Hit
    from fault_stage import Stage
    from plugin.plugin_shop import Ran

SURVIVED, TOLD, REFUSED, KILLED = "survived", "told", "refused", "killed"
CODES: Mapping[str, int] = {SURVIVED: 0, TOLD: 1, REFUSED: 4, KILLED: -9}
"""The exit code that goes with every outcome. ``told``: some check fails and says why; ``refused``: before
anything was sent."""


def nothing(stage: Stage) -> None:
    """No preparation."""


def no_more(stage: Stage) -> list[str]:
    """Nothing to look at afterwards."""
    return []


def simply(stage: Stage) -> Ran:
    return stage.run()


@dataclass(frozen=True)
class Fault:
    """One entry of the catalogue.

    Attributes:
        name: unique; what goes wrong.
        where: when in the run it does.
        does: exactly what happens, for the table.
        outcome: what the run has to make of it.
        hits: what the proxy does to which requests.
        says: words of the sentence that the user gets; needed unless the run survives without a word.
        retries: cause -> repeated requests; at least that many, and no other causes.
        failing: the checks that fail, when it is told; None = all that were selected.
        or_more: further checks may fail; which of them depends on the order of two workers.
        words: more words on the command line.
        recorded: False when the disk takes nothing, so that the bundle stays as far as it got.
        lasting: False when the service has lost its data in the end, so that nothing is left to look at.
        clock_hours: how far ahead of ours the service's clock is, on a stand-in of its own.
        own: whether it needs a stand-in of its own, because it ends it.
        arrange, run, afterwards: before, instead of and after the plain run; ``afterwards`` returns complaints.
        quick: part of the quick selection.
    """

    name: str
    where: str
    does: str
    outcome: str
    hits: tuple[Hit, ...] = ()
    says: str = ""
    retries: Mapping[str, int] = field(default_factory=dict)
    failing: frozenset[str] | None = None
    words: tuple[str, ...] = ()
    recorded: bool = True
    lasting: bool = True
    clock_hours: float = 0.0
    own: bool = False
    or_more: bool = False
    arrange: Callable[[Stage], None] = nothing
    run: Callable[[Stage], Ran] = simply
    afterwards: Callable[[Stage], list[str]] = no_more
    quick: bool = False

    @property
    def code(self) -> int:
        return CODES[self.outcome]
