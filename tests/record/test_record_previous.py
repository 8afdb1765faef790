"""The run before: found among other folders, compared by meaning, kept in the record."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.model import CheckResult
from pytest_recsim.record.previous import Change, Previous, compared, earlier

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)
LIMIT = {"value": 0.6, "severity": "block", "origin": "g.yml:1"}
FACTS = {
    "status": "finished",
    "customer": "acme",
    "verdict": {"sentence": "Ready to go live: all."},
    "profile": {"asked": {"MMR_LAMBDA": "0.35", "BRAND_CAP": "2"}, "name": {"value": "prod"}, "apply": {"value": "env"}},
    "fixture": {"sha256": "a" * 64, "items": 1000, "users": 2, "events": 3},
    "guardrails": {"thresholds": {"min_catalog_coverage": {"(all)": LIMIT}, "min_lift": {"(all)": LIMIT, "new": LIMIT}}},
    "options": {"surface": "default", "sample_users": None, "window_days": None},
    "service": {"kind": "service", "url": "http://x", "version": "1", "git_commit": "c1", "model_version": "m1"},
    "tool": {"pytest_recsim": "0.1"},
}  # fmt: skip


@pytest.fixture
def run(tmp_path):
    def at(minutes, **facts):
        bundle = open_bundle(tmp_path, "acme", NOW + timedelta(minutes=minutes))
        write_json(bundle.metadata, FACTS | facts)
        return bundle

    return at


def changed(path, value):
    facts = json.loads(json.dumps(FACTS))
    *steps, last = path.split("/")
    place = facts
    for step in steps:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return facts


def test_the_newest_finished_run_of_the_customer_before_this_one_is_found(run):
    run(0)
    wanted = run(5)
    run(6, status="incomplete")
    run(7, status="started")
    run(8, customer="other")
    now = run(10, status="started")
    run(20)
    assert earlier(now) == wanted


def test_runs_of_the_same_second_are_ordered_by_their_number_and_not_by_their_letters(run):
    bundles = [run(0) for _ in range(12)]
    assert earlier(bundles[11]) == bundles[10]
    assert earlier(bundles[0]) is None


def test_folders_that_are_no_bundles_are_passed_over(run, tmp_path):
    wanted, now = run(0), run(9)
    (tmp_path / "acme" / "20261122T221800Z").mkdir()
    (tmp_path / "acme" / "20261122T221900Z").mkdir()
    (tmp_path / "acme" / "20261122T221900Z" / "simulation_metadata.json").write_text("{")
    (tmp_path / "acme" / "notes.txt").write_text("x")
    assert earlier(now) == wanted


@pytest.mark.parametrize(
    ("path", "value", "change"),
    [
        ("profile/asked/MMR_LAMBDA", "0.9", Change("MMR_LAMBDA", "0.35", "0.9")),
        ("profile/asked/MMR_LAMBDA", ".350", None),
        ("profile/asked/BRAND_CAP", None, Change("BRAND_CAP", "2", "")),
        ("profile/asked/CATEGORY_CAP", "3", Change("CATEGORY_CAP", "", "3")),
        ("profile/name", {"value": "dev"}, Change("profile", "prod", "dev")),
        ("profile/apply", {"value": "none"}, Change("apply mode", "env", "none")),
        ("fixture/sha256", "b" * 64, Change("data set", "aaaaaaaaaaaa (1,000 items, 2 users, 3 events)", "bbbbbbbbbbbb (1,000 items, 2 users, 3 events)")),
        ("guardrails/thresholds/min_catalog_coverage/(all)/value", 0.5, Change("min_catalog_coverage", "0.6", "0.5")),
        ("guardrails/thresholds/min_catalog_coverage/(all)/severity", "warn", Change("min_catalog_coverage", "0.6", "0.6, warns only")),
        ("guardrails/thresholds/min_lift/new/value", 0.1, Change("min_lift for new", "", "0.1")),
        ("options/sample_users", 50, Change("sample_users", "", "50")),
        ("service/git_commit", "c2", Change("service's git_commit", "c1", "c2")),
        ("written_at", "later", None),
    ],
)  # fmt: skip
def test_what_changed_is_named_with_then_and_now(run, path, value, change):
    found = compared(run(0), changed(path, value))
    assert found.changes == ((change,) if change else ())
    assert (found.bundle, found.verdict) == ("20261122T221500Z", "Ready to go live: all.")


def test_a_data_set_is_the_same_when_the_record_of_an_earlier_version_knows_it_by_its_file(run):
    today = {**FACTS["fixture"], "sha256": "c" * 64, "file_sha256": FACTS["fixture"]["sha256"]}
    assert compared(run(0), changed("fixture", today)).changes == ()
    assert len(compared(run(0), changed("fixture", today | {"file_sha256": ""})).changes) == 1


def test_a_stand_in_is_the_same_wherever_it_listens_and_whenever_it_was_started(run):
    kinds = [
        {"kind": "stand-in", "url": f"http://127.0.0.1:{n}", "version": str(n), "git_commit": str(n)}
        for n in (1, 2)
    ]
    assert compared(run(0, service=kinds[0]), FACTS | {"service": kinds[1]}).changes == ()


def test_outcomes_and_numbers_of_then_are_kept(run):
    before = run(0)
    before.append(CheckResult(simulation="acme", check="S7", outcome="passed"))
    facts = ("n_users", "n_baseline_hits", "mean", "baseline_mean", "recent_mean", "difference")
    lift = dict.fromkeys(facts, 1) | {"metric": "ndcg", "segment": "vip", "relevance": "unseen", "lift": 0.2}
    before.write(
        "quality_metrics.json",
        {
            "judged_relevance": "unseen",
            "evaluated": 3,
            "sampled": False,
            "segments": {},
            "lifts": [lift, lift | {"relevance": "all", "lift": 9}],
            "figures": {"gini@20": {"name": "gini@20", "value": None, "n": 3, "definition": "d"}},
        },
    )
    found = compared(before, FACTS)
    assert found.outcomes == {"S7": "passed"}
    assert found.quality == {"lift of NDCG@10, vip": 0.2, "gini@20": None}


def test_a_record_of_another_making_is_no_comparison_and_no_error(run):
    assert compared(run(0, profile=None), FACTS) is None
    assert compared(run(1, guardrails={"thresholds": []}), FACTS) is None


def previous(*changes, **outcomes):
    return Previous(bundle="b1", verdict="", changes=changes, outcomes=outcomes, quality={})


def test_the_line_names_what_concerns_the_check_first_and_counts_the_rest():
    knobs = [Change(f"K{n}", "1", "2") for n in range(5)]
    line = previous(*knobs, Change("min_catalog_coverage", "0.6", "0.7")).since("c", ["catalog_coverage"])
    assert line == (
        "since b1: min_catalog_coverage 0.6 -> 0.7; K0 1 -> 2; K1 1 -> 2; K2 1 -> 2 and 2 more; the data set is the same"
    )


def test_the_line_says_how_the_check_ended_then_and_when_nothing_changed():
    assert previous(c="passed").since("c") == (
        "since b1 (where it passed): no knob, threshold, data set, option or service version has changed"
    )
    assert previous(Change("data set", "x", "y"), c="not_measured").since("c") == (
        "since b1 (where it was not measured): data set x -> y"
    )
    assert previous(Change("BRAND_CAP", "", "2")).since("c").startswith("since b1: BRAND_CAP not set -> 2")
