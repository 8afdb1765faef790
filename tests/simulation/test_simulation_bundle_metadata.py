"""simulation_metadata.json: everything that the run knows of itself, valid and readable at every moment."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from types import SimpleNamespace

import msgspec
import pytest
from jsonschema import Draft202012Validator
from opened_runs import opened_run, seeded
from truth_answers import NOW

from pytest_recsim.record.asked import Limit, WaiverNote
from pytest_recsim.record.jsonio import dumps
from pytest_recsim.record.metadata import AnswerTimes, CheckCost, Cost, KnobRow, Metadata, WarmUp
from pytest_recsim.record.model import CheckResult, Verdict
from pytest_recsim.record.quality import Quality, SegmentCount
from pytest_recsim.schemas import schema
from pytest_recsim.service.api.capabilities import Capabilities
from pytest_recsim.service.http.request_counts import RECOMMEND, Tally
from pytest_recsim.service.safety.interlock import Counts, NamespaceState
from pytest_recsim.service.safety.preflight import ServiceFacts
from pytest_recsim.simulation.bundle.metadata import LIBRARIES, asked, describe
from pytest_recsim.simulation.session.custom_metrics import SPENT
from pytest_recsim.simulation.session.ledger import Ledger
from pytest_recsim.simulation.session.preparation import Prepared

FACTS = ServiceFacts("2026-11-01", "m7", "abc", "ok", ("a foreign rule",), Capabilities(rules=False))
KNOB = KnobRow("MMR_LAMBDA", "0.3", "p.env:1", "0.2", "differs", "explain")
QUALITY = Quality(
    judged_relevance="all",
    evaluated=2,
    sampled=True,
    segments={"vip": SegmentCount(2, 2, 1, 1)},
    lifts=(),
    figures={},
)


@pytest.fixture(scope="module")
def plan(shared_make_world):
    return shared_make_world().plan


@pytest.fixture
def open_as(plan, tmp_path):
    """Open the small world's simulation, with members of its plan replaced and facts of Opened."""

    def open_(facts=(), **changes):
        return opened_run(msgspec.structs.replace(plan, **changes), tmp_path, **dict(facts))

    return open_


def told(opened, prepared=None, **more):
    return describe(opened, prepared, **{"status": "finished"} | more)


def tally(**counts):
    return Tally(
        **{name: Counter(found) if isinstance(found, dict) else found for name, found in counts.items()}
    )


def test_before_anything_was_asked_nothing_is_made_up(open_as):
    document = told(open_as(), status="started")
    assert (document.status, document.verdict, document.run_id) == ("started", None, "r1")
    assert (document.customer, document.simulation, document.started_at) == ("acme", "acme", NOW)
    service = document.service
    assert (service.version, service.model_version, service.git_commit) == ("", "", "")
    assert service.capabilities is None
    assert msgspec.to_builtins(service.namespace_before) == {}
    assert (document.clock_shift_seconds, document.preparation_failure, document.notes) == (None, "", ())
    assert (document.users.in_fixture, document.users.evaluated, document.users.sampled) == (3, 0, False)
    assert (document.requests.total, document.requests.rule_waits.changes) == (0, 0)
    assert document.requests.rule_waits.longest_seconds == 0
    assert document.timings.preparation == {"open": 0.0}
    assert document.timings.warm_up is None


@pytest.mark.parametrize("whole", [False, True])
def test_at_every_moment_the_file_follows_its_schema_and_is_read_as_it_was_written(open_as, whole):
    opened = open_as(
        {"facts": FACTS, "found": NamespaceState(empty=True, marker=None, totals=Counts(1, 2, 3))}
        if whole
        else ()
    )
    verdict = Verdict(status="may_go", sentence="Ready.", counts={"passed": 1})
    prepared = Prepared(seeded=seeded(), quality=QUALITY, knobs=(KNOB,)) if whole else None
    document = told(opened, prepared, verdict=verdict if whole else None)
    data = dumps(document)
    Draft202012Validator(schema("simulation_metadata")).validate(json.loads(data))
    assert msgspec.json.decode(data, type=Metadata) == document


