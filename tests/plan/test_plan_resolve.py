"""Options become a plan on paper: defaults, precedence with origins, and every problem in one sentence."""

from __future__ import annotations

import json

import msgspec
import pytest

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.model import DEFAULT_ORG, Plan
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import resolve
from pytest_recsim.sources.writer import write_fixture

FIXTURE = {
    "items": [{"item_id": "i1", "tags": ["books"]}],
    "users": [{"user_id": "u1", "traits": {"segment": "vip"}}],
    "events": [{"user_id": "u1", "item_id": "i1", "type": 0, "ts": "2026-11-01T00:00:00Z"}],
}
GUARDRAILS = """
customers:
  acme:
    namespace: acme_ns
    env_profile: dev
    org_id: 1b4e28ba-2fa1-11d2-883f-0016d3cca427
    segments: {vip: {min_segment_lift_ndcg: 0.5}}
    waivers: [{check: S9, reason: no margins, until: 2030-01-31}]
"""


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "fixtures" / "customers"
    folder.mkdir(parents=True)
    (folder / "acme.json").write_text(json.dumps(FIXTURE))
    return tmp_path


def plan_of(root, **options):
    (plan,) = resolve(Options(**{"customers": ("acme",), "root": root, "here": root} | options)).plans
    return plan


def refusal(root, **options):
    with pytest.raises(InputError) as caught:
        resolve(Options(**{"customers": ("acme",), "root": root, "here": root} | options))
    return str(caught.value)


def test_without_anything_said_the_stand_in_runs_the_packaged_prod_profile(root):
    plan = plan_of(root)
    assert plan.stand_in
    assert (plan.profile.value, plan.profile.origin) == ("prod", "built in")
    assert (plan.apply.value, plan.namespace.value, plan.org_id.value) == ("env", "acme", DEFAULT_ORG)
    assert plan.knob("RULES_ENABLE") is True
    assert plan.limit("min_segment_lift_ndcg").value == 0.1


def test_the_customers_entry_decides_where_no_option_does(root):
    (root / "guardrails.yml").write_text(GUARDRAILS)
    plan = plan_of(root)
    assert plan.namespace.value == "acme_ns"
    assert plan.namespace.origin.endswith("guardrails.yml:4 (acme)")
    assert plan.profile.value == "dev"
    assert plan.org_id.value == "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


def test_options_win_over_the_entry(root):
    (root / "guardrails.yml").write_text(GUARDRAILS)
    plan = plan_of(root, namespace="typed", env_profile="ci", org_id="2b4e28ba-2fa1-11d2-883f-0016d3cca427")
    assert (plan.namespace.value, plan.namespace.origin) == ("typed", "--namespace")
    assert (plan.profile.value, plan.profile.origin) == ("ci", "--env-profile")
    assert plan.org_id.origin == "--org-id"


def test_the_environments_tenant_wins_over_the_entry_but_not_over_the_option(root):
    (root / "guardrails.yml").write_text(GUARDRAILS)
    other = "3b4e28ba-2fa1-11d2-883f-0016d3cca427"
    assert plan_of(root, environ_org=other).org_id.origin == "RECSYS_ORG_ID"
    assert plan_of(root, environ_org=other, org_id=DEFAULT_ORG).org_id.value == DEFAULT_ORG


def test_a_segments_own_threshold_holds_for_it_and_the_others_keep_theirs(root):
    (root / "guardrails.yml").write_text(GUARDRAILS)
    plan = plan_of(root)
    assert plan.limit("min_segment_lift_ndcg", "vip").value == 0.5
    assert plan.limit("min_segment_lift_ndcg").value == 0.1
    assert plan.limit("min_segment_lift_mrr", "vip").value == 0.1


def test_waivers_travel_with_the_plan(root):
    (root / "guardrails.yml").write_text(GUARDRAILS)
    (waiver,) = plan_of(root).waivers
    assert (waiver.check, waiver.reason, waiver.until) == ("S9", "no margins", "2030-01-31")


def test_an_override_lies_on_top_of_the_profile_and_says_so(root):
    plan = plan_of(root, env_overrides=("MMR_LAMBDA=0.9",))
    assert plan.knob("MMR_LAMBDA") == 0.9
    assert plan.knobs["MMR_LAMBDA"].origin == "--env-override"
    assert plan.profile_sha256 != plan_of(root).profile_sha256


