"""What a vocabulary consists of: categories, styles and segments of one industry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """One of the eight shelves of a catalogue.

    Attributes:
        name: lower-case word; becomes the plain tag, the ``category:`` tag and the ``category`` field.
        topics: plain tags that describe the shelf; an item carries one or two of them besides the name.
        kinds: what is sold there, as plain tags; every item is of one kind.
        brands: makers that only occur on this shelf.
        price: lowest and highest price, in the shop's currency; ignored when the template has no prices.
        margin: typical margin as a share of the price.
        traffic: relative number of items and of visits.
    """

    name: str
    topics: tuple[str, ...]
    kinds: tuple[str, ...]
    brands: tuple[str, ...]
    price: tuple[float, float] = (0.0, 0.0)
    margin: float = 0.0
    traffic: float = 1.0


@dataclass(frozen=True)
class Segment:
    """How one kind of customer behaves; docs/generator.md explains every number.

    Attributes:
        name: ``traits["segment"]``.
        share: relative number of users.
        activity: relative number of events per user (not used for new users, who have few).
        session: mean number of events in a session.
        favourites: number of favourite categories of a user.
        conformity: 0 = popularity plays no role in the choice, 1 = it plays its full role.
        loyalty: probability that the next visit returns to an item visited before.
        noise: probability that the next visit is to a random item.
        budget: range of the price level (0 cheapest, 1 dearest of the shelf) that its users look for.
        thrift: how sharply a price away from that level puts them off.
        freshness: pull of items released in the last three weeks.
        lure: preference for items with the template's lure tag.
    """

    name: str
    share: float
    activity: float = 1.0
    session: float = 5.0
    favourites: int = 2
    conformity: float = 0.4
    loyalty: float = 0.28
    noise: float = 0.05
    budget: tuple[float, float] = (0.2, 0.8)
    thrift: float = 2.0
    freshness: float = 0.5
    lure: float = 1.0


@dataclass(frozen=True)
class Template:
    """The vocabulary and the people of one industry.

    Attributes:
        styles: latent styles across all categories, each a tuple of plain tags.
        extras: plain tags handed out regardless of shelf and style; the first is the lure tag.
        house: a brand that occurs on every shelf.
        priced, margins: whether items have prices and margins.
        items, users, events: sizes when the caller names none.
    """

    name: str
    categories: tuple[Category, ...]
    styles: tuple[tuple[str, ...], ...]
    segments: tuple[Segment, ...]
    extras: tuple[str, ...]
    house: str
    priced: bool
    margins: bool
    items: int
    users: int
    events: int
