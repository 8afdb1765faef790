"""For whom the profile is in effect, and what that does to numbers over users."""

from __future__ import annotations

import numpy as np
import pytest
from truth_answers import DOCUMENT

from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import Answer, Explain, Extras, Policy, ScoredItem, Trace
from pytest_recsim.simulation.measure.scoring import score
from pytest_recsim.simulation.truth.applied import (
    Applied,
    Standing,
    Unapplied,
    applied,
    remedy,
    rules_off,
    told_knobs,
)
from pytest_recsim.simulation.truth.inferred import Signs
from pytest_recsim.simulation.truth.knobs_in_effect import NOT_SET, knob_table
from pytest_recsim.simulation.truth.moves import MOVES, WORDS

REAL = {"base_url": "http://x", "base_url_source": "--base-url", "apply": "request"}
ADMIN = {"profile_min_events_for_boost": 3}


def exchange(user="u1", *, recent=9, anchors=9, items=("i1",)):
    explain = Explain(anchors=[f"a{number}" for number in range(anchors)] or ["(no_recent_activity)"])
    extras = Extras(
        policy=Policy(**dict.fromkeys(Policy.__struct_fields__[:16], 0)),
        recent_event_count=recent,
        candidate_sources={},
        signal_status={},
    )
    listed = [ScoredItem(item_id=item, score=1.0, explain=explain) for item in items]
    answer = Answer(model_version="m", items=listed, trace=Trace(extras=extras))
    return Exchange(Ask(user), answer, 0, "u", "o", "n")


def differing(knob, in_effect="5", *, status="differs", asked="", carried=("admin", "env-file")):
    return KnobRow(knob, asked, "p:1", in_effect, status, "admin config", "", carried)


ESTABLISHED, FEW, SPARSE = exchange(), exchange(anchors=1), exchange("u3", recent=1, anchors=1)
NEW = exchange("u2", recent=2, anchors=2)


def test_every_ranking_knob_says_whose_lists_it_moves():
    assert set(MOVES) == {name for name, knob in KNOBS.items() if knob.ranks}
    assert set(MOVES.values()) <= set(WORDS)


@pytest.mark.parametrize(
    ("knob", "in_effect", "moved"),
    [
        ("BLEND_ALPHA", "0.9", {"u1"}),
        ("NEW_USER_BLEND_ALPHA", "0.9", {"u2", "u3"}),
        ("COVIS_WINDOW_DAYS", "9", {"u1", "u2", "u3"}),
        ("EXCLUDE_EVENT_TYPES", "0", {"u1", "u3"}),
        ("PROFILE_COLD_START_MULTIPLIER", "0.1", {"u2", "u3"}),
        ("RULES_ENABLE", "false", set()),
        ("RECOMMENDATION_MAX_K", "50", set()),
        ("RECOMMENDATION_MAX_K", "10", {"u1", "u2", "u3"}),
        ("RECOMMENDATION_MAX_FANOUT", "30", {"u1", "u2", "u3"}),
    ],
)
def test_a_knob_that_differs_takes_the_profile_from_those_whose_lists_it_moves(
    make_world, knob, in_effect, moved
):
    world = make_world(admin=ADMIN, **REAL)
    found = applied(world, [differing(knob, in_effect)], [ESTABLISHED, SPARSE, NEW])
    assert found.without == moved
    assert [row.knob for row in found.rows] == ([knob] if moved else [])


def test_knobs_that_nobody_can_see_that_agree_or_that_were_sent_take_it_from_nobody(make_world):
    rows = [
        differing("BLEND_ALPHA", status=status)
        for status in (
            "unknown",
            "sent, not visible",
            "same",
            "in effect",
            "not in effect",
            "started with it",
        )
    ]
    assert applied(make_world(admin=ADMIN, **REAL), rows, [ESTABLISHED, SPARSE]).without == set()


