"""The tuning slice, opened on stand-ins and on a running service: what is measured there is what whole runs measure."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from datetime import datetime
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from pytest_recsim import evaluate, plan_for
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.profiles.profiles import load_profile, packaged_profiles
from pytest_recsim.record.jsonio import dumps
from pytest_recsim.record.trial import Dimension
from pytest_recsim.service.launcher import launch
from pytest_recsim.simulation.controller.run_record import RunRecord
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import write_fixture
from pytest_recsim.testing import environment
from pytest_recsim.tune.opening import open_bench

pytestmark = pytest.mark.long

RULES = """\
defaults:
  quality:
    min_segment_lift_ndcg: -1
    min_segment_lift_mrr: -1
    min_catalog_coverage: 0.3
    min_long_tail_share: 0.1
    min_recall: 0
    max_gini: 0.99
    min_segment_users: 5
    min_baseline_hits: 3
  scenarios: {s7_min_avg_mrr: 0}
"""
VALUES = {"PROFILE_BOOST": "2", "NEW_USER_BLEND_GAMMA": "1", "BLEND_ALPHA": "1", "MMR_LAMBDA": "0.9"}
SPARSE = {"NEW_USER_BLEND_GAMMA": "1.5"}
PROMISED = (
    "segment_lift_ndcg",
    "segment_lift_mrr",
    "catalog_coverage",
    "long_tail_share",
    "availability",
    "recall",
    "gini",
)


BESIDE = ("no_harm", "S7", "S4")
"""What trials are held to besides the guardrails."""


def dimension(knob, low=0.0, high=2.0):
    return Dimension(knob=knob, kind="float", low=low, high=high, start="", travels=True)


SPACE = [dimension(knob) for knob in VALUES]


def figures(measured):
    return replace(measured, seconds=0.0, asked=0, shared=0)


def same(held, result):
    """A guardrail of a trial says what a whole run's does."""
    assert held.holds == (result.outcome == "passed"), held
    if held.value is None:
        assert result.outcome == "not_measured", held
    else:
        assert held.value == pytest.approx(result.measures[0].got, rel=1e-12), held


@pytest.fixture(scope="module")
def world():
    return generate("marketplace", 5, items=150, users=900, events=16_500)


def settled(place, fixture):
    write_fixture(fixture, place / "fixtures/customers/acme.json")
    (place / "guardrails.yml").write_text(RULES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, world):
    settled(place := tmp_path_factory.mktemp("shop"), world)
    return place


