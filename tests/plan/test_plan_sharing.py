"""Plans of a batch: equal ones hold the same parts, and none becomes another."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import resolve
from pytest_recsim.plan.sharing import Once

FIXTURE = {
    "items": [{"item_id": "i1", "tags": ["books"]}],
    "users": [{"user_id": "u1", "traits": {"segment": "vip"}}],
    "events": [{"user_id": "u1", "item_id": "i1", "type": 0, "ts": "2026-11-01T00:00:00Z"}],
}


@pytest.fixture
def plan_of(tmp_path):
    """Return a factory of plans, all of them equal and none holding anything of another."""
    folder = tmp_path / "fixtures" / "customers"
    folder.mkdir(parents=True)
    (folder / "acme.json").write_text(json.dumps(FIXTURE))
    return lambda: resolve(Options(customers=("acme",), root=tmp_path, here=tmp_path)).plans[0]


def test_what_two_plans_have_in_common_is_kept_once(plan_of):
    first, second = plan_of(), replace(plan_of(), id="beta")
    once = Once()
    one, two = once.shared(first), once.shared(second)
    assert (one, two) == (first, second)
    assert (one.knobs, one.limits, one.profile) == (two.knobs, two.limits, two.profile)
    assert one.knobs is two.knobs
    assert one.limits is two.limits
    assert one.profile is two.profile


def test_what_differs_stays_and_thresholds_that_are_the_same_are_shared_one_by_one(plan_of):
    first, second = plan_of(), plan_of()
    key, *others = second.limits
    second = replace(second, limits={**second.limits, key: {}})
    once = Once()
    one, two = once.shared(first), once.shared(second)
    assert (one, two) == (first, second)
    assert all(one.limits[other] is two.limits[other] for other in others)


def test_a_number_is_not_taken_for_one_that_only_looks_alike(plan_of):
    first, second = plan_of(), plan_of()
    knob = next(iter(first.knobs))
    whole = replace(first, knobs={knob: replace(first.knobs[knob], value=1)}, warm_up=1)
    broken = replace(second, knobs={knob: replace(first.knobs[knob], value=1.0)}, warm_up=1.0)
    once = Once()
    found = [once.shared(whole), once.shared(broken)]
    assert [type(one.knobs[knob].value) for one in found] == [int, float]
    assert [type(one.warm_up) for one in found] == [int, float]