def test_a_weight_of_everybody_moves_sparse_users_too_where_they_have_none_of_their_own(make_world, tmp_path):
    bare = tmp_path / "bare.env"
    bare.write_text("BLEND_ALPHA=0.3\nMMR_LAMBDA=0.5\n")
    world = make_world(admin=ADMIN, env_profile=str(bare), **REAL)
    assert applied(world, [differing("BLEND_ALPHA", "1")], [ESTABLISHED, SPARSE]).without == {"u1", "u3"}


def test_an_established_user_with_few_items_in_the_window_is_damped_like_a_sparse_one(make_world):
    world = make_world(admin=ADMIN, **REAL)
    rows = [differing("PROFILE_COLD_START_MULTIPLIER", "0.1")]
    assert applied(world, rows, [ESTABLISHED]).without == set()
    assert applied(world, rows, [FEW]).without == {"u1"}


@pytest.mark.parametrize(
    ("recent", "anchors", "moved"), [(2, 2, False), (3, 3, True), (4, 4, True), (5, 5, False), (9, 4, True)]
)
def test_another_minimum_of_events_moves_those_who_lie_between(make_world, recent, anchors, moved):
    """Asked for 3, 5 in effect: who has 3 or 4 recent items is established for one and sparse for the other."""
    world = make_world("PROFILE_MIN_EVENTS_FOR_BOOST=3", admin={"profile_min_events_for_boost": 5}, **REAL)
    one = exchange("u1", recent=recent, anchors=anchors)
    found = applied(world, [differing("PROFILE_MIN_EVENTS_FOR_BOOST", "5")], [one])
    assert bool(found.without) is moved


def test_a_new_users_own_number_is_cut_to_one_below_the_minimum(make_world):
    world = make_world("PROFILE_MIN_EVENTS_FOR_BOOST=3", admin={"profile_min_events_for_boost": 5}, **REAL)
    rows = [differing("PROFILE_MIN_EVENTS_FOR_BOOST", "5")]
    assert applied(world, rows, [exchange("u2", recent=2)]).without == set()
    assert applied(world, rows, [exchange("u2", recent=4)]).without == {"u2"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [differing("PROFILE_MIN_EVENTS_FOR_BOOST", asked="3")],
            "PROFILE_MIN_EVENTS_FOR_BOOST (asked 3, in effect 5); --recsim-apply admin or env-file carries this knob",
        ),
        (
            [differing("A"), differing("B", carried=("env-file",))],
            "--recsim-apply env-file carries these knobs",
        ),
        ([differing("A", asked=NOT_SET, carried=())], "no apply mode removes A from the service"),
        ([differing(name) for name in "ABCDEF"], " and 2 more; "),
    ],
)
def test_the_reason_names_the_knobs_and_what_would_send_them(rows, words):
    found = Applied(("u1",), (Unapplied(tuple(row.knob for row in rows), ("u1",)),), tuple(rows))
    assert words in found.reason(["u1"])


def test_a_few_users_are_left_out_and_too_many_leave_nothing_to_say():
    users = tuple(f"u{number}" for number in range(100))
    rows = (differing("A"), differing("B"))
    few = Applied(users, (Unapplied(("A",), users[:3]), Unapplied(("B",), users[3:5])), rows)
    standing = few.standing(users)
    assert (sum(standing.kept), standing.left_out, standing.reason) == (95, 5, "")
    assert "5 users left out" in standing.note
    many = Applied(users, (Unapplied(("A",), users[:6]),), rows)
    standing = many.standing(users)
    assert (sum(standing.kept), standing.left_out) == (100, 0)
    assert "not in effect for 6 of 100 users: A (" in standing.reason
    assert "B" not in standing.reason
    assert many.standing(users[50:]).reason == ""


@pytest.mark.parametrize(
    ("asked", "mode", "rules", "words"),
    [
        ("true", "request", False, "--recsim-apply env-file carries this knob"),
        ("true", "admin", False, "--recsim-apply env-file carries this knob"),
        ("true", "request", True, ""),
        ("true", "request", None, ""),
        ("false", "request", False, "as the profile asks"),
        ("true", "env", False, ""),
    ],
)
def test_rules_that_are_visibly_off_and_were_not_sent_leave_nothing_to_try(
    make_world, asked, mode, rules, words
):
    place = {} if mode == "env" else REAL | {"apply": mode}
    world = make_world(f"RULES_ENABLE={asked}", **place)
    reason = rules_off(knob_table(world.plan, {"rules_enabled": True}, {}, Signs(rules=rules)))
    assert (words in reason) if words else reason == ""


