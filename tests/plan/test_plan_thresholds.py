"""Optional thresholds and those of own metrics: where they hold, and what is wrong with them on paper."""

from __future__ import annotations

import json

import msgspec
import pytest

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.model import OwnFacts, Plan
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import resolve

FIT = OwnFacts("fit", "how well it fits", per_user=True, origin="conftest.py")
SHARE = OwnFacts("share", "a share", per_user=False, origin="conftest.py")


@pytest.fixture
def resolved(tmp_path, monkeypatch):
    """Resolve a plan for acme, segments vip and new, under these guardrails."""
    monkeypatch.chdir(tmp_path)
    document = {
        "items": [{"item_id": "i1"}],
        "users": [{"user_id": name, "traits": {"segment": name}} for name in ("vip", "new")],
        "events": [{"user_id": "vip", "item_id": "i1", "type": 0, "ts": "2026-11-01T00:00:00Z"}],
    }
    (tmp_path / "acme.json").write_text(json.dumps(document))

    def resolve_under(guardrails, *own) -> Plan:
        (tmp_path / "guardrails.yml").write_text(guardrails)
        options = Options(("acme",), root=tmp_path, here=tmp_path, fixture_path="acme.json", own=own)
        (plan,) = resolve(options).plans
        return msgspec.json.decode(msgspec.json.encode(plan), type=Plan)

    return resolve_under


def refusal(resolved, *words):
    with pytest.raises(InputError) as caught:
        resolved(*words)
    return str(caught.value)


def test_nothing_optional_holds_anywhere_unless_it_is_configured(resolved):
    plan = resolved("schema_version: 1\n", FIT)
    assert not [key for key in plan.limits if key.startswith(("max_gini", "min_novelty", "own."))]
    assert plan.scopes("min_novelty") == plan.scopes("max_gini") == []
    with pytest.raises(KeyError):
        plan.limit("min_novelty", "vip")


def test_a_limit_that_segments_may_have_holds_for_each_of_them(resolved):
    plan = resolved(
        "defaults: {quality: {min_novelty: 6, max_gini: 0.9, max_error_rate: 0}}\n"
        "customers: {acme: {segments: {new: {min_novelty: {value: 3, severity: warn}}}}}\n"
    )
    assert set(plan.scopes("min_novelty")) == {"vip", "new"}
    assert (plan.limit("min_novelty", "vip").value, plan.limit("min_novelty", "new").value) == (6, 3)
    assert plan.limit("min_novelty", "new").severity == "warn"
    assert plan.scopes("max_gini") == plan.scopes("max_error_rate") == [""]


def test_a_limit_for_one_segment_holds_for_that_one_only(resolved):
    assert resolved("customers: {acme: {segments: {new: {max_p95_ms: 50}}}}\n").scopes("max_p95_ms") == [
        "new"
    ]
    off = "customers: {acme: {quality: {max_p95_ms: 50}, segments: {new: {max_p95_ms: off}}}}\n"
    assert resolved(off).scopes("max_p95_ms") == ["vip"]


def test_another_customers_limit_holds_for_him_only(resolved):
    assert (
        resolved("customers: {other: {quality: {max_gini: 0.5}, own: {min_x: 1}}}\n").scopes("max_gini") == []
    )


def test_a_severity_without_a_value_anywhere_is_told(resolved):
    text = "customers: {acme: {quality: {max_gini: {severity: warn}}, segments: {vip: {min_recall: {severity: warn}}}}}\n"
    assert refusal(resolved, text).splitlines() == [
        "guardrails.yml:1 (acme): `max_gini` has a severity and nowhere a value; must have a value beside it, or be off",
        "guardrails.yml:1 (acme, vip): `min_recall` has a severity and nowhere a value; must have a value beside it, or be off",
    ]


def test_own_limits_follow_the_kind_of_the_metric(resolved):
    text = (
        "defaults: {own: {min_fit: 0.5, max_share: {value: 0.2, severity: warn}}}\n"
        "customers: {acme: {segments: {new: {own: {min_fit: 0.25}}}}}\n"
    )
    plan = resolved(text, FIT, SHARE)
    assert {segment: limit.value for segment, limit in plan.limits["own.min_fit"].items()} == {
        "vip": 0.5,
        "new": 0.25,
    }
    assert plan.scopes("own.max_share") == [""]
    assert plan.limit("own.max_share").severity == "warn"


def test_an_own_limit_without_its_metric_is_told_with_the_nearest_name(resolved):
    text = "customers:\n  acme:\n    own: {min_fti: 1}\n"
    assert refusal(resolved, text, FIT, SHARE) == (
        "guardrails.yml:3 (acme): `own.min_fti`: you announce no metric `fti`; must be one of fit, share; did you mean `fit`?"
    )
    told = refusal(resolved, text)
    assert "no conftest.py of the suite defines pytest_recsim_metrics" in told


def test_an_own_limit_of_a_segment_is_told_where_the_metric_has_no_users(resolved):
    text = "customers:\n  acme:\n    own: {min_share: 1}\n    segments: {new: {own: {min_share: 2}}}\n"
    assert refusal(resolved, text, SHARE) == (
        "guardrails.yml:4 (acme, new): `own.min_share`: `share` is a figure of the whole run; it belongs outside `segments`"
    )


def test_thresholds_for_a_segment_that_nobody_is_in_are_noted(resolved):
    plan = resolved("customers:\n  acme:\n    segments: {vpi: {min_novelty: 5}, new: {min_novelty: 5}}\n")
    assert plan.guardrail_notes == (
        "guardrails.yml:3 (acme, vpi): the data set has no segment `vpi`, so what stands there holds for nobody; did you mean `vip`?",
    )
