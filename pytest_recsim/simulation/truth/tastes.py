"""Which lists hold an item that a user's tag profile has to overlap with (contract 12.5, 12.7)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pytest_recsim.prepare.clock import MICROSECONDS_A_DAY
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.truth.dataset import LONGEST_RUN_US, Dataset


@dataclass(frozen=True)
class Tastes:
    """Tags that are surely in a user's profile; worked out for the users that are asked about."""

    world: Dataset
    _known: dict[int, frozenset[str]] = field(default_factory=dict)

    def boostable(self, exchange: Exchange) -> bool:
        """Whether a listed item carries a tag of the user's profile, so that the boost moves it unless it is off."""
        fixture = self.world.fixture
        user = fixture.user_index[exchange.ask.user_id]
        if user not in self._known:
            self._known[user] = self._tags(user)
        positions = (fixture.item_index.get(item) for item in exchange.ids)
        return any(
            folded(tag) in self._known[user]
            for position in positions
            if position is not None
            for tag in fixture.items[position].tags
        )

    def _tags(self, user: int) -> frozenset[str]:
        """Tags with events that count for them and none against; none at all where the profile may be cut."""
        world = self.world
        window, most = (world.effective.value(name) for name in ("PROFILE_WINDOW_DAYS", "PROFILE_TOP_N"))
        if window is None or most is None:
            return frozenset()
        columns, seeded = world.material.columns, world.material.split.seeded
        mine = np.flatnonzero(columns.user[seeded] == user)
        since = world.now_us + LONGEST_RUN_US - float(window) * MICROSECONDS_A_DAY
        gain, loss = set[str](), set[str]()
        for place in mine.tolist():
            recent = not window or columns.ts[seeded[place]] + world.shift_us >= since
            worth = float(world.worth[place])
            tags = {folded(tag) for tag in world.fixture.items[int(columns.item[seeded[place]])].tags}
            if worth < 0:
                loss |= tags
            elif worth > 0 and recent:
                gain |= tags
        return frozenset(gain - loss) if len(gain | loss) <= int(most) else frozenset()


def folded(tag: str) -> str:
    return tag.strip().lower()