def test_lifts_and_figures_of_users_without_the_profile_are_not_measured_and_keep_their_raw_number(
    make_world, tmp_path
):
    (tmp_path / "guardrails.yml").write_text(
        "defaults: {quality: {min_segment_users: 1, min_baseline_hits: 1, min_catalog_coverage: 0}}\n"
    )
    lists = [exchange(user, items=("i3", "i2")) for user in ("u1", "u2")]
    rows = (differing("NEW_USER_MMR_LAMBDA", "0.15", asked="0.95", carried=("env-file",)),)
    for_whom = Applied(("u1", "u2"), (Unapplied(("NEW_USER_MMR_LAMBDA",), ("u2",)),), rows)
    world = make_world()
    before, after = (score(world, lists, clamped=0, applied=one) for one in (Applied(), for_whom))
    there, gone = after.lift("vip", "ndcg"), after.lift("new_users", "ndcg")
    assert (there.outcome, there.lift) == (
        before.lift("vip", "ndcg").outcome,
        before.lift("vip", "ndcg").lift,
    )
    assert (gone.outcome, gone.lift) == ("not_measured", before.lift("new_users", "ndcg").lift)
    assert gone.reason
    assert gone.sentence == f"not measured: {gone.reason}"
    mean, raw = after.figures["ndcg@10 (unseen)"], before.figures["ndcg@10 (unseen)"].value
    assert (mean.value, mean.raw) == (None, raw)
    assert np.isfinite(raw)
    segments = after.segment_figures
    assert segments["vip"]["novelty@20"].value is not None
    assert segments["new_users"]["novelty@20"].value is None
    assert segments["new_users"]["novelty@20"].raw is not None


def someone(*groups, users=("u1", "u2", "u3", "u4"), rows=()):
    """For whom the profile is in effect: `(knobs, users)` for whom it is not."""
    return Applied(users, tuple(Unapplied(tuple(knobs), who) for knobs, who in groups), rows)


HUNDRED = tuple(f"u{number}" for number in range(100))


def test_where_the_profile_is_in_effect_for_everybody_nobody_is_left_out_and_nothing_is_said():
    everybody = someone()
    assert everybody.without == frozenset()
    assert everybody.kept(["u1", "u2"]) == (["u1", "u2"], "")
    assert everybody.unapplied(["u1"]) == ""
    standing = everybody.standing(["u1", "u2"])
    assert (standing.kept, standing.left_out, standing.reason, standing.note) == ((True, True), 0, "", "")
    assert everybody.whole() == Standing(())


def test_a_number_over_exactly_these_users_says_nothing_as_soon_as_one_of_them_is_without():
    one = someone(("A", ("u7",)), users=HUNDRED, rows=(differing("A"),))
    assert one.unapplied(["u7", "u8"]).startswith("the profile is not in effect for 1 of 2 users: A (")
    assert one.unapplied(["u7"]).startswith("the profile is not in effect for any of 1 users: A (")
    assert one.unapplied(["u8"]) == ""
    assert one.kept(HUNDRED) == ([user for user in HUNDRED if user != "u7"], "")


def test_a_number_that_cannot_be_taken_apart_is_over_everybody_who_was_asked_for():
    few, many = (someone(("A", HUNDRED[:n]), users=HUNDRED, rows=(differing("A"),)) for n in (5, 6))
    assert few.whole() == Standing(())
    assert many.whole() == Standing((), 0, many.reason(HUNDRED))
    assert "6 of 100 users" in many.whole().reason


