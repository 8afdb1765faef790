"""The knob table: what was asked for against what the service shows, and how that is known."""

from __future__ import annotations

import pytest

from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.data.profiles.profiles import packaged_profiles
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import Answer, Blend, Explain, Extras, Mmr, Policy, ScoredItem, Trace
from pytest_recsim.simulation.truth.inferred import Signs
from pytest_recsim.simulation.truth.knobs_in_effect import KnobsInEffect, explained, knob_table, sends

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


def effective(world, **admin):
    return KnobsInEffect(world.plan, admin)


@pytest.fixture
def bare(tmp_path):
    """Return a factory: text -> a profile of its own for a running service."""

    def make(text):
        (path := tmp_path / "bare.env").write_text(text)
        return {"env_profile": str(path), **REAL}

    return make


def test_on_the_stand_in_the_profile_is_in_effect_and_everything_is_known(make_world):
    ours = effective(make_world("BRAND_CAP=4"), brand_cap=9)
    assert ours.value("BRAND_CAP") == 4
    assert ours.known("NEW_USER_POP_FANOUT")
    assert ours.known("PROFILE_STARTER_DECAY_EVENTS")


def test_on_a_running_service_what_is_not_sent_is_what_its_document_says(make_world):
    world = make_world("PROFILE_MIN_EVENTS_FOR_BOOST=4", **REAL)
    theirs = effective(world, profile_min_events_for_boost=7, max_k=0)
    assert (theirs.value("PROFILE_MIN_EVENTS_FOR_BOOST"), theirs.min_events) == (7, 7)
    assert theirs.known("PROFILE_MIN_EVENTS_FOR_BOOST")
    assert theirs.known("RECOMMENDATION_MAX_K")
    assert not theirs.known("RECOMMENDATION_MAX_FANOUT")
    assert theirs.value("RECOMMENDATION_MAX_FANOUT") is None


def test_what_a_document_only_echoes_is_not_known_from_it(make_world):
    theirs = effective(make_world(apply="none", **REAL), new_user_pop_fanout=5, segment_profiles={})
    assert (theirs.value("NEW_USER_POP_FANOUT"), theirs.known("NEW_USER_POP_FANOUT")) == (None, False)
    assert not theirs.known("BLEND_SEGMENT_OVERRIDES")


def test_a_knob_without_a_place_in_the_document_is_unknown_unless_it_is_sent(make_world):
    nothing = effective(make_world(apply="none", **REAL))
    assert not nothing.known("PROFILE_STARTER_DECAY_EVENTS")
    assert nothing.value("PROFILE_STARTER_DECAY_EVENTS") is None


def test_a_knob_that_is_sent_is_known_and_one_that_the_profile_leaves_out_is_the_services(make_world, bare):
    sent = effective(make_world(**bare("MMR_LAMBDA=0.5\n")), mmr_lambda=0.9, brand_cap=3)
    assert (sent.value("MMR_LAMBDA"), sent.known("MMR_LAMBDA")) == (0.5, True)
    assert (sent.value("BRAND_CAP"), sent.known("BRAND_CAP")) == (3, True)
    assert not sent.known("CATEGORY_CAP")


def test_a_minimum_of_events_that_nobody_knows_is_the_services_default(make_world):
    world = make_world(apply="none", **REAL)
    assert effective(world).min_events == 3
    assert effective(world, profile_min_events_for_boost=0).min_events == 0


@pytest.mark.parametrize(
    ("knob", "shown", "words"),
    [
        ("RULE_EXCLUDE_EVENTS", True, "true"),
        ("RULE_EXCLUDE_EVENTS", False, "false"),
        ("CATEGORY_TAG_PREFIXES", ["a", "b"], "a,b"),
        ("PROFILE_COLD_START_MULTIPLIER", 0.10, "0.1"),
        ("PROFILE_WINDOW_DAYS", 30.0, "30"),
        ("BRAND_CAP", 4, "4"),
    ],
)
def test_a_value_is_shown_as_an_env_file_has_it(make_world, knob, shown, words):
    assert rows(make_world(), {}, {KNOBS[knob].admin_key: shown})[knob].in_effect == words


@pytest.mark.parametrize(
    ("knob", "shown", "same"),
    [
        ("PROFILE_COLD_START_MULTIPLIER=0.3", 0.1 + 0.2, True),
        ("PROFILE_COLD_START_MULTIPLIER=0.3", 0.3001, False),
        ("PROFILE_COLD_START_MULTIPLIER=0", 1e-13, True),
        ("PROFILE_COLD_START_MULTIPLIER=0.3", "0.3", False),
        ("PROFILE_COLD_START_MULTIPLIER=1", True, False),
        ("RULE_EXCLUDE_EVENTS=true", 1, False),
        ("RULE_EXCLUDE_EVENTS=true", True, True),
    ],
)
def test_numbers_are_compared_to_the_last_digits_that_count_and_kinds_kept_apart(
    make_world, knob, shown, same
):
    name = knob.partition("=")[0]
    found = rows(make_world(knob), {}, {KNOBS[name].admin_key: shown})[name]
    assert (found.status == "in effect") is same


