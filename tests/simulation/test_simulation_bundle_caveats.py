"""What is said about waivers and about figures that mean less than they seem to."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest
from opened_runs import seeded

from pytest_recsim.record.asked import WaiverNote
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.record.model import CheckResult
from pytest_recsim.record.quality import Noise, Quality
from pytest_recsim.simulation.bundle.caveats import caveats_of, knob_notes, waiver_notes
from pytest_recsim.simulation.session.preparation import Prepared
from pytest_recsim.simulation.truth.applied import Applied, Unapplied
from pytest_recsim.simulation.truth.moves import WORDS

TODAY = "2026-11-22"


def notes(waiver, *outcomes, whole=True):
    results = [
        CheckResult(simulation="acme", check=check, case=case, outcome=outcome)
        for check, case, outcome in outcomes
    ]
    return list(waiver_notes(SimpleNamespace(waivers=(waiver,)), results, TODAY, whole=whole))


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("", "--recsim-compare-to names no run to compare with"),
        ("compared with nothing: no run is there", "there is no run to compare with"),
    ],
)
def test_who_asked_for_a_comparison_is_not_told_that_he_did_not(note, why):
    nothing = {"stand_in": False, "skip": (), "guardrail_notes": [], "compare_to": "", "compare_note": note}
    plan = SimpleNamespace(**nothing, limits={"max_regression_mrr": None}, scopes=lambda _: [])
    said = [note] if note else []
    assert list(caveats_of(plan, None)) == [*said, f"max_regression_mrr is not judged: {why}"]


def test_a_waiver_that_was_needed_is_not_mentioned():
    assert notes(WaiverNote("S9", "why", "g:1"), ("S9", "", "waived")) == []


def test_a_waiver_that_has_ended_or_was_not_needed_is():
    assert notes(WaiverNote("S9", "why", "g:1", until="2026-11-21"), ("S9", "", "failed")) == [
        "waiver of S9 (g:1) ended on 2026-11-21: why"
    ]
    assert notes(WaiverNote("S9", "why", "g:1"), ("S9", "", "passed")) == [
        "waiver of S9 (g:1) was not needed: why"
    ]


def test_a_waiver_without_a_check_is_told_only_when_nothing_was_left_out():
    waiver = WaiverNote("recall", "why", "g:1", segment="vpi")
    assert notes(waiver, ("recall", "vip", "failed")) == [
        "waiver of recall vpi (g:1) covers no check of this customer: why"
    ]
    assert notes(waiver, ("recall", "vip", "failed"), whole=False) == []


@pytest.mark.parametrize(
    ("limits", "real", "told"),
    [
        ("max_p95_ms: 100", False, True),
        ("max_error_rate: 0", False, True),
        ("max_gini: 1", False, False),
        ("max_p95_ms: 100", True, False),
    ],
)
def test_times_and_errors_of_a_stand_in_are_never_left_without_their_caveat(
    make_world, tmp_path, limits, real, told
):
    (tmp_path / "guardrails.yml").write_text(f"defaults: {{quality: {{{limits}}}}}\n")
    place = {"base_url": "http://x", "base_url_source": "--base-url"} if real else {}
    said = caveats_of(make_world(**place).plan, None)
    assert any("say nothing about a service's" in sentence for sentence in said) == told


def test_thresholds_for_a_segment_that_nobody_is_in_are_a_caveat(make_world, tmp_path):
    (tmp_path / "guardrails.yml").write_text("customers: {acme: {segments: {vpi: {min_novelty: 5}}}}\n")
    assert any("no segment `vpi`" in sentence for sentence in caveats_of(make_world().plan, None))


def knob(name, status, in_effect="", moves="established users", carried=("env-file",)):
    return KnobRow(name, "1", "p:1", in_effect, status, "", moves, carried)


def test_the_verdict_names_per_kind_of_user_what_is_the_services_own_and_what_nobody_can_see(make_world):
    rows = (
        knob("MMR_LAMBDA", "differs", "0.2"),
        knob("NEW_USER_MMR_LAMBDA", "differs", "0.3", "sparse and new users"),
        knob("NEW_USER_BLEND_ALPHA", "differs", "0.4", "sparse and new users"),
        knob("RULES_ENABLE", "differs", "false", WORDS["nobody"]),
        knob("PROFILE_TOP_N", "unknown"),
        knob("BRAND_CAP", "same", "1"),
        knob("CATEGORY_CAP", "sent, not visible"),
    )
    for_whom = Applied(("u1", "u2"), (Unapplied(("MMR_LAMBDA",), ("u1",)),), rows[:1])
    said = list(knob_notes(Prepared(knobs=rows, applied=for_whom)))
    assert said == [
        "for established users the service's own value is in effect: MMR_LAMBDA (asked 1, in effect 0.2)",
        (
            "the service's own value is in effect, without effect on the quality lists: "
            "RULES_ENABLE (asked 1, in effect false)"
        ),
        (
            "for sparse and new users the service's own values are in effect: "
            "NEW_USER_MMR_LAMBDA (asked 1, in effect 0.3), NEW_USER_BLEND_ALPHA (asked 1, in effect 0.4)"
        ),
        "the profile is not in effect for 1 of 2 users; --recsim-apply env-file carries this knob",
        "not sent, and nobody can see whether they are in effect: PROFILE_TOP_N",
    ]
    assert list(knob_notes(Prepared(knobs=rows[-2:]))) == []


STAND_IN = "made on the embedded stand-in, not on a real service"


def judged(*, sampled):
    return Quality(judged_relevance="all", evaluated=7, sampled=sampled, segments={}, lifts=(), figures={})


def test_caveats_stand_most_important_first(shared_make_world):
    plan = msgspec.structs.replace(
        shared_make_world().plan, skip=("seed", "reset"), guardrail_notes=("a note on guardrails",)
    )
    noise = {"sparse": Noise(users=6, times=3, overlap=0.5, lowest_overlap=0.5, agreement=0.5, differing=2)}
    prepared = Prepared(
        seeded=seeded(leak="it may have seen the holdout"),
        quality=judged(sampled=True),
        noise=noise,
        knobs=(knob("PROFILE_TOP_N", "unknown"),),
    )
    *said, unequal, hidden = caveats_of(plan, prepared)
    early = [STAND_IN, "steps left out: seed, reset", "a note on guardrails"]
    assert said == [*early, "it may have seen the holdout", "judged on a sample of 7 users"]
    assert unequal.startswith("sparse and new users get different lists for equal questions")
    assert hidden == "not sent, and nobody can see whether they are in effect: PROFILE_TOP_N"
    assert caveats_of(plan, None) == tuple(early)


def test_a_whole_run_on_a_service_needs_no_caveat(shared_make_world):
    plan = shared_make_world(base_url="http://x", base_url_source="--base-url").plan
    assert caveats_of(plan, Prepared(seeded=seeded(), quality=judged(sampled=False))) == ()
    assert caveats_of(plan, Prepared(failure="gone")) == ()


@pytest.mark.parametrize(
    ("count", "told"), [(5, "K0, K1, K2, K3, K4"), (6, "K0, K1, K2, K3, K4 and 1 more"), (0, None)]
)
def test_five_knobs_that_nobody_can_see_are_named_and_all_are_counted(count, told):
    rows = tuple(knob(f"K{n}", "unknown") for n in range(count))
    said = [f"not sent, and nobody can see whether they are in effect: {told}"] if told else []
    assert list(knob_notes(Prepared(knobs=rows))) == said


def test_a_profile_that_is_in_effect_for_nobody_counts_everybody():
    users = tuple(f"u{n}" for n in range(1200))
    row = knob("MMR_LAMBDA", "differs", "0.2")
    for_whom = Applied(users, (Unapplied(("MMR_LAMBDA",), users),), (row,))
    *_, said = knob_notes(Prepared(knobs=(row,), applied=for_whom))
    assert said.startswith("the profile is not in effect for 1,200 of 1,200 users; --recsim-apply ")


def test_a_waiver_holds_on_its_last_day_and_for_the_segment_it_names():
    until = WaiverNote("S9", "why", "g:1", until=TODAY)
    assert notes(until, ("S9", "", "waived")) == []
    segment = WaiverNote("recall", "why", "g:1", segment="vip")
    mixed = (("recall", "vip", "passed"), ("recall", "new", "failed"))
    assert notes(segment, *mixed) == ["waiver of recall vip (g:1) was not needed: why"]
    assert notes(WaiverNote("recall", "why", "g:1"), *mixed) == []