def test_the_service_is_told_as_it_was_found(open_as):
    found = NamespaceState(empty=False, marker=None, totals=Counts(items=1, users=2, events=3))
    service = told(open_as({"facts": FACTS, "found": found})).service
    assert (service.kind, service.url) == ("stand-in", "http://x")
    assert (service.version, service.model_version, service.git_commit) == ("2026-11-01", "m7", "abc")
    assert (service.capabilities["rules"], service.capabilities["segments"]) == (False, True)
    assert (service.namespace_before.empty, service.namespace_before.rows) == (
        False,
        {"items": 1, "users": 2, "events": 3},
    )


def test_a_running_service_is_one_and_says_who_named_it(shared_make_world, tmp_path):
    plan = shared_make_world(base_url="http://x", base_url_source="--base-url").plan
    service = told(opened_run(plan, tmp_path)).service
    assert (service.kind, service.url_from) == ("service", "--base-url")


def test_options_and_place_are_those_of_the_plan(open_as):
    opened = open_as(
        sample_users=7,
        window_days=30.0,
        timeout=2.5,
        warm_up=9.0,
        concurrency=3,
        skip=("seed",),
        surface="home",
    )
    document = told(opened)
    assert msgspec.to_builtins(document.options) == {
        "surface": "home",
        "sample_users": 7,
        "window_days": 30.0,
        "timeout_seconds": 2.5,
        "warm_up_seconds": 9.0,
        "concurrency": 3,
        "skipped_steps": ("seed",),
        "stop_early": False,
    }
    plan = opened.plan
    assert (document.place.org_id, document.place.namespace) == (plan.org_id, plan.namespace)
    assert (document.fixture.path, document.fixture.events) == (plan.fixture.path, 8)


def test_the_profile_is_told_as_asked_for_with_what_was_laid_over_it_and_what_is_in_effect(
    shared_make_world, tmp_path
):
    opened = opened_run(shared_make_world("MMR_LAMBDA=.9").plan, tmp_path)
    profile = told(opened, Prepared(knobs=(KNOB,))).profile
    assert profile.asked["MMR_LAMBDA"] == ".9"
    assert set(profile.asked) == set(opened.plan.knobs)
    assert {name: (one.text, one.origin) for name, one in profile.overrides.items()} == {
        "MMR_LAMBDA": (".9", "--env-override")
    }
    assert profile.knobs == (KNOB,)
    assert told(opened).profile.knobs == ()


def test_thresholds_of_the_whole_run_stand_under_all_beside_those_of_segments(open_as):
    everybody, vip = Limit("max_gini", 0.9, "block", "g:1"), Limit("max_gini", 0.8, "warn", "g:2")
    note = WaiverNote("gini", "why", "g:3")
    guardrails = told(open_as(limits={"max_gini": {"": everybody, "vip": vip}}, waivers=(note,))).guardrails
    assert guardrails.thresholds == {"max_gini": {"(all)": everybody, "vip": vip}}
    assert guardrails.waivers == (note,)


def test_what_preparation_found_is_told_as_far_as_it_got(open_as):
    times = {"": AnswerTimes(n=2, p50_ms=1.0, p95_ms=2.0, longest_ms=3.0)}
    prepared = Prepared(
        seeded=seeded(shift_us=1_500_000),
        quality=QUALITY,
        answer_times=times,
        timings={"seed": 1.25},
        warm_up=WarmUp(seconds=0.1, questions=2, failed={}, last_s=0.1),
    )
    document = told(open_as(), prepared)
    assert document.clock_shift_seconds == 1.5
    assert (document.users.evaluated, document.users.sampled) == (2, True)
    assert document.users.segments == QUALITY.segments
    assert document.requests.quality_lists_ms == times
    assert document.timings.preparation == {"open": 0.0, "seed": 1.25}
    assert document.timings.warm_up.questions == 2
    failed = told(open_as(), Prepared(failure="the service is gone"))
    assert (failed.preparation_failure, failed.clock_shift_seconds) == ("the service is gone", None)


