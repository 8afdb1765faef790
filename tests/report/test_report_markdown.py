"""The page for people: it says the verdict first, names what failed, and works on a killed run."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from report_rows import NOW, figure, metadata, quality, result, tables

from pytest_recsim.record import masking
from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.legible import legible
from pytest_recsim.record.model import BLOCKING, CheckResult, Measure, Outcome
from pytest_recsim.report import render_bundle
from pytest_recsim.report.markdown import SIGNS
from pytest_recsim.report.text import retried


@pytest.fixture
def bundle(tmp_path):
    made = open_bundle(tmp_path, "acme", NOW)
    write_json(made.metadata, metadata())
    return made


def page(bundle):
    render_bundle(bundle)
    return (bundle.root / "README.md").read_text()


WHOLE = """\
# acme: Do not go live: 1 of 2 checks failed.

- Note: a caveat.

|  |  |
| --- | --- |
| started | 2026-11-22T22:15:00Z |
| service | stand-in http://x (no --base-url), model m |
| namespace | acme of org acme |
| profile | acme (--namespace), sha256 aaaaaaaaaaaa, reaches the service by `acme` |
| data set | acme.json: 1 items, 2 users, 3 events, sha256 bbbbbbbbbbbb |
| users evaluated | 1 of 2 |
| requests | 5, of them 4 recommendations |

- a note

## What failed or was not measured

### gini [vip]: even

```text
gini: expected at most 0.9, got 1
  affected: i1
```

Next step: compare what was expected with what came.

<details><summary>To let these checks through knowingly</summary>

Paste into guardrails.yml what you decide to live with, with your reason; every report then says so.

```text
customers:
  "acme":
    waivers:
      - {check: gini, segment: "vip", reason: "who decided, and why", until: 2026-12-22}
```

</details>

## What was let through

| check | why | what it says |
| --- | --- | --- |
| S9 | severity warn | margins are low |

## All checks

| check | outcome | what it says | measured |
| --- | --- | --- | --- |
| gini [vip] | **FAILED** | even | gini: expected at most 0.9, got 1 |
| S9 | warned |  | margins are low |

Planned and never reported: S1.

## Everything behind it

