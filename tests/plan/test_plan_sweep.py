"""Sweeps on paper: which variants come of the options, and what is wrong with them, before anything is sent."""

from __future__ import annotations

import json

import pytest

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import resolve

FIXTURE = {
    "items": [{"item_id": "i1", "tags": ["books"]}],
    "users": [{"user_id": "u1", "traits": {"segment": "vip"}}],
    "events": [{"user_id": "u1", "item_id": "i1", "type": 0, "ts": "2026-11-01T00:00:00Z"}],
}
RUNS = {"runs": [{"customer": "acme"}, {"customer": "acme", "id": "two", "env_overrides": {"BRAND_CAP": 2}}]}
SERVICE = {"base_url": "http://service:1", "base_url_source": "--base-url"}


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "fixtures" / "customers"
    folder.mkdir(parents=True)
    (folder / "acme.json").write_text(json.dumps(FIXTURE))
    (tmp_path / "runs.json").write_text(json.dumps(RUNS))
    return tmp_path


def resolved(root, *sweep, **options):
    return resolve(Options(**{"customers": ("acme",), "root": root, "here": root, "sweep": sweep} | options))


def test_a_sweep_makes_a_variant_of_every_value(root):
    found = resolved(root, "MMR_LAMBDA=0.3, 0.5,.7")
    assert [plan.id for plan in found.plans] == [
        "acme@MMR_LAMBDA=0.3",
        "acme@MMR_LAMBDA=0.5",
        "acme@MMR_LAMBDA=.7",
    ]
    assert [plan.knob("MMR_LAMBDA") for plan in found.plans] == [0.3, 0.5, 0.7]
    assert {plan.overrides["MMR_LAMBDA"].origin for plan in found.plans} == {"--recsim-sweep"}
    assert {plan.customer for plan in found.plans} == {"acme"}
    first, *_, last = (plan.variant for plan in found.plans)
    assert (first.number, first.first, last.number, last.of) == (1, "acme@MMR_LAMBDA=0.3", 3, 3)
    assert found.fixture is not None, "they are judged on one data set, which is read once"
    assert (found.batch.name, found.batch.path) == ("acme-sweep", "")


def test_several_knobs_are_combined_and_all_variants_have_one_first(root):
    plans = resolved(root, "MMR_LAMBDA=0.3,0.5", "BRAND_CAP=0,2").plans
    assert [plan.id.partition("@")[2] for plan in plans] == [
        "MMR_LAMBDA=0.3,BRAND_CAP=0",
        "MMR_LAMBDA=0.3,BRAND_CAP=2",
        "MMR_LAMBDA=0.5,BRAND_CAP=0",
        "MMR_LAMBDA=0.5,BRAND_CAP=2",
    ]
    assert {plan.variant.first for plan in plans} == {plans[0].id}
    assert len({plan.profile_sha256 for plan in plans}) == 4


def test_variants_on_a_running_service_share_a_namespace_and_two_sweeps_there_do_not(root):
    plans = resolved(root, "MMR_LAMBDA=0.3,0.5", **SERVICE).plans
    assert {plan.namespace.value for plan in plans} == {"acme"}
    with pytest.raises(InputError, match="would wipe each other's data"):
        resolved(root, "MMR_LAMBDA=0.3,0.5", batch_file="runs.json", **SERVICE)


def test_every_simulation_of_a_manifest_is_swept(root):
    found = resolved(root, "MMR_LAMBDA=0.3,0.5", batch_file="runs.json")
    assert [(plan.id, plan.variant.first) for plan in found.plans] == [
        ("acme@MMR_LAMBDA=0.3", "acme@MMR_LAMBDA=0.3"),
        ("acme@MMR_LAMBDA=0.5", "acme@MMR_LAMBDA=0.3"),
        ("two@MMR_LAMBDA=0.3", "two@MMR_LAMBDA=0.3"),
        ("two@MMR_LAMBDA=0.5", "two@MMR_LAMBDA=0.3"),
    ]
    assert found.batch.name == "runs"