def test_requests_are_those_of_all_processes_and_of_the_controller(open_as):
    opened = open_as({"tallies": [tally(requests={"GET /health": 2}, retries={"503": 1})]})
    folder = opened.sim.context.folder
    for number, retries in enumerate(({"timeout": 2}, {"503": 4})):
        ledger = Ledger(folder, serial=900 + number)
        ledger.waited("s3", 0.5 + number)
        sent = {RECOMMEND: 10, f"{RECOMMEND} to be refused": 1, "GET /health": 1}
        counts = {"looked_at": 5, "unknown": {"items.x": 1}, "failed": {"timeout": 1}}
        ledger.write(tally(requests=sent, retries=retries, **counts), None, 0.0)
    sent = told(opened).requests
    assert (sent.total, sent.recommendations) == (26, 22)
    assert list(sent.by_endpoint.items()) == [
        ("GET /health", 4),
        (RECOMMEND, 20),
        (f"{RECOMMEND} to be refused", 2),
    ]
    assert list(sent.retries.items()) == [("503", 5), ("timeout", 2)]
    assert (sent.looked_at, sent.unknown_members, sent.failed_recommendations) == (
        10,
        {"items.x": 2},
        {"timeout": 2},
    )
    assert (sent.rule_waits.changes, sent.rule_waits.longest_seconds) == (2, 1.5)
    assert asked(opened).requests["GET /health"] == 4, "asking twice counts nothing twice"


def test_what_checks_cost_is_added_up_over_processes_and_the_rest_is_preparation(open_as):
    opened = open_as({"tallies": [tally(requests={"GET /health": 2})]})
    for number, costs in enumerate(
        ([("S3", "", 4, 3), ("mine", "a", 1, 0)], [("S3", "", 2, 2), ("S7", "", 0, 0)])
    ):
        ledger = Ledger(opened.sim.context.folder, serial=900 + number)
        ledger.costs += [
            CheckCost(check=check, case=case, requests=requests, recommendations=lists)
            for check, case, requests, lists in costs
        ]
        ledger.write(tally(requests={RECOMMEND: 10}), None, 0.0)
    sent = told(opened).requests
    assert sent.by_check == (
        CheckCost(check="S3", requests=6, recommendations=5),
        CheckCost(check="mine", case="a", requests=1, recommendations=0),
    )
    assert sent.preparation == Cost(requests=22 - 7, recommendations=20 - 5)


def test_what_this_process_has_sent_itself_is_counted_without_being_asked_to(open_as):
    opened = open_as()
    opened.sim.service = SimpleNamespace(tally=tally(requests={"GET /health": 3}))
    assert told(opened).requests.total == 3
    opened.sim.service.tally.requests["GET /health"] += 1
    assert told(opened).requests.total == 4


def test_seconds_of_checks_add_up_and_custom_metrics_have_a_step_once_they_were_measured(open_as):
    opened = open_as({"seconds": 0.12345})
    results = [
        CheckResult(simulation="acme", check=f"S{n}", outcome="passed", seconds=0.1001) for n in range(3)
    ]
    timings = told(opened, results=results).timings
    assert (timings.preparation, timings.checks_seconds) == ({"open": 0.123}, 0.3)
    (opened.sim.context.folder / SPENT).write_text("2.5")
    assert told(opened).timings.preparation == {"open": 0.123, "own_metrics": 2.5}


