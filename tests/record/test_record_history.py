"""history.jsonl: a line per run, whole whoever writes at the same time, readable whatever else is in the file."""

from __future__ import annotations

import json
import os
import threading

import pytest
from jsonschema import Draft202012Validator
from kept_runs import edit, run_at
from msgspec.structs import replace
from published import closed

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.history import NAME, append, past_of, read_history
from pytest_recsim.record.masking import learn
from pytest_recsim.record.trend import MOST, known, trend_of
from pytest_recsim.schemas import schema
from pytest_recsim.simulation.bundle.history import remember


def history(reports, customer="acme"):
    return reports / customer / NAME


def test_a_line_says_who_when_with_what_and_what_came_of_it(tmp_path):
    overrides = {"overrides": {"MMR_LAMBDA": {"text": "0.5", "origin": "--env-override"}}}
    bundle = run_at(tmp_path, 0, profile=overrides)
    remember(tmp_path, bundle)
    (run,), odd = read_history(history(tmp_path))
    assert odd == []
    assert run == past_of(bundle)
    assert (run.customer, run.bundle, run.verdict) == ("acme", "acme/20261120T120000Z", "partial")
    assert (run.overrides, run.configuration) == ({"MMR_LAMBDA": "0.5"}, f"{run.profile} MMR_LAMBDA=0.5")
    assert (run.service, run.relevance, run.ended) == ("stand-in", "unseen", True)
    assert run.counts == bundle.read_metadata()["verdict"]["counts"]


def test_key_figures_have_their_n_and_the_threshold_that_a_guardrail_holds_them_to(tmp_path):
    bundle = run_at(tmp_path, 0)
    run = past_of(bundle)
    result = next(one for one in bundle.results() if one.check == "catalog_coverage")
    found = run.figure("catalogue_coverage@20")
    assert (found.threshold, found.ok) == (result.measures[0].threshold, True)
    assert found.n == bundle.read_quality().evaluated
    assert not [one.name for one in run.figures if "(all)" in one.name]
    for row in bundle.read_quality().lifts:
        if row.relevance == "unseen":
            found = run.figure(f"lift of {row.metric.upper()}@10", row.segment)
            assert (found.value, found.n) == (row.lift, row.n_users)


def test_the_lift_over_everybody_is_that_of_all_users_means(tmp_path):
    bundle = run_at(tmp_path, 0)
    quality = bundle.read_quality()
    rows = [row for row in quality.lifts if (row.metric, row.relevance) == ("ndcg", "unseen")]
    sized = [
        replace(row, n_users=n, mean=0.3, baseline_mean=0.1 * n) for row, n in zip(rows, (1, 3), strict=False)
    ]
    bundle.write("quality_metrics.json", replace(quality, lifts=tuple(sized)))
    found = past_of(bundle).figure("lift of NDCG@10")
    assert (found.n, found.value) == (4, pytest.approx(0.3 * 4 / (0.1 + 0.9) - 1))
    bundle.write("quality_metrics.json", replace(quality, lifts=(sized[0], replace(sized[1], mean=None))))
    assert past_of(bundle).figure("lift of NDCG@10").value is None
    whole = replace(rows[0], segment="", lift=0.7, low=0.6, high=0.8, n_users=9)
    bundle.write("quality_metrics.json", replace(quality, overall=(whole,)))
    found = past_of(bundle).figure("lift of NDCG@10")
    assert (found.value, found.low, found.high, found.n) == (0.7, 0.6, 0.8, 9)


def test_every_line_and_every_trend_follows_its_published_schema(tmp_path):
    for day in range(2):
        remember(tmp_path, run_at(tmp_path, day))
    lines = history(tmp_path).read_text().splitlines()
    for line in lines:
        Draft202012Validator(closed(schema("history"))).validate(json.loads(line))
    trend = next(tmp_path.glob("acme/*/artifacts/trend.json"))
    Draft202012Validator(closed(schema("trend"))).validate(json.loads(trend.read_text()))
    assert len(lines) == 2


def test_a_line_that_is_none_is_a_notice_and_the_others_are_read(tmp_path):
    for day in range(3):
        append(history(tmp_path), past_of(run_at(tmp_path, day)))
    lines = history(tmp_path).read_bytes().splitlines()
    deep = b"[" * 5000
    broken = [lines[0], lines[1][:50], b"", b"\xff\xfe", deep, b'{"run_id": 5}', lines[2]]
    history(tmp_path).write_bytes(b"\n".join(broken))
    runs, odd = read_history(history(tmp_path))
    assert [run.run_id for run in runs] == ["run0", "run2"]
    assert odd == [f"history.jsonl:{n}: this line is no run; the others are read" for n in (2, 4, 5, 6)]


def test_after_half_a_line_the_next_run_begins_a_line_of_its_own(tmp_path):
    append(history(tmp_path), past_of(run_at(tmp_path, 0)))
    with history(tmp_path).open("ab") as stream:
        stream.write(b'{"run_id": "kil')
    append(history(tmp_path), past_of(run_at(tmp_path, 1)))
    runs, odd = read_history(history(tmp_path))
    assert ([run.run_id for run in runs], len(odd)) == (["run0", "run1"], 1)