def test_a_real_service_gets_its_knobs_with_the_requests(root):
    plan = plan_of(root, base_url="http://x", base_url_source="--base-url")
    assert (plan.stand_in, plan.apply.value) == (False, "request")


def test_a_plan_survives_the_trip_to_a_worker(root):
    (root / "guardrails.yml").write_text(GUARDRAILS + "    quality: {split: '2026-10-01T00:00:00Z'}\n")
    plan = plan_of(root)
    there = msgspec.json.decode(msgspec.json.encode(plan), type=Plan)
    assert there == plan
    assert there.split.isoformat() == "2026-10-01T00:00:00+00:00"


def test_a_customer_with_an_entry_and_no_data_set_is_not_called_unknown(root):
    (root / "guardrails.yml").write_text(GUARDRAILS)
    (root / "fixtures" / "customers" / "acme.json").unlink()
    said = refusal(root)
    assert "`acme` has an entry in" in said
    assert "there is no fixture at" in said
    assert "unknown" not in said
    assert "did you mean" not in said


def test_subjects_are_drawn_alike_in_every_run_and_differ_by_purpose(root):
    draws = [plan_of(root).rng("a").random() for _ in range(2)]
    assert draws[0] == draws[1] != plan_of(root).rng("b").random()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"customers": ("acmee",)},
            ["--customer", "`acmee` is unknown", "known here: acme", "did you mean `acme`?"],
        ),
        ({"customers": ("Acme",)}, ["--customer", "`Acme`", "lower-case"]),
        ({"customers": ("batches",)}, ["`batches`", "is the folder of batch summaries"]),
        ({"env_profile": "prdo"}, ["prdo", "did you mean `prod`?"]),
        ({"env_overrides": ("MMR_LAMBDA=1.7",)}, ["MMR_LAMBDA", "1.7", "0 to 1"]),
        ({"env_overrides": ("MMR_LAMDA=0.7",)}, ["MMR_LAMDA", "did you mean `MMR_LAMBDA`?"]),
        ({"namespace": "a b"}, ["--namespace", "`a b`"]),
        ({"namespace": "shop "}, ["--namespace", "`shop `", "did you mean `shop`?"]),
        ({"org_id": "00000000-0000-0000-0000-000000000000"}, ["--org-id", "all-zero"]),
        ({"environ_org": "x"}, ["RECSYS_ORG_ID", "`x`", "UUID"]),
        ({"sample_users": "0"}, ["--recsim-sample-users", "`0`", ">= 1"]),
        ({"sample_users": "2.5"}, ["--recsim-sample-users", "whole number"]),
        ({"timeout": "soon"}, ["--recsim-timeout", "`soon`", "a number"]),
        ({"warm_up": "-1"}, ["--recsim-warm-up", "`-1`", ">= 0"]),
        ({"window_days": "nan"}, ["--recsim-window-days", "`nan`"]),
        ({"concurrency": "-1"}, ["--recsim-concurrency", "`-1`"]),
        ({"skip": ("sed",)}, ["--recsim-skip", "`sed`", "did you mean `seed`?"]),
        ({"apply": "requst"}, ["--recsim-apply", "did you mean `request`?"]),
        (
            {"apply": "env", "base_url": "http://x", "base_url_source": "--base-url"},
            ["`env`", "request, admin, env-file, none"],
        ),
        ({"fixture_path": "nowhere.json"}, ["nowhere.json"]),
        ({"guardrails_file": "nowhere.yml"}, ["nowhere.yml"]),
        (
            {"stop_early": True, "sweep": ("MMR_LAMBDA=0.3,0.5",)},
            ["--recsim-stop-early", "--recsim-sweep", "use one of the two"],
        ),
        ({"stop_early": True, "skip": ("quality",)}, ["--recsim-stop-early", "--recsim-skip quality"]),
        ({"stop_early": True, "seed_only": True}, ["--recsim-stop-early", "--recsim-seed-only"]),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(root, options, words):
    said = refusal(root, **options)
    assert all(word in said for word in words), said


def test_problems_of_profile_tenant_and_fixture_are_told_together(root):
    said = refusal(root, env_profile="prdo", org_id="x", fixture_path="nowhere.json")
    assert len(said.splitlines()) == 3


