"""Which cap it is that makes lists short: how many items it leaves room for."""

from __future__ import annotations

from pytest_recsim.service.watch.expectations import tag_values
from pytest_recsim.simulation.truth.dataset import Dataset

CAPS = (
    ("CATEGORY_CAP", "CATEGORY_TAG_PREFIXES", ("category", "cat"), "categories"),
    ("BRAND_CAP", "BRAND_TAG_PREFIXES", ("brand",), "brands"),
)


def shortened_by(world: Dataset, k: int) -> str:
    """Name the cap that leaves least room, fewer than ``k`` items, else the caps in effect, as the end of a sentence.

    An item may carry several values of a kind, so the room is what a list could hold at most (contract 12.8); what it
    does hold may be less. Empty without any cap.
    """
    on, tight = [], []
    tags = {item.item_id: item.tags for item in world.fixture.items if item.available}
    for knob, prefix_knob, default, noun in CAPS:
        cap = world.effective.value(knob)
        if not cap:
            continue
        values = tag_values(tags, prefixes(world.effective.value(prefix_knob), default))
        distinct = len({value for found in values.values() for value in found})
        room = int(cap) * distinct + len(tags) - len(values)
        on.append(f"{knob}={cap}")
        if room < k:
            tight.append((room, f": {knob}={cap} x {distinct} {noun} leaves room for {room}"))
    if tight:
        return min(tight)[1]
    return f"; {' and '.join(on)} may be why: an item counts for each of its values" if on else ""


def prefixes(value: list[str] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    """Tag prefixes, lower-case; the service's own defaults where nothing is known."""
    return tuple(word.strip().lower() for word in value) if value else default