def test_notes_stand_in_the_order_in_which_they_came_up(open_as):
    note = WaiverNote("gini", "why", "g:3")
    opened = open_as({"facts": FACTS, "notes": ["cleaned up"]}, waivers=(note,))
    opened.tallies.append(tally(looked_at=9, unknown={"items.x": 3}))
    slow = WarmUp(seconds=23.0, questions=2, failed={}, last_s=0.1)
    prepared = Prepared(seeded=seeded(notes=("moved by a day",)), warm_up=slow)
    passed = CheckResult(simulation="acme", check="gini", outcome="passed")
    notes = told(opened, prepared, results=[passed]).notes
    assert notes == (
        "a foreign rule",
        FACTS.capabilities.without("rules"),
        "of 9 answers that were searched, some carry members we do not know: `items.x` (3)",
        "cleaned up",
        "moved by a day",
        "the service needed 23 s for its first answer",
        "waiver of gini (g:3) was not needed: why",
    )


def test_a_quick_first_answer_and_a_failed_preparation_leave_no_note(open_as):
    quick = WarmUp(seconds=0.1, questions=2, failed={}, last_s=0.1)
    assert told(open_as(), Prepared(seeded=seeded(), warm_up=quick)).notes == ()
    assert told(open_as(), Prepared(failure="gone", warm_up=quick)).notes == ()


@pytest.mark.parametrize("count", [5, 6])
def test_five_unknown_members_are_named_and_all_are_counted(open_as, count):
    opened = open_as()
    opened.tallies.append(tally(looked_at=9, unknown={f"m{n}": n + 1 for n in range(count)}))
    (note,) = told(opened).notes
    named = ", ".join(f"`m{n}` ({n + 1})" for n in range(5))
    assert note.endswith(f"do not know: {named}{' and 1 more' if count > 5 else ''}")


def test_a_waiver_for_no_check_is_a_note_once_the_whole_suite_has_run(open_as):
    opened = open_as(waivers=(WaiverNote("gone", "why", "g:3", until="2026-11-22"),))
    green = Verdict(status="may_go", sentence="", counts={"passed": 1})
    assert told(opened, verdict=green).notes == (
        "waiver of gone (g:3) covers no check of this customer: why",
    )
    part = msgspec.structs.replace(green, status="partial")
    assert told(opened, verdict=part).notes == told(opened).notes == ()


def test_the_plan_of_checks_is_kept_in_order(open_as):
    assert told(open_as(), planned=["S2", "S1", "lift vip"]).planned_checks == ("S2", "S1", "lift vip")


def test_the_tool_names_its_libraries_and_one_that_is_missing_is_null(open_as, monkeypatch):
    tool = told(open_as()).tool
    assert set(tool.libraries) == set(LIBRARIES)
    assert tool.libraries["pytest"] == pytest.__version__
    assert tool.clock == NOW
    monkeypatch.setattr("pytest_recsim.simulation.bundle.metadata.LIBRARIES", ("no-such-library",))
    assert told(open_as()).tool.libraries == {"no-such-library": None}


def git(folder, *words):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def git_of(opened, folder, monkeypatch):
    monkeypatch.chdir(folder)
    return msgspec.to_builtins(told(opened).tool.git)


def test_the_folder_of_the_run_is_told_by_revision_and_whether_tracked_files_were_changed(
    open_as, tmp_path, monkeypatch
):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    opened, (clean, dirty) = open_as(), (tmp_path / "clean", tmp_path / "dirty")
    assert git_of(opened, tmp_path, monkeypatch) == {}
    for folder in (clean, dirty):
        folder.mkdir()
        git(folder, "init", "-q")
        (folder / "a").write_text("1")
        git(folder, "add", "a")
        git(folder, "commit", "-q", "-m", "x")
        (folder / "untracked").write_text("1")
    (dirty / "a").write_text("2")
    revision = git(clean, "rev-parse", "HEAD").strip()
    assert git_of(opened, clean, monkeypatch) == {"revision": revision, "dirty": False}
    assert git_of(opened, dirty, monkeypatch)["dirty"] is True
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    monkeypatch.setenv("PATH", str(nowhere))
    assert git_of(opened, nowhere, monkeypatch) == {}, "no git"
