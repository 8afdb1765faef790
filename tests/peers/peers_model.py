"""What is said of somebody else's plugin, and the customers that run beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PASSING, FAILING, WAVERING = "passing", "failing", "wavering"
CUSTOMERS: dict[str, tuple[str, ...]] = {
    PASSING: (),
    FAILING: ("--env-override", "RULES_ENABLE=false"),
    WAVERING: (),
}
"""Words of each customer's run. The wavering one has a check of its own that fails when it is made first, and never again."""


@dataclass(frozen=True)
class Peer:
    """One plugin in one use.

    Attributes:
        name, version: of the distribution.
        does: what it does to a run, for the page.
        words: what makes it active on the command line.
        workers: whether the runs are made with ``-n 2`` as well.
        wavers: whether it tries again, so that the wavering customer is run as well.
        files: what the project needs besides, by path.
        env: what the environment needs besides.
        more: other packages that it needs.
        pytest: an older version of pytest, where the newest breaks the plugin.
        differs: customer -> the differences from the plain run that are expected, exactly.
        because: why they are right; empty without any.
    """

    name: str
    version: str
    does: str
    words: tuple[str, ...] = ()
    workers: bool = False
    wavers: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()
    pytest: str = ""
    differs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    because: str = ""

    @property
    def key(self) -> str:
        """What tells it apart in the table."""
        return " ".join((self.name, *self.words))

    @property
    def customers(self) -> tuple[str, ...]:
        return (PASSING, FAILING, WAVERING) if self.wavers else (PASSING, FAILING)
