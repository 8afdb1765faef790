"""The knob table: what was asked for against what the service shows, and how that is known."""

from __future__ import annotations

import pytest

from pytest_recsim.data.profiles.profiles import packaged_profiles
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import Answer, Blend, Explain, Extras, Mmr, Policy, ScoredItem, Trace
from pytest_recsim.simulation.truth.inferred import Signs
from pytest_recsim.simulation.truth.knobs_in_effect import explained, knob_table

REAL = {"base_url": "http://x", "base_url_source": "--base-url"}


def exchange(*, alpha=0.3, beta=0.5, gamma=0.2, lambda_=0.35):
    policy = Policy(**dict.fromkeys(Policy.__struct_fields__[:16], 0))
    explain = Explain(blend=Blend(alpha=alpha, beta=beta, gamma=gamma), mmr=Mmr(lambda_=lambda_))
    answer = Answer(
        model_version="m",
        items=[ScoredItem(item_id="i1", score=1.0, explain=explain)],
        trace=Trace(
            extras=Extras(policy=policy, recent_event_count=9, candidate_sources={}, signal_status={})
        ),
    )
    return Exchange(Ask("u1"), answer, 0.01, "http://x/v1/recommendations", "org", "ns")


def rows(world, seen, admin=None, **signs):
    return {row.knob: row for row in knob_table(world.plan, admin or {}, seen, Signs(**signs))}


def test_weights_that_explain_blocks_show_are_in_effect(make_world):
    row = rows(make_world(), {"established": [exchange()]})["BLEND_ALPHA"]
    assert (row.status, row.in_effect, row.seen_in) == ("in effect", "0.3", "explain, established users")


def test_a_weight_that_was_sent_and_is_not_shown_is_not_in_effect(make_world):
    row = rows(make_world(), {"established": [exchange(alpha=0.9)]})["BLEND_ALPHA"]
    assert (row.status, row.asked, row.in_effect) == ("not in effect", "0.3", "0.9")


def test_one_answer_that_disagrees_outweighs_those_that_agree(make_world):
    seen = {"established": [exchange(), exchange(lambda_=0.9), exchange()]}
    assert rows(make_world(), seen)["MMR_LAMBDA"].status == "not in effect"


def test_sparse_users_show_their_own_weights(make_world):
    seen = {"sparse": [exchange(alpha=0.25, beta=0.45, gamma=0.3, lambda_=0.15)]}
    table = rows(make_world(), seen)
    assert table["NEW_USER_BLEND_ALPHA"].status == "in effect"
    assert table["NEW_USER_MMR_LAMBDA"].status == "in effect"
    assert table["BLEND_ALPHA"].status == "started with it"


def test_a_zero_that_the_service_leaves_out_is_a_zero(make_world):
    assert (
        rows(make_world("BLEND_GAMMA=0"), {"established": [exchange(gamma=0.0)]})["BLEND_GAMMA"].status
        == "in effect"
    )


def test_the_stand_in_is_held_to_its_admin_config(make_world):
    table = rows(make_world("BRAND_CAP=4"), {}, {"brand_cap": 4, "category_cap": 9})
    assert table["BRAND_CAP"].status == "in effect"
    assert table["CATEGORY_CAP"].status == "not in effect"


def test_on_a_real_service_what_cannot_be_sent_is_compared_and_never_fails(make_world):
    table = rows(
        make_world(**REAL), {}, {"profile_min_events_for_boost": 5, "profile_cold_start_multiplier": 0.1}
    )
    assert table["PROFILE_MIN_EVENTS_FOR_BOOST"].status == "same"
    assert table["PROFILE_COLD_START_MULTIPLIER"].status == "differs"
    assert table["NEW_USER_POP_FANOUT"].status == "unknown"


def test_on_a_real_service_what_is_sent_but_shown_nowhere_is_called_that(make_world):
    assert rows(make_world(**REAL), {})["COVIS_WINDOW_DAYS"].status == "sent, not visible"


def test_knobs_without_effect_on_ranking_are_left_out(make_world):
    assert "BANDIT_ALGO" not in rows(make_world(), {})


def test_weights_per_segment_make_one_number_per_class_meaningless(make_world):
    world = make_world("BLEND_SEGMENT_OVERRIDES=vip=1|0|0")
    assert rows(world, {"established": [exchange(alpha=1.0)]})["BLEND_ALPHA"].status != "not in effect"


def test_an_answer_without_explanations_shows_nothing():
    bare = exchange()
    stripped = Answer(model_version="m", items=[ScoredItem(item_id="i1", score=1.0)], trace=bare.answer.trace)
    assert explained(Exchange(bare.ask, stripped, 0.0, "u", "o", "n")) == {}


@pytest.mark.parametrize("mode", ["none"])
def test_in_mode_none_nothing_was_sent_so_nothing_can_fail(make_world, mode):
    table = rows(make_world(apply=mode, **REAL), {"established": [exchange(alpha=0.9)]})
    assert table["BLEND_ALPHA"].status == "differs"


def test_the_members_of_a_list_may_come_in_any_order(make_world):
    world = make_world("CATEGORY_TAG_PREFIXES=a:,b:", apply="admin", **REAL)
    for shown, status in ((["b:", "a:"], "in effect"), (["b:"], "not in effect")):
        row = rows(world, {}, {"category_tag_prefixes": shown})["CATEGORY_TAG_PREFIXES"]
        assert row.status == status


@pytest.mark.parametrize(
    ("mode", "status"), [("request", "differs"), ("admin", "differs"), ("env", "not in effect")]
)
def test_a_knob_of_sparse_users_that_only_the_service_sets_is_named_and_not_the_one_it_replaces(
    make_world, tmp_path, mode, status
):
    bare = tmp_path / "bare.env"
    shipped = (packaged_profiles() / "prod.env").read_text()
    bare.write_text(
        shipped.replace("NEW_USER_BLEND_ALPHA=0.25\n", "").replace("NEW_USER_BLEND_BETA=0.45\n", "")
    )
    world = make_world(env_profile=str(bare), **({} if mode == "env" else REAL | {"apply": mode}))
    sparse = exchange(alpha=0.25, beta=0.5, gamma=0.3, lambda_=0.15)
    table = rows(world, {"established": [exchange()], "sparse": [sparse]})
    assert table["BLEND_ALPHA"].status in ("in effect", "same")
    found = table["NEW_USER_BLEND_ALPHA"]
    assert (found.status, found.asked, found.in_effect) == (status, "(not set)", "0.25")
    assert "NEW_USER_BLEND_BETA" not in table


@pytest.mark.parametrize(
    ("mode", "rules", "status"),
    [
        ("request", False, "differs"),
        ("request", True, "same"),
        ("admin", False, "differs"),
        ("admin", True, "same"),
        ("env-file", False, "not in effect"),
        ("env-file", True, "in effect"),
    ],
)
def test_whether_rules_are_on_is_seen_in_a_dry_run_and_no_document_can_switch_them_on(
    make_world, tmp_path, mode, rules, status
):
    file = tmp_path / "service.env"
    file.write_text("")
    more = {"env_file": str(file), "restart_command": "true"} if mode == "env-file" else {}
    world = make_world("RULES_ENABLE=true", apply=mode, **REAL, **more)
    assert rows(world, {}, {"rules_enabled": True}, rules=rules)["RULES_ENABLE"].status == status
