"""Which cap makes lists short, as the end of a sentence that a stakeholder reads."""

from __future__ import annotations

import pytest
from truth_answers import event

from pytest_recsim.simulation.truth.room import prefixes, shortened_by

REAL = {"base_url": "http://x", "base_url_source": "--base-url", "apply": "none"}


def shop(*tags, gone=()):
    """One item for each list of tags; those of ``gone`` cannot be shown."""
    items = [{"item_id": f"i{place}", "tags": list(each)} for place, each in enumerate(tags)]
    items += [
        {"item_id": f"g{place}", "tags": list(each), "available": False} for place, each in enumerate(gone)
    ]
    events = [event("u1", "i0", days) for days in (9, 8, 7, 1)]
    return {"items": items, "users": [{"user_id": "u1", "traits": {"segment": "vip"}}], "events": events}


def categories(*values):
    return [(f"category:{value}",) for value in values]


@pytest.fixture
def cause(make_world):
    """Return a factory: rows of tags, caps and k -> what shortens the lists."""

    def find(rows, *, category=0, brand=0, k=20, gone=(), knobs=()):
        caps = (f"CATEGORY_CAP={category}", f"BRAND_CAP={brand}", *knobs)
        return shortened_by(make_world(*caps, document=shop(*rows, gone=gone)), k)

    return find


def test_without_a_cap_nothing_is_said(cause):
    assert cause(categories("a", "b")) == ""


def test_a_cap_that_leaves_too_little_room_is_named_with_its_sum(cause):
    rows = categories("a", "a", "a", "b", "b", "c")
    assert cause(rows, category=3) == ": CATEGORY_CAP=3 x 3 categories leaves room for 9"


def test_items_without_a_category_have_room_beside_the_cap(cause):
    rows = [*categories("a", "a", "b"), ("plain",), ()]
    assert cause(rows, category=1) == ": CATEGORY_CAP=1 x 2 categories leaves room for 4"


def test_what_cannot_be_shown_makes_no_room(cause):
    assert cause(categories("a"), category=2, gone=categories("b", "c")).endswith(
        "1 categories leaves room for 2"
    )
    assert cause([(), ()], brand=1, gone=[(), ()]) == ": BRAND_CAP=1 x 0 brands leaves room for 2"


def test_room_for_exactly_as_many_as_were_asked_for_is_enough(cause):
    rows = categories("a", "b")
    assert cause(rows, category=5, k=10).startswith("; ")
    assert cause(rows, category=5, k=11) == ": CATEGORY_CAP=5 x 2 categories leaves room for 10"


def test_caps_with_room_enough_may_still_be_why_and_are_all_named(cause):
    rows = [(f"category:c{place}", f"brand:b{place}") for place in range(30)]
    why = " may be why: an item counts for each of its values"
    assert cause(rows, category=2) == f"; CATEGORY_CAP=2{why}"
    assert cause(rows, brand=3) == f"; BRAND_CAP=3{why}"
    assert cause(rows, category=2, brand=3) == f"; CATEGORY_CAP=2 and BRAND_CAP=3{why}"


def test_of_two_tight_caps_the_tighter_one_is_named(cause):
    rows = [("category:a", "brand:x"), ("category:b", "brand:x"), ("category:c", "brand:y")]
    assert cause(rows, category=2, brand=4) == ": CATEGORY_CAP=2 x 3 categories leaves room for 6"
    assert cause(rows, category=2, brand=1) == ": BRAND_CAP=1 x 2 brands leaves room for 2"


def test_one_value_in_two_spellings_of_prefix_and_letters_is_one(cause):
    rows = [("Category:Shoes",), ("cat: shoes",), (" CAT:shoes ",)]
    assert cause(rows, category=2) == ": CATEGORY_CAP=2 x 1 categories leaves room for 2"


def test_prefixes_that_the_profile_sets_replace_the_services_own(cause):
    rows = [("aisle:a",), ("category:b",), ("aisle:c", "category:d")]
    found = cause(rows, category=1, knobs=("CATEGORY_TAG_PREFIXES=aisle",))
    assert found == ": CATEGORY_CAP=1 x 2 categories leaves room for 3"


def test_a_cap_that_nobody_knows_is_not_blamed(make_world):
    document = shop(*categories("a"))
    assert shortened_by(make_world("CATEGORY_CAP=1", document=document, **REAL), 20) == ""
    known = make_world("CATEGORY_CAP=9", document=document, admin={"category_cap": 1}, **REAL)
    assert shortened_by(known, 20) == ": CATEGORY_CAP=1 x 1 categories leaves room for 1"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, ("brand",)),
        ([], ("brand",)),
        ([" Maker ", "LABEL"], ("maker", "label")),
    ],
)
def test_prefixes_are_compared_in_lower_case_and_fall_back_to_the_services_own(value, found):
    assert prefixes(value, ("brand",)) == found