def test_runs_that_end_at_once_do_not_mix_their_lines(tmp_path):
    run = past_of(run_at(tmp_path, 0))
    runs = [replace(run, run_id=f"r{number}", sentence="x" * 20_000) for number in range(40)]

    def write(mine):
        for one in mine:
            append(history(tmp_path), one)

    writers = [threading.Thread(target=write, args=(runs[start::4],)) for start in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found, odd = read_history(history(tmp_path))
    assert odd == []
    assert {one.run_id for one in found} == {one.run_id for one in runs}


def test_a_run_that_stands_there_twice_counts_once(tmp_path):
    run = past_of(run_at(tmp_path, 0))
    append(history(tmp_path), replace(run, sentence="before"))
    append(history(tmp_path), run)
    assert read_history(history(tmp_path))[0] == [run]


def test_a_secret_is_in_no_line(tmp_path):
    learn(["swordfish-4711"])
    url = {"kind": "service", "url": "http://acme:hunter2pass@service.example/?key=swordfish-4711"}
    remember(tmp_path, run_at(tmp_path, 0, service=url))
    text = history(tmp_path).read_text()
    assert "service.example" in text
    assert "swordfish" not in text
    assert "hunter2pass" not in text


def test_what_cannot_be_read_at_all_is_a_notice(tmp_path):
    history(tmp_path).mkdir(parents=True)
    assert read_history(history(tmp_path)) == ([], ["history.jsonl cannot be read: Is a directory"])
    history(tmp_path).rmdir()
    os.mkfifo(history(tmp_path))
    assert read_history(history(tmp_path)) == ([], ["history.jsonl cannot be read: it is not a file"])


def test_folders_that_no_line_tells_of_are_read_and_lines_outlive_their_folders(tmp_path):
    remember(tmp_path, gone := run_at(tmp_path, 0))
    for path in sorted(gone.root.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    gone.root.rmdir()
    run_at(tmp_path, 1)
    run_at(tmp_path, 2, status="started")
    run_at(tmp_path, 3, status="seeded")
    run_at(tmp_path, 4, simulation="acme-b")
    run_at(tmp_path, 5, simulation="acme-b", customer="beta")
    (run_at(tmp_path, 6).metadata).write_text("{")
    runs, odd = known(tmp_path, "acme", ["acme", "acme-b", "acme"])
    assert [run.run_id for run in runs] == ["run0", "run1", "run2", "run4"]
    assert odd == ["acme/20261126T120000Z: no record that can be read"]


def test_a_first_run_has_no_trend(tmp_path):
    bundle = run_at(tmp_path, 0)
    remember(tmp_path, bundle)
    assert not (bundle.artifacts / "trend.json").exists()


def test_a_trend_has_what_can_be_compared_and_says_what_cannot(tmp_path):
    run_at(tmp_path, 0, fixture={"sha256": "b" * 64})
    wanted = run_at(tmp_path, 1)
    run_at(tmp_path, 2, status="incomplete")
    edit(run_at(tmp_path, 3).artifacts / "seed_manifest.json", split={"cut": "2026-01-01T00:00:00Z"})
    limit = {"key": "relevance", "value": "all", "severity": "block", "origin": "g.yml:1"}
    run_at(tmp_path, 4, guardrails={"thresholds": {"relevance": {"(all)": limit}}})
    run_at(tmp_path, 5, options={"sample_users": 5})
    now = run_at(tmp_path, 6)
    run_at(tmp_path, 7)
    remember(tmp_path, now)
    trend = json.loads((now.artifacts / "trend.json").read_text())
    assert [run["bundle"] for run in trend["runs"]] == [f"acme/{one.root.name}" for one in (wanted, now)]
    assert trend["left_out"] == {
        "other sample of users": 1,
        "other relevance": 1,
        "other period judged": 1,
        "interrupted": 1,
        "other data set": 1,
    }


def test_other_simulations_of_the_same_batch_are_not_runs_before(tmp_path):
    run_at(tmp_path, 0)
    run_at(tmp_path, 1, simulation="acme-b")
    remember(tmp_path, now := run_at(tmp_path, 1))
    remember(tmp_path, Bundle(tmp_path / "acme-b" / now.root.name))
    for one in ("acme", "acme-b"):
        path = tmp_path / one / now.root.name / "artifacts" / "trend.json"
        assert [run["run_id"] for run in json.loads(path.read_text())["runs"]] == ["run0", "run1"]


def test_a_trend_has_twenty_runs_at_most(tmp_path):
    run = past_of(run_at(tmp_path, 0))
    runs = [replace(run, run_id=f"r{n}", started_at=run.started_at.replace(minute=n)) for n in range(30)]
    trend = trend_of(runs[-1], runs, ["a notice"])
    assert [one.run_id for one in trend.runs] == [f"r{n}" for n in range(30 - MOST, 30)]
    assert (trend.left_out, trend.notices) == ({"longer ago": 10}, ("a notice",))
