"""The page for people: it says the verdict first, names what failed, and works on a killed run."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.report import render_bundle
from pytest_recsim.report.text import cell, number, retried

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)
CHOSEN = {"value": "acme", "origin": "--namespace"}


def metadata(**more):
    return {
        "status": "finished",
        "verdict": {"sentence": "Must not go live: 1 of 2 checks stand against it.", "caveats": ["a caveat"]},
        "customer": "acme",
        "started_at": "2026-11-22T22:15:00Z",
        "service": {"kind": "stand-in", "url": "http://x", "url_from": "no --base-url", "model_version": "m"},
        "place": {"namespace": CHOSEN, "org_id": CHOSEN},
        "profile": {"name": CHOSEN, "sha256": "a" * 64, "apply": CHOSEN, "knobs": []},
        "fixture": {"path": "acme.json", "items": 1, "users": 2, "events": 3, "sha256": "b" * 64},
        "requests": {"total": 5, "recommendations": 4},
        "users": {"evaluated": 1, "in_fixture": 2},
        "notes": ["a note"],
        "preparation_failure": "",
    } | more


@pytest.fixture
def bundle(tmp_path):
    made = open_bundle(tmp_path, "acme", NOW)
    write_json(made.metadata, metadata())
    return made


def page(bundle):
    render_bundle(bundle)
    return (bundle.root / "README.md").read_text()


def test_the_first_line_is_the_verdict(bundle):
    assert page(bundle).splitlines()[0] == "# acme: Must not go live: 1 of 2 checks stand against it."


def test_what_failed_stands_with_its_whole_message_before_the_table(bundle):
    bundle.append(CheckResult(simulation="acme", check="S1", outcome="passed", title="filter"))
    bundle.append(
        CheckResult(
            simulation="acme",
            check="S7",
            outcome="failed",
            title="new users",
            sentence="expected 1\n  for: u1",
        )
    )
    text = page(bundle)
    assert "### S7: new users" in text
    assert "expected 1\n  for: u1" in text
    assert text.index("### S7") < text.index("## All checks") < text.index("| S1 | passed | filter |")


def test_a_measure_stands_with_value_interval_threshold_and_n(bundle):
    measure = Measure(
        name="lift",
        ok=True,
        got=0.25,
        expected="at least 0.1",
        n=40,
        low=0.05,
        high=0.5,
        borderline=True,
        users_needed=1100,
    )
    bundle.append(CheckResult(simulation="acme", check="c", outcome="passed", measures=(measure,)))
    assert (
        "lift 0.25 [0.05, 0.50] (at least 0.1, n 40, borderline: about 1,100 users would tell it from the threshold)"
        in page(bundle)
    )


def test_a_waiver_is_shown_with_its_reason(bundle):
    bundle.append(
        CheckResult(simulation="acme", check="S9", outcome="waived", waiver="no margins (guardrails.yml:3)")
    )
    assert "| S9 | waived |  | waived: no margins (guardrails.yml:3) |" in page(bundle)


def test_what_was_let_through_stands_before_the_table_with_what_it_would_have_said(bundle):
    said = {"simulation": "acme", "sentence": "not measured: no margins\n  n: 3"}
    bundle.append(CheckResult(check="S9", outcome="waived", waiver="no margins (g:3)", **said))
    bundle.append(CheckResult(check="gini", outcome="warned", severity="warn", **said))
    text = page(bundle)
    assert "| S9 | waived: no margins (g:3) | not measured: no margins |" in text
    assert "| gini | severity warn | not measured: no margins |" in text
    assert text.index("## What was let through") < text.index("## All checks")
    assert "| gini | warned |  | not measured: no margins |" in text


def test_nothing_let_through_is_no_section(bundle):
    bundle.append(CheckResult(simulation="acme", check="S1", outcome="passed"))
    assert "let through" not in page(bundle)


def test_answer_times_and_failed_attempts_are_told_when_they_are_known(bundle):
    assert "answer times" not in page(bundle)
    times = {"": {"n": 1200, "p50_ms": 7.25, "p95_ms": 31.0, "longest_ms": 99.0}}
    requests = {
        "total": 5,
        "recommendations": 4,
        "quality_lists_ms": times,
        "failed_recommendations": {"429": 2, "timeout": 1},
    }
    write_json(bundle.metadata, metadata(requests=requests))
    text = page(bundle)
    assert (
        "| answer times | half of 1,200 quality lists within 7.25 ms, 95 % within 31 ms (client side) |"
        in text
    )
    assert "| failed attempts at recommendations | 3 (429 2, timeout 1) |" in text


def test_a_killed_run_says_that_it_is_incomplete(bundle):
    write_json(bundle.metadata, metadata(status="started"))
    assert page(bundle).startswith("# acme: incomplete: this run has not finished, or was killed")


def test_a_failed_preparation_is_told(bundle):
    write_json(bundle.metadata, metadata(preparation_failure="the service went away"))
    assert "> Preparation failed: the service went away" in page(bundle)


def test_every_file_of_the_bundle_is_linked_and_every_link_exists(bundle):
    bundle.write("seed_manifest.json", {})
    links = re.findall(r"\]\(([^)]+)\)", page(bundle))
    assert "artifacts/seed_manifest.json" in links
    assert all((bundle.root / link).is_file() for link in links)


def test_unmeasured_lifts_say_why(bundle):
    lift = {
        "segment": "vip", "metric": "ndcg", "relevance": "unseen", "n_users": 3, "mean": 0.5,
        "baseline_mean": 0.25, "recent_mean": None, "lift": None, "low": None, "high": None, "reason": "3 users",
    }  # fmt: skip
    figure = {"value": None, "n": 3, "definition": "d", "reason": "too few"}
    segment = {"users": 3, "with_history": 3, "evaluated": 3, "evaluated_with_history": 3}
    bundle.write(
        "quality_metrics.json",
        {
            "judged_relevance": "unseen",
            "evaluated": 3,
            "lifts": [lift],
            "figures": {"coverage": figure},
            "segments": {"vip": segment},
            "segment_figures": {"vip": {"novelty@20": figure}},
            "own": {"fit": {"figure": figure | {"value": 0.5}, "segments": {"vip": figure}, "failure": ""}},
        },
    )
    text = page(bundle)
    assert "| vip | novelty@20 | not measured: too few | 3 |" in text
    assert "### Metrics of your own" in text
    assert "| fit |  | 0.5 | 3 | d |" in text
    assert "| fit | vip | not measured: too few | 3 |  |" in text
    assert "| vip | NDCG@10 | unseen | 3 | 0.5 | 0.25 | not measured | not measured: 3 users |  |" in text
    assert "| coverage | not measured: too few | 3 | d |" in text


def test_text_cannot_break_out_of_a_table():
    assert cell("a|b\nc") == "a\\|b c"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.12345, "0.123"), (1.0, "1"), (None, "not measured"), ("x|y", "x\\|y"), (2e9, "2e+09")],
)
def test_numbers_are_short(value, shown):
    assert number(value) == shown


def test_retries_are_told_with_their_causes_and_only_when_there_were_any(bundle):
    assert "retries" not in page(bundle)
    requests = {"total": 19, "recommendations": 4, "retries": {"timeout": 5, "429": 9, "503": 5}}
    write_json(bundle.metadata, metadata(requests=requests))
    assert "| retries | 19 (429: 9, 503: 5, timeout: 5) |" in page(bundle)
    assert retried({"429": 1200}) == "1,200 (429: 1,200)"


def test_a_killed_run_names_what_it_did_not_get_to(bundle):
    write_json(bundle.metadata, metadata(status="started", planned_checks=["S1", "S2", "lift vip"]))
    bundle.append(CheckResult(simulation="acme", check="lift", case="vip", outcome="passed", title="filter"))
    assert "Planned and never reported: S1, S2." in page(bundle)


PREVIOUS = {
    "bundle": "20261121T100000Z",
    "verdict": "May go live: all 2 checks.",
    "changes": [{"what": "MMR_LAMBDA", "before": "0.35", "now": "0.9"}, {"what": "BRAND_CAP", "before": "2", "now": ""}],
    "outcomes": {"S7": "passed", "S8": "passed"},
    "quality": {"gini@20": 0.5, "novelty@20": None, "gone@20": 1.0},
}  # fmt: skip


def test_the_run_before_is_compared_knob_by_knob_check_by_check_number_by_number(bundle):
    write_json(bundle.metadata, metadata(previous=PREVIOUS))
    bundle.append(CheckResult(simulation="acme", check="S7", outcome="not_measured", sentence="x"))
    bundle.append(CheckResult(simulation="acme", check="S8", outcome="passed"))
    figures = {
        name: {"value": value, "n": 3, "definition": "d", "reason": ""}
        for name, value in (("gini@20", 0.25), ("novelty@20", 6.0), ("new@20", 1.0))
    }
    quality = {"judged_relevance": "unseen", "evaluated": 3, "lifts": [], "figures": figures, "segments": {}}
    bundle.write("quality_metrics.json", quality)
    text = page(bundle)
    section = text[text.index("## What changed") : text.index("## Quality")]
    assert "Compared with [20261121T100000Z](../20261121T100000Z/README.md): May go live" in section
    assert "| MMR_LAMBDA | 0.35 | 0.9 |" in section
    assert "| BRAND_CAP | 2 | not set |" in section
    assert "| S7 | passed | not measured |" in section
    assert "| gini@20 | 0.5 | 0.25 | -0.250 |" in section
    assert "| novelty@20 | not measured | 6 |  |" in section
    assert not re.search(r"S8|gone@20|new@20", section)


def test_a_first_run_says_so_and_an_old_record_says_nothing(bundle):
    assert "What changed" not in page(bundle)
    write_json(bundle.metadata, metadata(previous=None))
    assert "This is the first finished run of this customer in this reports folder." in page(bundle)
    write_json(bundle.metadata, metadata(previous=PREVIOUS | {"changes": []}))
    assert "No knob, threshold, data set, option or service version has changed." in page(bundle)
