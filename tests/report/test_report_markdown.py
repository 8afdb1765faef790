"""The page for people: it says the verdict first, names what failed, and works on a killed run."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.legible import legible
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.report import render_bundle
from pytest_recsim.report.text import cell, number, retried

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)
CHOSEN = {"value": "acme", "origin": "--namespace"}


def metadata(**more):
    return {
        "status": "finished",
        "verdict": {"sentence": "Do not go live: 1 of 2 checks failed.", "caveats": ["a caveat"]},
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
    assert page(bundle).splitlines()[0] == "# acme: Do not go live: 1 of 2 checks failed."


def test_what_failed_stands_with_its_whole_message_before_the_table(bundle):
    bundle.append(CheckResult(simulation="acme", check="S1", outcome="passed", title="filter"))
    bundle.append(
        CheckResult(
            simulation="acme",
            check="S7",
            outcome="failed",
            title="new users",
            sentence="expected 1\n  affected: u1",
        )
    )
    text = page(bundle)
    assert "### S7: new users" in text
    assert "expected 1\n  affected: u1" in text
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
        "lift 0.25 [0.05, 0.50] (at least 0.1, n 40, borderline: about 1,100 users are needed to decide)"
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
    assert "| answer times | median 7.25 ms, p95 31 ms over 1,200 quality lists (client side) |" in text
    assert "| failed attempts at recommendations | 3 (429 2, timeout 1) |" in text


def test_a_killed_run_says_that_it_is_incomplete(bundle):
    write_json(bundle.metadata, metadata(status="started"))
    end = "; this run has not finished, or was killed"
    assert page(bundle).startswith(f"# acme: incomplete: no check had reported{end}")


def test_a_killed_run_counts_what_is_there_not_what_was_written_down_before(bundle):
    write_json(bundle.metadata, metadata(status="started", planned_checks=["S1", "S2", "S3"]))
    for check, outcome in (("S1", "passed"), ("S2", "failed")):
        bundle.append(CheckResult(simulation="acme", check=check, outcome=outcome))
    said = "2 of 3 planned checks had reported, 1 of them failed; this run has not finished, or was killed"
    assert page(bundle).startswith(f"# acme: incomplete: {said}")
    assert "Planned and never reported: S3." in page(bundle)


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
        "baseline_mean": 0.25, "recent_mean": None, "lift": None, "low": None, "high": None, "reason": "3 users", "n_baseline_hits": 9, "difference": None,
    }  # fmt: skip
    figure = {"name": "x", "value": None, "n": 3, "definition": "d", "reason": "too few"}
    segment = {"users": 3, "with_history": 3, "evaluated": 3, "evaluated_with_history": 3}
    bundle.write(
        "quality_metrics.json",
        {
            "judged_relevance": "unseen",
            "evaluated": 3,
            "sampled": False,
            "lifts": [
                lift,
                lift | {"segment": "new", "lift": 0.25, "low": 0.1, "high": 0.4, "reason": "other knobs"},
            ],
            "figures": {"coverage": figure, "gini": figure | {"reason": "other knobs", "raw": 0.5}},
            "segments": {"vip": segment},
            "segment_figures": {"vip": {"novelty@20": figure}},
            "own": {"fit": {"figure": figure | {"value": 0.5}, "segments": {"vip": figure}, "failure": ""}},
        },
    )
    text = page(bundle)
    assert "| vip | novelty@20 | not measured: too few | 3 |" in text
    assert "### Custom metrics" in text
    assert "| fit |  | 0.5 | 3 | d |" in text
    assert "| fit | vip | not measured: too few | 3 |  |" in text
    assert "| vip | NDCG@10 | unseen | 3 | 0.5 | 0.25 | not measured | not measured: 3 users |  |" in text
    assert "not measured: other knobs (as it is: +0.250) | 0.10 to 0.40 |" in text
    assert "| coverage | not measured: too few | 3 | d |" in text
    assert "| gini | not measured: other knobs (as it is: 0.5) | 3 | d |" in text


def test_text_cannot_break_out_of_a_table():
    assert cell("a|b\nc") == "a\\|b c"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.12345, "0.123"), (1.0, "1"), (None, "not measured"), ("x|y", "x|y"), (2e9, "2e+09")],
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
    "verdict": "Ready to go live: all 2 checks.",
    "changes": [{"what": "MMR_LAMBDA", "before": "0.35", "now": "0.9"}, {"what": "BRAND_CAP", "before": "2", "now": ""}],
    "outcomes": {"S7": "passed", "S8": "passed"},
    "quality": {"gini@20": 0.5, "novelty@20": None, "gone@20": 1.0},
}  # fmt: skip


def test_the_run_before_is_compared_knob_by_knob_check_by_check_number_by_number(bundle):
    write_json(bundle.metadata, metadata(previous=PREVIOUS))
    bundle.append(CheckResult(simulation="acme", check="S7", outcome="not_measured", sentence="x"))
    bundle.append(CheckResult(simulation="acme", check="S8", outcome="passed"))
    figures = {
        name: {"name": name, "value": value, "n": 3, "definition": "d", "reason": ""}
        for name, value in (("gini@20", 0.25), ("novelty@20", 6.0), ("new@20", 1.0))
    }
    quality = {
        "judged_relevance": "unseen",
        "evaluated": 3,
        "sampled": False,
        "lifts": [],
        "figures": figures,
        "segments": {},
    }
    bundle.write("quality_metrics.json", quality)
    text = page(bundle)
    section = text[text.index("## What changed") : text.index("## Quality")]
    assert "Compared with [20261121T100000Z](../20261121T100000Z/README.md): Ready to go live" in section
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


def lift_row(segment, lift, **more):
    row = {
        "segment": segment,
        "metric": "ndcg",
        "relevance": "unseen",
        "n_users": 40,
        "reason": "",
        "low": 0.1,
    }
    means = {
        "mean": 0.2,
        "baseline_mean": 0.1,
        "recent_mean": 0.1,
        "high": 2.0,
        "difference": 0.1,
        "n_baseline_hits": 9,
    }
    return row | means | {"lift": lift, "noise_sd": 0.0, "noise_share": 0.0} | more


NOISE = {
    "established": {"users": 6, "times": 3, "differing": 0, "overlap": 1.0, "agreement": 1.0, "score_drift": 1e-7},
    "sparse": {"users": 0, "times": 0, "overlap": None, "differing": 0, "reason": "there are no sparse and new users"},
}  # fmt: skip


def test_a_difference_to_the_run_before_says_whether_unequal_answers_alone_explain_it(bundle):
    then = {"lift of NDCG@10, new_users": 1.0, "lift of NDCG@10, vip": 1.0, "lift of NDCG@10, old": 1.0}
    write_json(bundle.metadata, metadata(previous=PREVIOUS | {"quality": then}))
    lifts = [
        lift_row("new_users", 1.2, noise_sd=0.01),  # 1.96 x sqrt(2) x 0.01 / 0.1 = 0.277
        lift_row("vip", 0.5, noise_sd=0.01),
        lift_row("old", 1.1),
    ]
    quality = {
        "judged_relevance": "unseen",
        "evaluated": 3,
        "sampled": False,
        "lifts": lifts,
        "figures": {},
        "segments": {},
    }
    bundle.write("quality_metrics.json", quality)
    text = page(bundle)
    assert "| lift of NDCG@10, new_users | 1 | 1.2 | +0.200; unequal answers alone make up to 0.277 |" in text
    assert "| lift of NDCG@10, vip | 1 | 0.5 | -0.500 |" in text
    assert "| lift of NDCG@10, old | 1 | 1.1 | +0.100 |" in text


def test_the_page_says_how_equal_the_answers_to_equal_questions_are_and_what_that_adds_to_a_lift(bundle):
    lifts = [lift_row("new_users", 1.2, noise_sd=0.012, noise_share=0.18), lift_row("vip", 0.5)]
    quality = {
        "judged_relevance": "unseen",
        "evaluated": 3,
        "sampled": False,
        "lifts": lifts,
        "figures": {},
        "segments": {},
    }
    bundle.write("quality_metrics.json", quality | {"noise": NOISE})
    text = page(bundle)
    assert "| established users | 6 | 3 | 0 | 1 | 1 | 1e-07 |" in text
    assert "| sparse and new users | not measured: there are no sparse and new users |" in text
    assert "| new_users | NDCG@10 | 0.012 | 18% |" in text
    assert "| vip | NDCG@10 | 0" not in text
    assert "equal questions" not in page_without_noise(bundle, quality)


def page_without_noise(bundle, quality):
    bundle.write("quality_metrics.json", quality)
    return page(bundle)


HOSTILE = "\x1b[31m\u202eevil\u2066 <img src=x> ![a](http://x) `|`"


def test_names_that_steer_a_terminal_or_a_browser_are_shown_escaped(bundle):
    """Segments and ids are other people's text; what is ours keeps its line breaks."""
    bundle.append(
        CheckResult(
            simulation="acme",
            check="segment_lift_ndcg",
            case=HOSTILE,
            outcome="failed",
            title="t",
            sentence=f"lift: got 0\n  affected: user {HOSTILE}",
        )
    )
    write_json(bundle.metadata, metadata(notes=[HOSTILE], preparation_failure=HOSTILE))
    text = page(bundle)
    assert not {"\x1b", "\u202e", "\u2066"} & set(text)
    outside = "\n".join(text.split("```")[0::2])
    assert "\\x1b[31m\\u202eevil" in outside
    assert "<img" not in outside
    assert "![a](" not in outside
    assert "lift: got 0\n  affected: user \\x1b" in text


def test_what_a_service_says_about_itself_is_no_markup(bundle):
    said = metadata(verdict={"sentence": HOSTILE, "caveats": []})
    for name in ("version", "model_version", "git_commit", "url"):
        said["service"][name] = HOSTILE
    write_json(bundle.metadata, said)
    text = page(bundle)
    assert "\\x1b[31m" in text
    assert not {"\x1b", "\u202e", "\u2066"} & set(text)
    assert "<img" not in text
    assert "![a](" not in text


def test_a_sentence_cannot_end_the_block_that_it_is_in(bundle):
    bundle.append(
        CheckResult(
            simulation="acme",
            check="S1",
            outcome="failed",
            title=HOSTILE,
            sentence="a\n````\n<img src=x>\n```\nb",
        )
    )
    write_json(bundle.metadata, metadata())
    text = page(bundle)
    assert "\n`````text\na\n````\n<img src=x>\n```\nb\n`````\n" in text
    assert text.count("<img") == 1


def test_text_of_ours_is_shown_as_it_is():
    assert legible("caf\u00e9, \u6587, two\nlines") == "caf\u00e9, \u6587, two\nlines"