def test_too_many_are_not_left_out_but_make_the_whole_number_say_nothing():
    found = someone(("A", ("u1", "u2")), rows=(differing("A"),))
    kept, reason = found.kept(["u1", "u2", "u3", "u4"])
    assert kept == ["u1", "u2", "u3", "u4"]
    assert "2 of 4 users" in reason


def test_only_knobs_that_concern_these_users_are_named_and_counts_of_all_of_them_add_up():
    rows = (differing("A"), differing("B"), differing("C"))
    found = someone(("A", ("u1",)), ("AB", ("u2",)), ("C", ("u3",)), rows=rows)
    assert found.without == {"u1", "u2", "u3"}
    some = found.reason(["u1", "u2", "u4"])
    assert some.startswith("the profile is not in effect for 2 of 3 users: A (")
    assert "B (" in some
    assert "C (" not in some


def test_large_numbers_are_told_with_their_thousands():
    users = tuple(f"u{number}" for number in range(2500))
    found = someone(("A", users[:1200]), users=users, rows=(differing("A"),))
    assert "1,200 of 2,500 users" in found.reason(users)
    assert "any of 1,200 users" in found.reason(users[:1200])


@pytest.mark.parametrize(("count", "rest"), [(4, ""), (5, " and 1 more"), (7, " and 3 more")])
def test_four_knobs_are_named_and_the_others_counted(count, rest):
    told = told_knobs([differing(name) for name in "ABCDEFG"[:count]])
    assert told.endswith(f"D (asked for nothing, in effect 5){rest}")
    assert told.count("(asked") == 4


def test_a_knob_is_told_with_what_was_asked_for():
    assert told_knobs([differing("A", "9", asked="3")]) == "A (asked 3, in effect 9)"


def test_a_mode_is_only_named_where_it_carries_all_of_the_knobs():
    both, one, none = differing("A"), differing("B", carried=("env-file",)), differing("C", carried=())
    assert remedy([both]) == "--recsim-apply admin or env-file carries this knob"
    assert remedy([both, one]) == "--recsim-apply env-file carries these knobs"
    assert remedy([both, none]) == "no apply mode removes C from the service: set it in the profile"
    assert "removes C, D from" in remedy([none, both, differing("D", carried=())])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (differing("RULES_ENABLE", "false", asked="true"), "the profile asks for them; --recsim-apply admin"),
        (differing("RULES_ENABLE", "false", carried=()), "; the profile does not set it"),
        (differing("RULES_ENABLE", "false", status="same"), "RULES_ENABLE=true in the profile"),
        (differing("RULES_ENABLE", "true"), ""),
        (differing("RULES_ENABLE", "false", status="not in effect"), ""),
        (differing("RULES_ENABLE", "false", status="unknown"), ""),
        (differing("BRAND_CAP", "false"), ""),
    ],
)
def test_rules_are_only_called_off_where_that_is_seen_and_was_not_sent(row, words):
    reason = rules_off([differing("BRAND_CAP"), row])
    seen = "the service evaluates no rules (RULES_ENABLE=false, seen in admin config)"
    assert words in reason
    assert reason.startswith(seen) is bool(words)
    assert (reason == "") is not bool(words)


def test_no_rows_say_nothing_about_rules():
    assert rules_off([]) == ""


def test_users_are_grouped_by_the_knobs_that_move_them_and_rows_follow(make_world):
    rows = [
        differing("BLEND_ALPHA", "0.9"),
        differing("EXCLUDE_EVENT_TYPES", "0"),
        differing("RULES_ENABLE", "false"),
    ]
    found = applied(make_world(admin=ADMIN, **REAL), rows, [ESTABLISHED, SPARSE, NEW])
    assert found.users == ("u1", "u3", "u2")
    assert found.groups == (
        Unapplied(("BLEND_ALPHA", "EXCLUDE_EVENT_TYPES"), ("u1",)),
        Unapplied(("EXCLUDE_EVENT_TYPES",), ("u3",)),
    )
    assert [row.knob for row in found.rows] == ["BLEND_ALPHA", "EXCLUDE_EVENT_TYPES"]