def test_values_with_commas_are_separated_by_semicolons_and_named_by_number(root):
    plans = resolved(root, "BLEND_SEGMENT_OVERRIDES=vip=1|0|0,new=0|1|0; vip=0|1|0").plans
    assert [plan.id for plan in plans] == ["acme@variant-1", "acme@variant-2"]
    assert plans[0].variant.knobs == {"BLEND_SEGMENT_OVERRIDES": "vip=1|0|0,new=0|1|0"}
    assert plans[1].knob("BLEND_SEGMENT_OVERRIDES") == {"vip": [0, 1, 0]}


@pytest.mark.parametrize(
    ("sweep", "options", "words"),
    [
        (["MMR_LAMDA=1,0"], {}, "did you mean `MMR_LAMBDA`"),
        (["MMR_LAMBDA"], {}, "`MMR_LAMBDA`: must be KNOB=VALUE,VALUE"),
        (["MMR_LAMBDA=0.3"], {}, "one value, which is no sweep"),
        (["BRAND_TAG_PREFIXES=brand,maker"], {}, "separate values of this knob by `;`"),
        (["MMR_LAMBDA=0.3,1.7"], {}, "MMR_LAMBDA=1.7: must be a number 0 to 1"),
        (["MMR_LAMBDA=0.3,"], {}, "must be a number 0 to 1"),
        (["MMR_LAMBDA=0.3,0.30"], {}, "MMR_LAMBDA: 0.30 is there twice"),
        (["MMR_LAMBDA=0,1", "MMR_LAMBDA=0.5,1"], {}, "`MMR_LAMBDA` is swept twice"),
        (["API_PORT=1,2"], {}, "`API_PORT` is operational"),
        (["BRAND_CAP=0,1,2,3,4,5", "CATEGORY_CAP=0,1,2,3,4,5"], {}, "36 variants (6 x 6)"),
        (["MMR_LAMBDA=0,1"], {"env_overrides": ("MMR_LAMBDA=1",)}, "--env-override: `MMR_LAMBDA` is swept"),
        (["BRAND_CAP=0,1"], {"batch_file": "runs.json"}, "runs.json:1: `BRAND_CAP` is swept"),
        (["MMR_LAMBDA=0,1"], {"shard": "1/2", "batch_file": "runs.json"}, "--recsim-shard: cuts variants"),
        (["MMR_LAMBDA=0,1"], {"batch_name": "a b"}, "--batch-name: `a b`"),
        (["NEW_USER_MMR_LAMBDA=0,1"], SERVICE, "NEW_USER_MMR_LAMBDA does not reach the service by `request`"),
        (["NEW_USER_MMR_LAMBDA=0,1"], SERVICE, "PROFILE_BOOST, PROFILE_TOP_N"),
        (["COVIS_WINDOW_DAYS=7,7.5"], SERVICE, "COVIS_WINDOW_DAYS=7.5 does not reach the service by `request`; such an override takes whole"),
        (["MMR_LAMBDA=0,1"], SERVICE | {"apply": "admin"}, "must be `request`"),
        (["MMR_LAMBDA=0,1"], {"apply": "none"}, "it brings no knob to the service"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_sweep_is_said_in_a_sentence(root, sweep, options, words):
    with pytest.raises(InputError) as caught:
        resolved(root, *sweep, **options)
    assert words in str(caught.value), str(caught.value)


def test_a_knob_that_cannot_travel_is_told_once_whatever_its_values(root):
    with pytest.raises(InputError) as caught:
        resolved(root, "NEW_USER_MMR_LAMBDA=0,0.5,1", **SERVICE)
    assert len(caught.value.problems) == 1


def test_knobs_that_cannot_travel_are_swept_on_the_stand_in(root):
    plans = resolved(root, "NEW_USER_MMR_LAMBDA=0,1").plans
    assert [plan.knob("NEW_USER_MMR_LAMBDA") for plan in plans] == [0.0, 1.0]


def test_all_that_is_wrong_with_several_sweeps_is_told_together(root):
    with pytest.raises(InputError) as caught:
        resolved(root, "MMR_LAMDA=1,0", "BRAND_CAP=x,1")
    assert len(caught.value.problems) == 2
