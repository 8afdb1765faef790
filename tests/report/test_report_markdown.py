"""The page for people: it says the verdict first, names what failed, and works on a killed run."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.report import render_bundle
from pytest_recsim.report.text import cell, number

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
        },
    )
    text = page(bundle)
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