def test_options_for_one_customer_are_refused_with_several(root):
    (root / "fixtures" / "customers" / "beta.json").write_text(json.dumps(FIXTURE))
    said = refusal(root, customers=("acme", "beta"), namespace="x", fixture_path="y.json")
    assert "--namespace: is for exactly one --customer" in said
    assert "--fixture-path: is for exactly one --customer" in said


@pytest.mark.parametrize("name", ["new_shop.json.gz", "new_shop"])
def test_the_data_set_of_a_customer_is_found_in_whatever_it_lies(root, name):
    write_fixture(FIXTURE, root / "fixtures" / "customers" / name)
    assert plan_of(root, customers=("new-shop",)).fixture.sha256 == plan_of(root).fixture.sha256
    assert "new-shop, retail; did you mean `new-shop`?" in refusal(root, customers=("new-shap",))


def test_two_data_sets_of_one_customer_are_refused(root):
    write_fixture(FIXTURE, root / "fixtures" / "customers" / "acme")
    said = refusal(root)
    assert (
        "`acme.json` and `acme` are both data sets of `acme`; keep one, or name it with --fixture-path"
        in said
    )


def test_a_folder_beside_a_data_set_that_is_none_is_no_matter(root):
    (root / "fixtures" / "customers" / "acme").mkdir()
    assert plan_of(root).fixture.users == 1


def test_a_customer_named_twice_is_run_once(root):
    assert len(resolve(Options(customers=("acme", "acme"), root=root, here=root)).plans) == 1


OLD = FIXTURE | {
    "events": [FIXTURE["events"][0] | {"ts": f"{year}-11-01T00:00:00Z"} for year in (2006, 2025, 2026)]
}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"base_url": "http://127.0.0.1:9", "env_overrides": ("POPULARITY_HALFLIFE_DAYS=5",)}, True),
        ({"base_url": "http://127.0.0.1:9", "env_overrides": ("POPULARITY_HALFLIFE_DAYS=8",)}, False),
        ({"base_url": "http://127.0.0.1:9", "window_days": "400"}, False),
        ({"base_url": "http://127.0.0.1:9", "skip": ("reset", "seed")}, False),
        ({}, False),
    ],
)
def test_events_that_a_service_could_not_decay_are_refused_on_paper(root, options, told):
    """Seeded: 2006 to 2026, 7,305 days; the stand-in takes them."""
    (root / "fixtures/customers/acme.json").write_text(json.dumps(OLD))
    if told:
        assert "the seeded events span" in refusal(root, **options)
    else:
        assert plan_of(root, **options)


@pytest.mark.parametrize("surface", ["recsim-s2", "ho\x1bme"])
def test_a_surface_of_the_scenarios_or_with_control_characters_is_refused(root, surface):
    assert "must be a name without control characters that does not start with `recsim-`" in refusal(
        root, surface=surface
    )


SERVED = {"base_url": "http://shop", "base_url_source": "--base-url"}


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        ("customer-a: {}", "customer_a: {}", True),
        ("customer-a: {}", "beta: {namespace: customer_a}", True),
        ("customer-a: {namespace: beta}", "beta: {}", True),
        ("customer-a: {namespace: shop}", "beta: {namespace: shop}", False),
        ("customer-a: {}", "customer_a: {namespace: other}", False),
        ("customer-a: {}", "customer_a: {org_id: 7f3c1a52-9f0e-4c1b-8a3d-2b1f60c4d9e1}", False),
    ],
)
def test_two_customers_of_one_file_that_fall_on_one_namespace_are_told_on_paper(root, first, second, refused):
    (root / "fixtures" / "customers" / "customer_a.json").write_text(json.dumps(FIXTURE))
    (root / "guardrails.yml").write_text(f"customers:\n  {first}\n  {second}\n")
    served = {"customers": ("customer-a",), **SERVED}
    if refused:
        said = refusal(root, **served)
        assert "guardrails.yml:3" in said
        assert "fall on the same namespace" in said
    else:
        plan_of(root, **served)
    plan_of(root, customers=("customer-a",))  # a stand-in of its own holds nobody else's data
    plan_of(root, namespace="typed", **served)
