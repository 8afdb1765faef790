"""Known defects of the real service, reproduced on request for clients that have to survive them.

``NAMES`` says which. Everything here is off unless asked for; the few places that care ask one frozen value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from random import Random

Row = TypeVar("Row")
NAMES = {
    "leak": "event types of every tenant count everywhere (contract 9.2)",
    "underflow": "events older than about 1,075 half-lives fail their namespace with 422 (contract 12.3)",
    "ghosts": "the session source offers unavailable, deleted and unknown items (contract 12.4)",
    "ties": "what the contract calls random or unspecified is random (contract 3, 12.10)",
    "replica": "every other list uses rules up to RULES_CACHE_REFRESH old (contract 8.5)",
    "order": "the lists of the admin config come in random order (contract 18)",
    "slow-start": "the first lists of a namespace that was just filled take long, or fail (contract 18)",
    "boosts": "a boost multiplies a score of 0 where chance lets its item into the pool (contract 18)",
    "spread": "equal questions give different lists where the pool overflows (contract 12.3, 18)",
    "lag": "lists show a changed rule about RULES_CACHE_REFRESH later (contract 18)",
    "revision-2025": "an older revision: no validation, other scores, no signal_status (contract 18)",
}
# Another service, not a harder one, and so none of `all`.
_APART = {"revision-2025"}
SLOW_START_S = 2.0
_FLAGS = ("leak", "underflow", "ghosts", "replica", "boosts", "spread")
_CHANCY = {"ties", "boosts", "spread"}
_OTHER_ORDER = 0.25


class Quirks(msgspec.Struct, frozen=True):
    """Which defects are on; ``rng`` decides ties, None breaks them as the stand-in documents it.

    ``chance`` decides what gets into a pool that overflows, and in which order starter tags of equal weight take turns.
    ``salt`` is what the order of listings is drawn from; ``order`` decides the order of the admin config's lists,
    ``lag`` when a changed rule shows.
    """

    leak: bool = False
    underflow: bool = False
    ghosts: bool = False
    replica: bool = False
    boosts: bool = False
    spread: bool = False
    revision_2025: bool = False
    lag: Random | None = None
    order: Random | None = None
    slow_start_s: float = 0.0
    rng: Random | None = None
    chance: Random | None = None
    salt: int = 0

    def mixed(self, rows: list[Row], version: int, key: Callable[[Row], Any]) -> list[Row]:
        """Return sorted rows with those of equal key in random order, the same one until ``version`` changes."""
        if self.rng is None:
            return rows
        from random import Random

        mixed = list(rows)
        # Paging is stable until somebody writes, as in a database that is left alone.
        Random(f"{self.salt}/{version}").shuffle(mixed)
        return sorted(mixed, key=key)

    def jumbled(self, members: list[Row]) -> list[Row]:
        """Return a list of the admin config: as it is three times out of four, else in another order."""
        if self.order is None or len(members) < 2 or self.order.random() >= _OTHER_ORDER:
            return members
        turn = self.order.randrange(1, len(members))
        return [*members[turn:], *members[:turn]]


NONE = Quirks()


def parse(text: str, seed: int | None = None, slow_start_s: float | None = None) -> Quirks:
    """Return the quirks of a comma list, ``all`` for every one but other revisions; ``seed`` makes what is random repeat.

    ``slow_start_s`` is how long the first lists of a namespace are slow.

    Raises:
        ValueError: a name that is none, or seconds without what they are for; completes the sentence "--quirks: ...".
    """
    from difflib import get_close_matches
    from random import Random

    chosen = {name for word in text.split(",") if (name := word.strip().lower())}
    if "all" in chosen:
        chosen = chosen - {"all"} | NAMES.keys() - _APART
    for name in sorted(chosen - NAMES.keys()):
        near = get_close_matches(name, NAMES, 1)
        guess = f"; did you mean `{near[0]}`?" if near else ""
        raise ValueError(f"`{name}` is not a quirk; must be one of {', '.join(NAMES)} and all{guess}")
    if slow_start_s is not None and "slow-start" not in chosen:
        raise ValueError("`slow-start` or `all` must be among them, or --slow-start-s has no effect")
    rng = Random(seed)
    salt = rng.getrandbits(64)
    return Quirks(
        **{name: name in chosen for name in _FLAGS},
        rng=rng if "ties" in chosen else None,
        chance=rng if _CHANCY & chosen else None,
        revision_2025="revision-2025" in chosen,
        salt=salt,
        # Reading the config must not change which lists a seed gives.
        order=Random(salt) if "order" in chosen else None,
        lag=Random(salt) if "lag" in chosen else None,
        slow_start_s=(SLOW_START_S if slow_start_s is None else slow_start_s)
        if "slow-start" in chosen
        else 0.0,
    )
