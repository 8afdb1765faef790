"""Known defects of the real service, reproduced on request for clients that have to survive them.

``NAMES`` says which. Everything here is off unless asked for; the few places that care ask one frozen value.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from random import Random

    from pytest_recsim.standin.rulebook import Rule, RuleBook

Row = TypeVar("Row")
NAMES = {
    "leak": "event types of every tenant count everywhere (contract 9.2)",
    "underflow": "events older than about 1,075 half-lives fail their namespace with 422 (contract 12.3)",
    "ghosts": "the session source offers unavailable, deleted and unknown items (contract 12.4)",
    "ties": "what the contract calls random or unspecified is random (contract 3, 12.10)",
    "replica": "every other list uses rules up to RULES_CACHE_REFRESH old (contract 8.5)",
}


class Quirks(msgspec.Struct, frozen=True):
    """Which defects are on; ``dice`` decides ties, None breaks them as the stand-in documents it.

    ``salt`` is what the order of listings is drawn from.
    """

    leak: bool = False
    underflow: bool = False
    ghosts: bool = False
    replica: bool = False
    dice: Random | None = None
    salt: int = 0

    def mixed(self, rows: list[Row], version: int, key: Callable[[Row], Any]) -> list[Row]:
        """Return sorted rows with those of equal key in random order, the same one until ``version`` changes."""
        if self.dice is None:
            return rows
        from random import Random

        mixed = list(rows)
        # Paging is stable until somebody writes, as in a database that is left alone.
        Random(f"{self.salt}/{version}").shuffle(mixed)
        return sorted(mixed, key=key)


NONE = Quirks()


def parse(text: str, seed: int | None = None) -> Quirks:
    """Return the quirks of a comma list, ``all`` for every one; ``seed`` makes what is random repeat.

    Raises:
        ValueError: a name that is none; completes the sentence "--quirks: ...".
    """
    from difflib import get_close_matches
    from random import Random

    chosen = {name for word in text.split(",") if (name := word.strip().lower())}
    if "all" in chosen:
        chosen = chosen - {"all"} | NAMES.keys()
    for name in sorted(chosen - NAMES.keys()):
        near = get_close_matches(name, NAMES, 1)
        guess = f"; did you mean `{near[0]}`?" if near else ""
        raise ValueError(f"`{name}` is no quirk; allowed {', '.join(NAMES)} and all{guess}")
    dice = Random(seed)
    flags = {name: name in chosen for name in NAMES if name != "ties"}
    return Quirks(dice=dice if "ties" in chosen else None, salt=dice.getrandbits(64), **flags)


class Replicas:
    """Two copies of the service behind one address, asked in turn.

    The second one reads rules again only when what it holds is ``refresh`` seconds old, whatever the service's clock.
    """

    def __init__(self, rules: RuleBook, refresh: float) -> None:
        self._rules = rules
        self._refresh = refresh
        self._held: dict[tuple[str, ...], tuple[float, list[Rule]]] = {}
        self._second = False

    def active(self, org: str, namespace: str, surface: str, segment_id: str, now: int) -> list[Rule]:
        """Return the rules that a request on this surface is subject to, as one of the two copies sees them."""
        self._second = not self._second
        key = (org, namespace, surface, segment_id)
        read, rules = self._held.get(key, (-math.inf, []))
        fresh = time.monotonic() - read >= self._refresh
        if fresh or not self._second:
            rules = self._rules.active(org, namespace, surface, segment_id, now)
        if fresh and self._second:
            self._held[key] = (time.monotonic(), rules)
        return rules