def test_a_row_says_whose_lists_a_knob_moves_and_what_carries_it_to_a_service(make_world):
    table = rows(make_world(), {})
    assert table["BLEND_ALPHA"].carried_by == ("request", "admin", "env-file")
    assert table["NEW_USER_BLEND_ALPHA"].carried_by == ("env-file",)
    assert (table["BLEND_ALPHA"].moves, table["BRAND_CAP"].moves) == ("established users", "all users")
    assert list(table) == sorted(table)


def test_a_fraction_of_a_day_is_carried_by_no_request(make_world):
    knob = "PURCHASED_WINDOW_DAYS"
    assert "request" not in rows(make_world(f"{knob}=20.5"), {})[knob].carried_by
    assert "request" in rows(make_world(f"{knob}=20"), {})[knob].carried_by


def test_only_a_mode_that_brings_a_knob_sends_it(make_world):
    sent = make_world(**REAL).plan
    assert sends(sent, "BLEND_ALPHA")
    assert not sends(sent, "NEW_USER_BLEND_ALPHA")
    assert not sends(make_world(apply="none", **REAL).plan, "BLEND_ALPHA")


def test_an_override_never_shows_in_the_document_and_what_was_not_sent_does(make_world):
    table = rows(make_world("BRAND_CAP=4", **REAL), {}, {"brand_cap": 9, "profile_min_events_for_boost": 9})
    assert table["BRAND_CAP"].status == "sent, not visible"
    assert table["PROFILE_MIN_EVENTS_FOR_BOOST"].status == "differs"


def test_that_the_document_says_rules_are_on_proves_nothing_and_that_they_are_off_does(make_world):
    world = make_world("RULES_ENABLE=true", apply="admin", **REAL)
    assert rows(world, {}, {"rules_enabled": True})["RULES_ENABLE"].status == "unknown"
    off = rows(world, {}, {"rules_enabled": False}, rules=True)["RULES_ENABLE"]
    assert (off.status, off.seen_in) == ("differs", "admin config")
    assert rows(world, {}, {}, rules=True)["RULES_ENABLE"].seen_in == "dry run of the rules"


@pytest.mark.parametrize(("rules", "named"), [(False, True), (True, False), (None, False)])
def test_rules_that_are_off_are_named_also_where_the_profile_does_not_ask_for_them(
    make_world, bare, rules, named
):
    row = rows(make_world(**bare("MMR_LAMBDA=0.5\n")), {}, rules=rules).get("RULES_ENABLE")
    assert (row is not None) is named
    if named:
        told = (row.status, row.asked, row.in_effect, row.carried_by)
        assert told == ("differs", "(not set)", "false", ())


def test_the_first_item_that_is_explained_is_read_and_lambda_only_where_it_is_told():
    shown = exchange()
    first, second = ScoredItem(item_id="i0", score=2.0), Explain(blend=Blend(alpha=0.1, beta=0.2, gamma=0.3))
    listed = [first, ScoredItem(item_id="i1", score=1.0, explain=second)]
    answer = Answer(model_version="m", items=listed, trace=shown.answer.trace)
    found = explained(Exchange(shown.ask, answer, 0.0, "u", "o", "n"))
    assert found == {"alpha": 0.1, "beta": 0.2, "gamma": 0.3}
    assert explained(shown) == {"alpha": 0.3, "beta": 0.5, "gamma": 0.2, "lambda": 0.35}


def test_a_profile_without_the_weight_has_no_row_for_it_whatever_answers_show(make_world, bare):
    world = make_world(**bare("BRAND_CAP=3\n"))
    assert list(rows(world, {"established": [exchange(alpha=0.9)], "sparse": []})) == ["BRAND_CAP"]


def test_what_is_sent_is_known_without_a_document_and_a_stand_in_has_no_knobs_of_somebody_elses(
    make_world, tmp_path
):
    assert effective(make_world(**REAL)).known("MMR_LAMBDA")
    shipped = (packaged_profiles() / "prod.env").read_text()
    kept = [line for line in shipped.splitlines() if not line.startswith("NEW_USER_")]
    (bare := tmp_path / "bare.env").write_text("\n".join(kept))
    ours = effective(make_world(env_profile=str(bare)))
    assert ours.plan.knob("NEW_USER_BLEND_ALPHA") is None
    assert ours.known("NEW_USER_BLEND_ALPHA")


def test_without_signs_nothing_is_read_that_would_need_them(make_world):
    world = make_world("POPULARITY_FANOUT=300")
    found = {row.knob: row.status for row in knob_table(world.plan, {}, {"established": [exchange()]})}
    assert (found["POPULARITY_FANOUT"], found["BLEND_ALPHA"]) == ("started with it", "in effect")


def test_what_a_document_only_echoes_is_not_what_is_in_effect(make_world):
    table = rows(make_world("NEW_USER_BLEND_ALPHA=0.25"), {}, {"new_user_blend_alpha": 0.9})
    assert table["NEW_USER_BLEND_ALPHA"].status == "started with it"