def test_without_a_knob_that_differs_everybody_was_still_asked_for(make_world):
    found = applied(make_world(admin=ADMIN, **REAL), [], iter([ESTABLISHED, NEW]))
    assert (found.users, found.groups, found.rows) == (("u1", "u2"), (), ())


@pytest.mark.parametrize(
    ("knob", "asked", "there", "inert"),
    [
        ("RECOMMENDATION_MAX_K", 0, 20, True),
        ("RECOMMENDATION_MAX_K", 25, 20, True),
        ("RECOMMENDATION_MAX_K", 25, 19, False),
        ("RECOMMENDATION_MAX_K", 19, 0, False),
        ("RECOMMENDATION_MAX_FANOUT", 0, 1000, True),
        ("RECOMMENDATION_MAX_FANOUT", 1500, 999, False),
        ("RECOMMENDATION_MAX_FANOUT", 999, 0, False),
    ],
)
def test_two_values_of_a_limit_that_both_cut_nothing_are_as_good_as_one(
    make_world, knob, asked, there, inert
):
    world = make_world(f"{knob}={asked}", admin=ADMIN, **REAL)
    found = applied(world, [differing(knob, str(there))], [ESTABLISHED])
    assert (found.without == set()) is inert


@pytest.mark.parametrize(
    ("recent", "anchors", "damped"),
    [(9, 3, False), (9, 2, True), (2, 3, True), (0, 3, False), (2, 0, True), (3, 0, False)],
    ids=[
        "enough",
        "few anchors",
        "few events",
        "no count, enough anchors",
        "no anchors, few events",
        "no anchors",
    ],
)
def test_who_is_damped_is_decided_by_the_smaller_of_both_numbers_where_there_are_both(
    make_world, recent, anchors, damped
):
    world = make_world(admin=ADMIN, **REAL)
    rows = [differing("PROFILE_COLD_START_MULTIPLIER", "0.1")]
    found = applied(world, rows, [exchange("u1", recent=recent, anchors=anchors)])
    assert bool(found.without) is damped


def test_an_empty_list_has_no_anchors(make_world):
    world = make_world(admin=ADMIN, **REAL)
    rows = [differing("PROFILE_COLD_START_MULTIPLIER", "0.1")]
    assert applied(world, rows, [exchange("u1", recent=2, items=())]).without == {"u1"}
    assert applied(world, rows, [exchange("u1", recent=3, items=())]).without == set()


@pytest.mark.parametrize(
    ("asked", "there", "recent", "moved"),
    [(3, 5, 3, True), (5, 3, 3, True), (5, 3, 5, False), (0, 1, 0, False), (0, 2, 0, False), (0, 2, 1, True)],
)
def test_between_two_minimums_it_matters_which_of_them_is_in_effect(make_world, asked, there, recent, moved):
    """Nobody without recent items is established, whatever the minimum."""
    document = {**DOCUMENT, "events": [one for one in DOCUMENT["events"] if one["user_id"] != "u3"]}
    knobs = f"PROFILE_MIN_EVENTS_FOR_BOOST={asked}"
    world = make_world(knobs, admin={"profile_min_events_for_boost": there}, document=document, **REAL)
    one = exchange("u3", recent=recent, anchors=9)
    found = applied(world, [differing("PROFILE_MIN_EVENTS_FOR_BOOST", f"{there}")], [one])
    assert bool(found.without) is moved


def test_what_the_data_say_of_recent_items_counts_where_the_trace_is_capped(make_world):
    """u1 has touched two items lately; a trace that says one is cut, one that says more is believed."""
    world = make_world("PROFILE_MIN_EVENTS_FOR_BOOST=2", admin={"profile_min_events_for_boost": 3}, **REAL)
    rows = [differing("PROFILE_MIN_EVENTS_FOR_BOOST", "3")]
    assert applied(world, rows, [exchange("u1", recent=1, anchors=9)]).without == {"u1"}
    assert applied(world, rows, [exchange("u1", recent=3, anchors=9)]).without == set()