- [events.jsonl](events.jsonl)
- [simulation_metadata.json](simulation_metadata.json)
"""


def test_one_cause_of_many_checks_is_told_once_before_everything_else(bundle):
    write_json(bundle.metadata, metadata())
    for number in range(1, 5):
        why = f"not measured: {number} items"
        cause = {"cause": "nothing_available"} if number < 4 else {"next_step": "tag five items <b>"}
        bundle.append(result(f"S{number}", "not_measured", sentence=why, **cause))
    text = page(bundle)
    head = text.partition("- Note:")[0]
    assert (
        "**One cause for 3 of the 4 checks that were not measured: no item of the data set is available"
        in head
    )
    assert "Next step: set `available: true` on the items that may be shown." in head
    assert "It took S1, S2, S3." in head
    blocking = text.partition("## What failed or was not measured")[2].partition("## All checks")[0]
    assert "### S4" in blocking
    assert "Next step: tag five items &lt;b>." in blocking
    assert "### S1" not in blocking
    assert "{check: S1, " in blocking, "the waiver to paste has all of them"


def test_a_preparation_that_failed_is_told_once_with_the_checks_that_it_took(bundle):
    write_json(bundle.metadata, metadata(preparation_failure="no service"))
    told = {"sentence": "could not be prepared: no service", "cause": "unprepared", "next_step": "look"}
    for number in (1, 2):
        bundle.append(result(f"S{number}", "error", **told))
    assert "> Preparation failed: no service" in page(bundle), "two are few enough to be read"
    bundle.append(result("S3", "error", **told))
    text = page(bundle)
    assert "**One cause for all 3 checks that could not run: could not be prepared: no service.**" in text
    assert "Preparation failed" not in text
    assert "What failed" not in text
    assert "waivers:" not in text


def test_a_whole_page_reads_from_the_verdict_to_the_files_behind_it(bundle):
    write_json(bundle.metadata, metadata(planned_checks=["S1", "gini vip", "S9"]))
    sentence = "gini: expected at most 0.9, got 1\n  affected: i1"
    bundle.append(result("S9", "warned", severity="warn", sentence="margins are low"))
    bundle.append(result("gini", "failed", case="vip", title="even", sentence=sentence))
    assert page(bundle) == WHOLE


def test_what_changed_and_quality_stand_between_the_checks_and_the_knobs(bundle):
    row = {
        "knob": "MMR_LAMBDA",
        "asked": "0.3",
        "in_effect": "0.2",
        "status": "differs",
        "seen_in": "explain",
    }
    knobs = [row | {"moves": "established users", "origin": "p.env:1"}, row | {"origin": "p.env:2"}]
    write_json(bundle.metadata, metadata(previous=None, profile=metadata()["profile"] | {"knobs": knobs}))
    bundle.write("quality_metrics.json", quality(figures=[figure()]))
    text = page(bundle)
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        "All checks",
        "What changed since the previous run",
        "Quality",
        "Knobs: asked for and in effect",
        "Everything behind it",
    ]
    head, rows = tables(text.splitlines())[-1]
    assert head == ["knob", "asked for", "in effect", "status", "seen in", "moves the lists of", "from"]
    assert rows == [
        ["MMR_LAMBDA", "0.3", "0.2", "differs", "explain", "established users", "p.env:1"],
        ["MMR_LAMBDA", "0.3", "0.2", "differs", "explain", "", "p.env:2"],
    ]
    assert "\n\n| knob |" in text


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


def measured(bundle, outcome, *measures, **more):
    """What the table of all checks shows of this one."""
    bundle.append(result("c", outcome, measures=measures, **more))
    ((*_, shown),) = tables(page(bundle).splitlines())[-1][1]
    return shown


def measures(*states):
    return tuple(
        Measure(name=f"m{place}", ok=ok, got=1234.5, expected="at most 1") for place, ok in enumerate(states)
    )


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        ((True, None), "m0 1234.5 (at most 1); m1 1234.5 (at most 1)"),
        ((True, False, None, False), "m1 1234.5 (at most 1); m3 1234.5 (at most 1)"),
        ((False,) * 3, "m0 1234.5 (at most 1); m1 1234.5 (at most 1); m2 1234.5 (at most 1)"),
        ((False,) * 4, "m0 1234.5 (at most 1); m1 1234.5 (at most 1); m2 1234.5 (at most 1); 1 more"),
        ((False,) * 5, "m0 1234.5 (at most 1); m1 1234.5 (at most 1); m2 1234.5 (at most 1); 2 more"),
    ],
)
def test_three_measures_are_shown_at_most_and_of_those_only_that_failed(bundle, states, shown):
    assert measured(bundle, "failed", *measures(*states)) == shown


@pytest.mark.parametrize("outcome", ["not_measured", "error", "missing", "skipped"])
def test_what_measured_nothing_shows_its_sentence_in_the_place_of_numbers(bundle, outcome):
    assert measured(bundle, outcome, *measures(*[None]), sentence="why\nand who") == "why"


@pytest.mark.parametrize("outcome", ["passed", "failed", "flaky", "warned"])
def test_a_check_with_numbers_shows_them_and_one_without_its_sentence(bundle, outcome):
    assert measured(bundle, outcome, *measures(*[True]), sentence="why") == "m0 1234.5 (at most 1)"
    assert measured(bundle, outcome, sentence="why") == "why"
    assert measured(bundle, outcome) == ""


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"n": 1200}, "m 0.123 (at most 1, n 1,200)"),
        ({"n": 0}, "m 0.123 (at most 1, n 0)"),
        ({"low": 0.0, "high": None}, "m 0.123 [0.00, no upper bound] (at most 1)"),
        ({"borderline": True}, "m 0.123 (at most 1, borderline)"),
        ({"got": None}, "m not measured (at most 1)"),
        ({"got": "3 of 4"}, "m 3 of 4 (at most 1)"),
    ],
)
def test_a_measure_shows_no_more_than_is_known_of_it(bundle, more, shown):
    known = {"name": "m", "ok": True, "got": 0.12345, "expected": "at most 1"}
    assert measured(bundle, "passed", Measure(**known | more)) == shown


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_every_outcome_is_a_word_of_its_own_and_bold_where_it_blocks(bundle, outcome):
    bundle.append(result("c", outcome))
    ((_, shown, *_),) = tables(page(bundle).splitlines())[-1][1]
    assert list(SIGNS.values()).count(shown) == 1
    assert shown.startswith("**") == (outcome in BLOCKING)


def test_the_worst_stands_first_above_and_scenarios_by_number_behind_the_guardrails_below(bundle):
    outcomes = {"S10": "failed", "S2": "error", "gini": "missing", "recall": "failed", "S1": "passed"}
    for check, outcome in outcomes.items():
        bundle.append(result(check, outcome, sentence="x"))
    bundle.append(result("recall", "passed", case="vip"))
    bundle.append(result("recall", "passed", case="new"))
    text = page(bundle)
    assert re.findall("### (.*):", text) == ["S2", "S10", "recall", "gini"]
    rows = tables(text.splitlines())[-1][1]
    assert [one[0] for one in rows] == ["gini", "recall", "recall [new]", "recall [vip]", "S1", "S2", "S10"]


def test_nothing_failed_is_no_section(bundle):
    bundle.append(result("S1"))
    assert "What failed" not in page(bundle)
    assert "Planned and never reported" not in page(bundle)


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
    times = {"": {"n": 1200, "p50_ms": 7.2504, "p95_ms": 31.0001, "longest_ms": 99.0}}
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


def test_a_check_with_a_strange_name_costs_what_it_costs_and_no_cell(bundle):
    cost = {"check": "a|b <i>", "case": "", "requests": 3, "recommendations": 3}
    requests = {
        "total": 5,
        "recommendations": 4,
        "by_check": [cost],
        "preparation": {"requests": 2, "recommendations": 1},
    }
    write_json(bundle.metadata, metadata(requests=requests))
    assert "| sent by | 2 before and after the checks; a\\|b &lt;i> 3 |" in page(bundle)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"status": "seeded"}, "seeded only, nothing was judged"),
        ({"verdict": None}, "incomplete"),
        ({"verdict": {}}, "incomplete"),
        ({"status": "incomplete", "verdict": {"sentence": "Incomplete: 1 of 2."}}, "Incomplete: 1 of 2."),
    ],
)
def test_the_first_line_says_as_much_as_the_record_does(bundle, facts, said):
    write_json(bundle.metadata, metadata(**facts))
    assert page(bundle).splitlines()[0] == f"# acme: {said}"


def test_a_killed_run_in_which_nothing_failed_counts_no_failures(bundle):
    write_json(bundle.metadata, metadata(status="started", planned_checks=["S1", "S2"]))
    bundle.append(result("S1"))
    assert page(bundle).startswith("# acme: incomplete: 1 of 2 planned checks had reported; this run")


def test_what_was_laid_over_the_profile_stands_behind_its_name(bundle):
    overrides = {
        "MMR_LAMBDA": {"text": "0.9", "origin": "b.yml:3"},
        "BRAND_CAP": {"text": "", "origin": "--env"},
    }
    write_json(bundle.metadata, metadata(profile=metadata()["profile"] | {"overrides": overrides}))
    shown = dict(tables(page(bundle).splitlines())[0][1])["profile"]
    assert shown.startswith(
        "acme (--namespace) with BRAND_CAP= (--env), MMR_LAMBDA=0.9 (b.yml:3), sha256 aaa"
    )


def test_quality_lists_that_were_never_answered_have_no_answer_times(bundle):
    times = {"": {"n": 0, "p50_ms": None, "p95_ms": None, "longest_ms": None}}
    requests = {"total": 5, "recommendations": 4, "quality_lists_ms": times}
    write_json(bundle.metadata, metadata(requests=requests))
    assert "answer times" not in page(bundle)


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


@pytest.mark.parametrize("failure", ["", "gone"])
@pytest.mark.parametrize("caveats", [[], ["a", "b"]])
def test_paragraphs_are_set_apart_by_one_empty_line(bundle, failure, caveats):
    facts = {"preparation_failure": failure, "verdict": {"sentence": "x", "caveats": caveats}}
    write_json(bundle.metadata, metadata(notes=[], **facts))
    head = page(bundle).partition("|  |  |")[0]
    assert head == "".join(
        [
            "# acme: x\n\n",
            "> Preparation failed: gone\n\n" if failure else "",
            "- Note: a.\n- Note: b.\n\n" if caveats else "",
        ]
    )


def test_every_file_of_the_bundle_is_linked_and_every_link_exists(bundle):
    bundle.write("seed_manifest.json", {})
    links = re.findall(r"\]\(([^)]+)\)", page(bundle))
    assert "artifacts/seed_manifest.json" in links
    assert all((bundle.root / link).is_file() for link in links)


def test_files_are_linked_in_order_and_what_is_hidden_or_the_page_itself_is_not(bundle):
    for name in ("b c.txt", "a.txt", ".events.jsonl.1", "README.md"):
        (bundle.artifacts / name).write_text("x")
    listed = page(bundle).partition("## Everything behind it\n\n")[2]
    assert listed.splitlines() == [
        "- [artifacts/a.txt](artifacts/a.txt)",
        "- [artifacts/b c.txt](artifacts/b%20c.txt)",
        "- [events.jsonl](events.jsonl)",
        "- [simulation_metadata.json](simulation_metadata.json)",
    ]


def test_a_page_made_again_is_the_same_and_takes_secrets_out(bundle):
    masking.learn(["hunter2hunter2"])
    bundle.append(result("S1", "failed", sentence="token hunter2hunter2", title="hunter2hunter2"))
    once = page(bundle)
    assert page(bundle) == once
    assert "hunter2" not in once


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
    facts = {"notes": [HOSTILE], "preparation_failure": HOSTILE, "planned_checks": [HOSTILE]}
    verdict = {"sentence": HOSTILE, "caveats": [HOSTILE]}
    write_json(bundle.metadata, metadata(customer=HOSTILE, verdict=verdict, **facts))
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
