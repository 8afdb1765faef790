"""For whom the profile is in effect, and what that does to numbers over users."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import Answer, Explain, Extras, Policy, ScoredItem, Trace
from pytest_recsim.simulation.measure.scoring import score
from pytest_recsim.simulation.truth.applied import Applied, Unapplied, applied, rules_off
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
