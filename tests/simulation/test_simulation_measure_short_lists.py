"""Lists that end before k: what is then not measured, what is, and which knob is named."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.judge import PADDING
from pytest_recsim.simulation.measure.basis import Basis
from pytest_recsim.simulation.measure.figures import figures_of
from pytest_recsim.simulation.measure.formulas import FORMULAS
from pytest_recsim.simulation.truth.slates import Slates

USERS, ITEMS = 40, 120
AT_20 = {"catalogue_coverage@20", "long_tail_share@20", "novelty@20", "gini@20", "recall@20 (unseen)"}
AT_10 = {
    "ndcg@10 (unseen)",
    "mrr@10 (all)",
    "map@10 (all)",
    "hit_rate@10 (unseen)",
    "intra_list_similarity@10",
}
OWN = {"list_length@20", "short_lists@20"}


def shop(purchases):
    """40 users who bought an item each before and after the split, the first of them many more before it."""
    seeded = [(f"u{user:02}", f"i{user:03}", 40 - user % 20) for user in range(USERS)]
    seeded += [("u00", f"i{item:03}", 30) for item in range(1, purchases + 1)]
    later = [(f"u{user:02}", f"i{user + 40:03}", 2) for user in range(USERS)]
    return {
        "items": [
            {"item_id": f"i{n:03}", "tags": [f"tag{n % 7}", f"category:c{n % 3}", f"brand:b{n}"]}
            for n in range(ITEMS)
        ],
        "users": [{"user_id": f"u{n:02}", "traits": {"segment": "vip"}} for n in range(USERS)],
        "events": [
            {
                "user_id": user,
                "item_id": item,
                "type": 3,
                "ts": f"2026-{10 if days > 21 else 11}-{31 - days % 30:02}T00:00:00Z",
            }
            for user, item, days in (*seeded, *later)
        ],
    }


@pytest.fixture
def measured(make_world, tmp_path):
    """Figures of 40 lists of 20, of which some are cut."""

    def of(cut=0, length=9, *, clamped=0, knobs=(), purchases=0, first=0):
        (tmp_path / "guardrails.yml").write_text("defaults: {quality: {split: 2026-11-20T00:00:00Z}}\n")
        world = make_world(*knobs, document=shop(purchases))
        lists = np.array([(np.arange(20) * 5 + user) % ITEMS for user in range(USERS)], dtype=np.int32)
        lists[first : first + cut, length:] = PADDING
        table = Slates(world, tuple(range(USERS)), lists)
        return figures_of(Basis(table, world.popularity, clamped))

    return of


def missing(figures):
    return {name for name, one in figures.items() if one.value is None}


def test_up_to_a_twentieth_of_the_lists_may_be_short(measured):
    whole, _ = measured(2)
    assert not missing(whole) & (AT_20 | AT_10)
    assert whole["short_lists@20"].value == 2 / USERS
    assert whole["list_length@20"].value == (38 * 20 + 2 * 9) / USERS


def test_more_than_that_leave_nothing_measured_beyond_where_they_end(measured):
    whole, segments = measured(3)
    assert missing(whole) >= AT_20 | AT_10
    assert missing(segments["vip"]) == {name for name in segments["vip"] if name not in OWN}
    assert whole["gini@20"].reason.startswith("3 of 40 lists hold fewer than 20 items (19.2 on average)")
    assert whole["ndcg@10 (unseen)"].reason.startswith("3 of 40 lists hold fewer than 10 items")


def test_lists_of_ten_are_measured_at_10(measured):
    whole, _ = measured(USERS, 10)
    assert missing(whole) >= AT_20
    assert not missing(whole) & (AT_10 | OWN)


def test_how_long_lists_are_is_measured_whatever_they_are(measured):
    whole, segments = measured(USERS)
    for found in (whole, segments["vip"]):
        assert (found["list_length@20"].value, found["short_lists@20"].value) == (9, 1)
        assert found["short_lists@20"].n == USERS


@pytest.mark.parametrize(
    ("knobs", "because"),
    [
        (("CATEGORY_CAP=3", "BRAND_CAP=0"), ": CATEGORY_CAP=3 x 3 categories leaves room for 9"),
        (
            ("CATEGORY_CAP=0", "BRAND_CAP=1"),
            "; BRAND_CAP=1 may be why: an item counts for each of its values",
        ),
        (
            ("CATEGORY_CAP=7", "BRAND_CAP=2"),
            "; CATEGORY_CAP=7 and BRAND_CAP=2 may be why: an item counts for each of its values",
        ),
        (("CATEGORY_CAP=0", "BRAND_CAP=0"), ""),
        (
            ("CATEGORY_CAP=5", "BRAND_CAP=1", "BRAND_TAG_PREFIXES=tag"),
            ": CATEGORY_CAP=5 x 3 categories leaves room for 15",
        ),
        (
            ("CATEGORY_CAP=5", "BRAND_CAP=1", "BRAND_TAG_PREFIXES=category"),
            ": BRAND_CAP=1 x 3 brands leaves room for 3",
        ),
    ],
)
def test_the_cap_that_leaves_no_room_is_named(measured, knobs, because):
    whole, _ = measured(USERS, knobs=knobs)
    assert whole["long_tail_share@20"].reason.endswith(f"so nothing @20 can be measured{because}")


def test_a_service_that_returns_fewer_is_named(measured):
    whole, _ = measured(USERS, 10, clamped=10)
    assert (
        whole["novelty@20"].reason == "the service returns at most 10 items, so nothing @20 can be measured"
    )


def test_lists_that_hold_all_there_is_for_their_user_are_not_short(measured):
    """u00 bought 110 of 120 items, which the profile hides: ten are left, and ten are listed."""
    knobs = ("RULE_EXCLUDE_EVENTS=true", "PURCHASED_WINDOW_DAYS=365")
    excused, _ = measured(3, 10, knobs=knobs, purchases=109)
    assert not missing(excused) & AT_20
    assert excused["short_lists@20"].value == 2 / USERS, "the other two could have had 20"
    short, _ = measured(3, 9, knobs=knobs, purchases=109)
    assert missing(short) >= AT_20


def test_every_metric_of_the_quality_lists_has_a_formula_and_no_other_has():
    assert {name for name, one in METRICS.items() if one.source == "lists"} == set(FORMULAS)
