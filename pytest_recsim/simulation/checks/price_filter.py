"""Lists within a range of prices and without single items, as S1 asks for and judges them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_recsim.simulation.checks.subjects import CAPS_OFF, least_length, long, none_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_recsim.service.contract.ask import Exchange
    from pytest_recsim.simulation.checks.subjects import Compares
    from pytest_recsim.simulation.session.simulation import Simulation

EXCLUDED = 3
FEWEST_PRICES = 8
STEP = 0.02
CENT = 0.011  # the service keeps two decimals, so a price may move by half of the last one

Prices = tuple[float, float]


@dataclass(frozen=True)
class Ranged:
    """One list within a range: what should not be there, and how many items should.

    Attributes:
        outside: listed items whose price is not in the range.
        excluded: listed items that were excluded by id.
        expected: the least number of items.
    """

    user: str
    exchange: Exchange
    outside: tuple[str, ...]
    excluded: tuple[str, ...]
    expected: int

    @property
    def case(self) -> tuple[str, Exchange]:
        strays = ", ".join((*self.outside, *self.excluded)[:EXCLUDED])
        told = f"user {self.user}: {len(self.exchange.ids)} items of at least {self.expected}"
        return told + (f", among them {strays}" if strays else ""), self.exchange


def middle_prices(sim: Simulation) -> Prices | None:
    """The middle half of the available items' prices, ending two cents short of the next one on either side.

    So an item stands right outside, and limits that are rounded or shifted let it in. None when fewer than half of
    the items have a price.
    """
    known = [price for item in sim.available if (price := sim.items[item].price) is not None]
    prices = sorted({round(price, 2) for price in known})
    if len(prices) < FEWEST_PRICES or 2 * len(known) < len(sim.available):
        return None
    below, above = prices[len(prices) // 4 - 1], prices[3 * len(prices) // 4]
    return round(below + STEP, 2), round(above - STEP, 2)


def ranged_lists(
    sim: Simulation, unfiltered: Mapping[str, Exchange], surface: str, prices: Prices | None
) -> list[Ranged]:
    """Ask every user for a long list within the range, without the first items of theirs that lie in it."""
    low, high = prices or (float("-inf"), float("inf"))

    def price(item: str) -> float | None:
        source = sim.probe_source if item == sim.probe_id else item  # the probe has its source's price
        known = sim.items.get(source or item)
        return known.price if known is not None else None

    def within(item: str, slack: float) -> bool:
        value = price(item)
        return prices is None or (value is not None and low - slack <= value <= high + slack)

    eligible = {item for item in sim.available if within(item, -CENT) and item in sim.offered}
    most, bounds = min(EXCLUDED, sim.most_excluded), {} if prices is None else {"price_between": list(prices)}
    left_out = {
        user: [item for item in before.ids if within(item, CENT)][:most]
        for user, before in unfiltered.items()
    }
    asked: dict[str, Any] = {"k": long(sim), "surface": surface, "overrides": CAPS_OFF}
    lists = sim.recommend_each(
        {user: asked | {"constraints": {"exclude_item_ids": ids} | bounds} for user, ids in left_out.items()}
    )
    return [
        Ranged(
            user,
            shown,
            tuple(item for item in shown.ids if not within(item, CENT)),
            tuple(item for item in shown.ids if item in left_out[user]),
            least_length(sim, user, eligible - set(left_out[user])),
        )
        for user, shown in lists.items()
    ]


def judge_range(check: Compares, lists: Sequence[Ranged], prices: Prices | None) -> None:
    """Measure that nothing outside the range or excluded is listed, and that nothing else is lost.

    Without a range nothing is said of one: a filter that nobody used has let nothing through.
    """
    if prices is not None:
        none_of(
            check,
            "lists with items outside the price range",
            [shown.case for shown in lists if shown.outside],
            definition="lists with an item whose price is not within `price_between`",
            n=len(lists),
            knob=("POPULARITY_FANOUT", "RECOMMENDATION_MAX_K"),
            advice="the constraint itself",
        )
    none_of(
        check,
        "lists with items excluded by id",
        [shown.case for shown in lists if shown.excluded],
        definition=f"lists with one of the up to {EXCLUDED} items in `exclude_item_ids`",
        n=len(lists),
        knob=("POPULARITY_FANOUT", "RECOMMENDATION_MAX_K"),
        advice="the constraint itself",
    )
    none_of(
        check,
        f"lists {'without the excluded items' if prices is None else 'within the price range'} that are too short",
        [shown.case for shown in lists if len(shown.exchange.ids) < shown.expected],
        definition=(
            f"fewer than min(k, available items{'' if prices is None else ' in the range'} with seeded events) less those "
            "hidden from the user"
        ),
        n=len(lists),
        knob=("POPULARITY_FANOUT", "RECOMMENDATION_MAX_K"),
        advice="the constraint itself",
    )
