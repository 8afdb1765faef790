"""The five kinds of people every template has, before an industry adapts them."""

from __future__ import annotations

from pytest_recsim.sources.words.model import Segment

NEW_USERS = "new_users"

REGULARS = Segment(name="regulars", share=0.32)
POWER_USERS = Segment(
    name="power_users",
    share=0.14,
    activity=3.5,
    session=7.0,
    favourites=4,
    conformity=0.35,
    loyalty=0.32,
)
BARGAIN_HUNTERS = Segment(
    name="bargain_hunters",
    share=0.18,
    activity=1.1,
    session=6.0,
    favourites=3,
    loyalty=0.22,
    budget=(0.0, 0.35),
    thrift=4.0,
    freshness=0.2,
    lure=2.5,
)
TREND_SEEKERS = Segment(
    name="trend_seekers",
    share=0.16,
    activity=1.2,
    conformity=0.6,
    loyalty=0.20,
    budget=(0.4, 1.0),
    thrift=1.0,
    freshness=3.0,
)
NEWCOMERS = Segment(
    name=NEW_USERS,
    share=0.20,
    session=2.0,
    conformity=0.8,
    loyalty=0.25,
    noise=0.08,
    budget=(0.1, 0.7),
)
BINGE_WATCHERS = Segment(
    name="binge_watchers",
    share=0.18,
    activity=1.4,
    session=9.0,
    loyalty=0.35,
    freshness=0.8,
    lure=2.5,
)

SHOPPERS = (REGULARS, POWER_USERS, BARGAIN_HUNTERS, TREND_SEEKERS, NEWCOMERS)
VIEWERS = (REGULARS, POWER_USERS, BINGE_WATCHERS, TREND_SEEKERS, NEWCOMERS)