@pytest.fixture(scope="module")
def seen(folder):
    """A study's measurements on stand-ins, and what it left in the temporary folder."""
    patch = pytest.MonkeyPatch()
    (scratch := folder / "scratch").mkdir()
    patch.setattr(tempfile, "tempdir", str(scratch))
    with open_bench(plan_for("acme", root=folder), SPACE, harm=10) as bench:
        whole = bench.trial(0, VALUES, None)
        again = bench.trial(1, VALUES, None)
        same = bench.trial(2, {}, None)
        sparse = bench.trial(3, SPARSE, None)
        broken = bench.trial(4, {"PROFILE_BOOST": "much"}, None)
        ahead = replace(whole.measured, goals={"segment_lift_ndcg": 1e6})
        beaten = bench.trial(5, {"PROFILE_BOOST": "0"}, replace(same, measured=ahead))
        before = bench.requests["trials"]
        raced = bench.trial(9, {"PROFILE_BOOST": "0.77"}, whole)
        sent = bench.requests["trials"] - before
        near, far = (bench.trial(-1, VALUES, beat) for beat in (whole, None))  # a probe: a part of the users
        threads = [
            threading.Thread(target=bench.trial, args=(6 + n, {"PROFILE_BOOST": f"0.{n}1"}, None))
            for n in (1, 2)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        requests = dict(bench.requests)
    patch.undo()
    trials = {
        "whole": whole,
        "again": again,
        "same": same,
        "sparse": sparse,
        "broken": broken,
        "beaten": beaten,
        "raced": raced,
        "near": near,
        "far": far,
    }
    return SimpleNamespace(bench=bench, requests=requests, sent=sent, left=list(scratch.iterdir()), **trials)


def test_to_be_held_to_the_best_so_far_costs_no_request(seen):
    assert seen.raced.measured.asked == seen.sent > 0


def test_a_part_of_the_users_tells_of_lists_like_the_best_ones_what_all_of_them_do(seen):
    whole, near, far = (one.measured for one in (seen.whole, seen.near, seen.far))
    assert near.users == far.users < whole.users
    assert near.goals == pytest.approx(whole.goals, rel=1e-9), "the very same lists"
    assert far.goals != pytest.approx(whole.goals, rel=0.01), "the start's lists are others"
    for mine, theirs in zip(near.held, whole.held, strict=True):
        assert mine.value == pytest.approx(theirs.value, rel=1e-9), (mine.check, mine.case)


@pytest.mark.parametrize("which", ["whole", "sparse"])
def test_every_guardrail_of_a_trial_is_what_a_whole_run_with_these_knobs_says(folder, seen, which):
    trial = getattr(seen, which)
    run = evaluate(plan_for("acme", root=folder, slice="tuning", env_overrides=trial.values))
    assert trial.state == "complete"
    mine = {(one.check, one.case): one for one in trial.measured.held if one.check not in BESIDE}
    theirs = {one.key[1:]: one for one in run.guardrails if one.check in PROMISED}
    assert mine.keys() == theirs.keys()
    for key, held in mine.items():
        same(held, theirs[key])
    assert sum(one.value is not None for one in mine.values()) > 5


def test_what_trials_are_held_to_beside_guardrails_is_what_the_scenarios_say(folder, seen):
    words = ["-q", "-k", "S7 or S4", "-p", "no:cacheprovider", "-o", "recsim_no_html=true"]
    words += [f"--rootdir={folder}", "--recsim-customer=acme", "--recsim-slice=tuning"]
    words.append(f"--recsim-reports-dir={folder / 'two'}")
    command = [sys.executable, "-m", "pytest", *words]
    subprocess.run(command, cwd=folder, env=environment(), check=False, capture_output=True, timeout=200)
    (bundle,) = (folder / "two/acme").glob("*Z")
    scenarios = {one.check: one for one in RunRecord.load(bundle).scenarios}
    for check, name in (
        ("S7", "MRR@10 of new users"),
        ("S4", "loss of NDCG@10 through diversification"),
    ):
        said = next(one for one in scenarios[check].measures if one.name == name)
        held = next(one for one in seen.bench.start.held if one.check == check)
        assert held.value == pytest.approx(said.got, rel=1e-12), check
        assert held.value > 0


def test_the_start_is_what_a_whole_run_with_the_starting_profile_says(folder, seen):
    run = evaluate(plan_for("acme", root=folder, slice="tuning"))
    assert seen.bench.start.users == run.quality.evaluated
    for held in seen.bench.start.held:
        if held.check not in BESIDE:
            same(held, run.guardrail(held.check, held.case))
    overall = next(one for one in run.quality.overall if (one.metric, one.relevance) == ("ndcg", "unseen"))
    assert seen.bench.start.goals == {"segment_lift_ndcg": pytest.approx(overall.lift, rel=1e-12)}


def test_a_trial_that_was_asked_for_before_asks_nothing_and_says_the_same(seen):
    assert (seen.again.measured.asked, seen.again.measured.shared) == (0, seen.again.measured.users)
    assert figures(seen.again.measured) == figures(seen.whole.measured)


def test_the_starting_values_are_the_start_and_harm_nobody(seen):
    assert figures(seen.same.measured) == figures(seen.bench.start)
    assert seen.same.measured.asked == seen.same.measured.changed == 0
    assert {one.value for one in seen.same.measured.held if one.check == "no_harm"} == {0.0}


def test_a_knob_of_sparse_users_is_asked_for_them_alone(seen):
    assert 0 < seen.sparse.measured.asked < seen.sparse.measured.users
    assert 0 < seen.sparse.measured.changed < 1


def test_values_that_no_profile_may_have_are_a_trial_that_failed(seen):
    assert (seen.broken.state, seen.broken.measured) == ("failed", None)
    assert "PROFILE_BOOST=much" in seen.broken.reason


def test_one_that_cannot_become_the_best_is_stopped_early_and_says_why(seen):
    assert seen.beaten.state == "stopped"
    assert seen.beaten.measured.users < seen.beaten.measured.of
    assert "the best so far" in seen.beaten.reason


def test_requests_are_counted_by_what_they_were_for(seen):
    assert seen.requests["total"] == seen.requests["start"] + seen.requests["trials"]
    assert seen.requests["start"] >= seen.bench.start.users


def test_nothing_is_left_behind(seen):
    assert seen.left == []


def test_what_is_written_down_can_be_read_again(seen):
    assert json.loads(dumps(seen.whole))["measured"]["users"] == seen.whole.measured.users


def test_nothing_that_happens_in_the_verdict_slice_changes_anything_on_the_tuning_slice(
    world, seen, tmp_path
):
    cut = datetime.fromisoformat(seen.bench.slices[1].until)
    other = {"user_id": "u00001", "item_id": "i0001", "type": 0, "value": 3.0}
    turned = [row | other if datetime.fromisoformat(row["ts"]) > cut else row for row in world["events"]]
    assert sum(one != another for one, another in zip(turned, world["events"], strict=True)) > 1000
    settled(tmp_path, world | {"events": turned})
    with open_bench(plan_for("acme", root=tmp_path), SPACE, harm=10) as bench:
        assert figures(bench.start) == figures(seen.bench.start)
        assert figures(bench.trial(0, VALUES, None).measured) == figures(seen.whole.measured)


def test_on_a_running_service_trials_travel_and_the_namespace_is_left_as_any_run_leaves_it(folder):
    knobs = load_profile(packaged_profiles() / "prod.env").environment
    with launch(knobs) as service:
        plan = plan_for("acme", root=folder, base_url=service.url)
        with open_bench(plan, SPACE, harm=10) as bench:
            assert "NEW_USER_BLEND_GAMMA" in bench.left_out
            values = {knob: text for knob, text in VALUES.items() if knob not in bench.left_out}
            trial = bench.trial(0, values, None)
        run = evaluate(
            plan_for("acme", root=folder, base_url=service.url, slice="tuning", env_overrides=values)
        )
    assert trial.state == "complete"
    for held in trial.measured.held:
        if held.check not in BESIDE:
            same(held, run.guardrail(held.check, held.case))


def test_a_space_of_which_nothing_can_be_tried_is_told_before_anything_is_sent(folder):
    plan = plan_for("acme", root=folder, base_url="http://127.0.0.1:9")
    with (
        pytest.raises(InputError, match="nothing can be tried"),
        open_bench(plan, [dimension("NEW_USER_BLEND_GAMMA")]),
    ):
        pass


def test_events_of_one_instant_leave_nobody_to_measure_which_is_a_sentence(world, tmp_path):
    settled(tmp_path, world | {"events": [row | {"ts": "2026-09-02T07:04:06Z"} for row in world["events"]]})
    plan = plan_for("acme", root=tmp_path)
    with pytest.raises(InputError, match="nobody has both events before"), open_bench(plan, SPACE):
        pass
