"""Prepared once per run: what is sent and left behind, and how every failure is shared with all processes."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter

import msgspec
import pytest

from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.model import K
from pytest_recsim.service.api.capabilities import Capabilities
from pytest_recsim.simulation.measure.noise import REPEATS
from pytest_recsim.simulation.session import preparation
from pytest_recsim.simulation.session.preparation import OUTCOME, Prepared, prepare_once
from pytest_recsim.simulation.session.simulation import SimulationFailed
from pytest_recsim.simulation.truth.dataset import EVENT_TYPES
from pytest_recsim.testing import shop

SMALL = shop(users=4, items=30)


def artifact(sim, name):
    return json.loads((sim.context.bundle.artifacts / name).read_bytes())


@pytest.fixture
def broken(monkeypatch):
    """Let the work itself raise; returns how often it was tried."""
    tried = []

    def with_(error):
        def work(sim):
            tried.append(sim)
            raise error

        monkeypatch.setattr(preparation, "_work", work)
        return tried

    return with_


# --- what it comes to ---


def test_everybody_with_holdout_has_a_list_and_quality_is_judged_on_them(sim):
    prepared = sim.prepared
    assert prepared.users == tuple(f"u{number:03d}" for number in range(12))
    assert prepared.quality.evaluated == 12
    assert set(prepared.quality.segments) == {"regulars", "new_users"}
    assert (prepared.failure, prepared.seeded.reused) == ("", False)
    assert prepared.answer_times[""].n == 12
    assert {name: noise.users for name, noise in prepared.noise.items()} == {"established": 5, "sparse": 6}


def test_every_user_is_asked_for_once_and_only_the_sampled_ones_again(open_town):
    sim, town = open_town()
    prepared = sim.prepared
    asked = Counter(body["user_id"] for body in town.bodies if body["k"] == K)
    again = set(prepared.asked_again)
    assert asked == {user: 1 + REPEATS * (user in again) for user in prepared.users}
    assert prepared.warm_up.questions == 2


def test_the_first_answers_are_asked_before_all_others_and_are_not_asked_again(open_town):
    """They wait for the service to warm up, so they must not be measured beside it."""
    sim, town = open_town(SMALL)
    assert sim.prepared
    first = [body["user_id"] for body in town.bodies[:2]]
    assert {sim.users[user].segment for user in first} == {"regulars", "new_users"}
    assert Counter(body["user_id"] for body in town.bodies).most_common(1)[0][1] == 1 + REPEATS


def test_nobody_is_waited_for_where_the_plan_waits_for_nobody(open_town):
    sim, _ = open_town(SMALL, warm_up="0")
    assert sim.prepared.warm_up is None
    assert len(sim.lists) == 4


def test_what_was_sent_and_what_came_is_in_the_report_folder(sim):
    manifest = artifact(sim, "seed_manifest.json")
    assert manifest["run_id"] == "run1"
    assert sum(one["users"] for one in artifact(sim, "seed_segments.json")["segments"].values()) == 12
    quality = artifact(sim, "quality_metrics.json")
    assert (quality["evaluated"], set(quality["noise"])) == (12, {"established", "sparse"})
    with gzip.open(sim.context.bundle.artifacts / "recommendation_dump.jsonl.gz") as lines:
        dumped = [json.loads(line) for line in lines]
    assert [row["request"]["user_id"] for row in dumped] == list(sim.prepared.users)
    assert [item["item_id"] for item in dumped[0]["response"]["items"]] == list(sim.lists["u000"].ids)


def test_every_step_is_timed(sim):
    timings = sim.prepared.timings
    assert list(timings) == ["seed", "look_at_data", "warm_up", "observe", "noise", "judge"]
    assert all(seconds >= 0 for seconds in timings.values())


def test_steps_are_timed_one_after_the_other(monkeypatch):
    instants = iter([10.0, 12.5, 12.5, 14.0])
    monkeypatch.setattr(preparation, "perf_counter", lambda: next(instants))
    laps = preparation._Laps()
    for name in ("seed", "observe", "judge"):
        laps.lap(name)
    assert laps.seconds == {"seed": 2.5, "observe": 0.0, "judge": 1.5}


def test_secrets_of_the_services_configuration_are_kept_nowhere(open_town):
    sim, town = open_town(SMALL)

    def shows(path, answer):
        if path == "/v1/admin/recommendation/config":
            answer["config"] |= {"api_key": "s3cret-word", "max_k": 15}

    town.twist = shows
    assert sim.prepared.admin["max_k"] == 15
    assert b"s3cret-word" not in (sim.context.folder / OUTCOME).read_bytes()


@pytest.mark.parametrize(("most", "cuts"), [(15, True), (20, False), (0, False)])
def test_figures_over_twenty_items_are_not_measured_where_the_service_returns_fewer(open_town, most, cuts):
    """Its own limit on k is in the configuration document; 0 there is none."""
    sim, town = open_town(SMALL)

    def limited(path, answer):
        if path == "/v1/admin/recommendation/config":
            answer["config"]["max_k"] = most

    town.twist = limited
    figure = sim.quality.figures["novelty@20"]
    assert ("the service returns at most 15 items" in figure.reason) == cuts
    assert not cuts or figure.value is None


def test_either_user_class_shows_the_knobs_in_at_most_fifty_answers(sim):
    lists = list(sim.lists.values())
    found = preparation.by_class(sim.world, lists * 20)
    assert {name: len(answers) for name, answers in found.items()} == {"established": 50, "sparse": 50}
    for name, answers in found.items():
        assert {sim.world.established_answer(one) for one in answers} == {name == "established"}


# --- revisions ---


def test_a_service_without_event_types_is_not_asked_for_them_and_has_the_usual_ones(open_town):
    sim, town = open_town(SMALL, facts={"capabilities": Capabilities(event_types=False)})
    assert sim.prepared.types == ()
    assert sim.world.types == EVENT_TYPES
    assert town.asked("/v1/event-types", "GET") == 0


def test_a_service_without_rules_overrides_and_segments_is_prepared_all_the_same(open_town):
    missing = dict.fromkeys(("rules", "overrides", "segments", "event_types"), False)
    sim, town = open_town(SMALL, facts={"capabilities": Capabilities(**missing)})
    town.refuse = lambda method, path: 405 if path in ("/v1/admin/rules", "/v1/admin/manual_overrides") else 0
    assert sim.prepared.quality.evaluated == 4
    assert town.asked("/v1/admin/rules", "GET") == 0


def test_the_event_types_that_a_service_lists_are_in_effect(sim):
    assert sim.prepared.types == tuple(sim.service.event_types())
    assert len(sim.prepared.types) > 1
    assert sim.world.types == sim.prepared.types


# --- failures are shared ---


def test_a_service_that_fails_fails_the_preparation_in_one_sentence_for_all_processes(open_town):
    sim, town = open_town(SMALL)
    town.refuse = lambda method, path: 403 if path == "/v1/items:upsert" else 0
    with pytest.raises(SimulationFailed, match="answered 403"):
        _ = sim.prepared
    town.forget()
    assert "answered 403" in prepare_once(sim).failure
    assert town.heard == [], "what failed is not tried again by the next process"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            InputError(Problem("namespace `n`", "holds rows of others.")),
            "namespace `n`: holds rows of others.",
        ),
        (OSError(28, "No space left on device"), "bundle: cannot be written: No space left on device"),
    ],
)
def test_what_stands_against_it_is_told_and_tried_once(sim, broken, error, sentence):
    (sim.context.folder / OUTCOME).unlink()
    tried = broken(error)
    assert prepare_once(sim).failure.endswith(sentence)
    assert prepare_once(sim).failure.endswith(sentence)
    assert tried == [sim]


def test_a_fault_of_ours_shows_its_traceback_once_and_is_a_sentence_for_all_others(sim, broken):
    (sim.context.folder / OUTCOME).unlink()
    broken(ZeroDivisionError("division by zero"))
    with pytest.raises(ZeroDivisionError):
        prepare_once(sim)
    assert prepare_once(sim).failure == "internal error in pytest-recsim: ZeroDivisionError: division by zero"


def test_an_interrupt_is_no_outcome_so_that_the_next_process_starts_over(sim, broken):
    (sim.context.folder / OUTCOME).unlink()
    tried = broken(KeyboardInterrupt())
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            prepare_once(sim)
    assert len(tried) == 2


def test_a_scratch_folder_that_cannot_be_written_is_a_sentence(join, tmp_path):
    (tmp_path / "file").write_text("in the way")
    sim = join(scratch=str(tmp_path / "file"))
    assert "cannot be written" in prepare_once(sim).failure


def test_manifests_that_cannot_be_written_stop_the_run_naming_the_report_folder(open_town, tmp_path):
    sim, _ = open_town(SMALL)
    sim.context.bundle.root.write_text("in the way")
    assert prepare_once(sim).failure.endswith("bundle: cannot be written: Not a directory")


def test_whoever_did_the_work_has_left_its_process_number(sim):
    assert (sim.context.folder / "seeders.txt").read_text().split() == [str(os.getpid())]


def test_an_outcome_crosses_the_disk_as_it_was(sim):
    prepared = sim.prepared
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(prepared), type=Prepared) == prepared
