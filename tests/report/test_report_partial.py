"""A record that is not whole: each thing that is wrong is a sentence, and what can be read is shown all the same."""

from __future__ import annotations

import pytest
from report_rows import NOW, figure, lift, metadata, quality, result

from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.model import BLOCKING
from pytest_recsim.report.partial import PARTIAL, render_record

READ = f"what can be read is in {PARTIAL}"
GREEN = {"status": "may_go", "sentence": "Ready to go live."}


@pytest.fixture
def bundle(tmp_path):
    made = open_bundle(tmp_path, "acme", NOW)
    write_json(made.metadata, metadata(planned_checks=["S1", "S2"]))
    made.append(result("S1", "failed", sentence="slots: expected 0, got 3"))
    made.append(result("S2"))
    return made


def pages(bundle):
    return sorted(path.name for path in bundle.root.glob("README*.md"))


def partial(bundle):
    return (bundle.root / PARTIAL).read_text(encoding="utf-8")


def test_a_sound_record_gets_its_page_and_loses_an_earlier_partial_one(bundle):
    (bundle.root / PARTIAL).write_text("of yesterday")
    assert render_record(bundle) == []
    assert pages(bundle) == ["README.md"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "simulation_metadata.json cannot be read (No such file or directory)"),
        ("{", "simulation_metadata.json cannot be read (Input data was truncated)"),
        ("[]", "simulation_metadata.json is not that of a run of pytest-recsim"),
        ('{"customer": "acme"}', "simulation_metadata.json is not that of a run of pytest-recsim"),
        (
            '{"customer": 3, "schema_version": 1}',
            "simulation_metadata.json is not that of a run of pytest-recsim",
        ),
        (
            '{"customer": "acme", "schema_version": "1"}',
            "simulation_metadata.json is not that of a run of pytest-recsim",
        ),
        (
            '{"customer": "acme", "schema_version": 2}',
            "simulation_metadata.json is of a later version (it has schema_version 2, this pytest-recsim reads 1)",
        ),
        (
            '{"customer": "acme", "schema_version": 1, "service": {}}',
            "simulation_metadata.json is not of the shape that is written today (`'profile'` is missing)",
        ),
    ],
)
def test_metadata_that_cannot_be_read_are_a_sentence_and_the_checks_are_shown(bundle, content, said):
    bundle.metadata.unlink()
    if content is not None:
        bundle.metadata.write_text(content)
    assert render_record(bundle) == [said, READ]
    assert pages(bundle) == [PARTIAL]
    lines = partial(bundle).splitlines()
    assert lines[:4] == [
        "# Incomplete, proves nothing: this record is damaged, or not what it was",
        "",
        f"- {said}",
        "",
    ]
    assert "slots: expected 0, got 3" in lines
    assert "| S2 | passed |  |  |" in lines


def test_nothing_to_read_is_no_page(bundle):
    bundle.metadata.write_text("{}")
    bundle.events.write_bytes(b"")
    assert render_record(bundle) == ["simulation_metadata.json is not that of a run of pytest-recsim"]
    assert pages(bundle) == []


def test_metadata_alone_are_enough_for_a_page(bundle):
    bundle.events.unlink()
    bundle.events.mkdir()
    told, read = render_record(bundle)
    assert told in (
        "events.jsonl cannot be read (Is a directory)",
        "events.jsonl cannot be read (it is not a file)",
    )
    assert read == READ
    assert "| users evaluated | 1 of 2 |" in partial(bundle)
    assert "Planned and never reported: S1, S2." in partial(bundle)


@pytest.mark.parametrize(
    ("count", "numbers"),
    [(1, "1"), (5, "1, 2, 3, 4, 5"), (6, "1, 2, 3, 4, 5 and 1 more"), (7, "1, 2, 3, 4, 5 and 2 more")],
)
def test_lines_that_are_no_result_are_told_by_their_numbers_five_at_most(bundle, count, numbers):
    bundle.events.write_bytes(b'{"x": 1}\n' * count + bundle.events.read_bytes())
    assert render_record(bundle) == [f"events.jsonl: {numbers}: no result of a check in this line", READ]
    assert "slots: expected 0, got 3" in partial(bundle)


def test_quality_that_cannot_be_read_is_a_sentence_and_everything_else_is_shown(bundle):
    (bundle.artifacts / "quality_metrics.json").write_text('{"lifts": 3}')
    said, read = render_record(bundle)
    why = "Expected `array`, got `int` - at `$.lifts`"
    assert said == f"artifacts/quality_metrics.json cannot be read ({why})"
    assert read == READ
    assert "## All checks" in partial(bundle)
    assert "## Quality" not in partial(bundle)


def test_everything_that_is_wrong_is_told_at_once(bundle):
    bundle.metadata.write_text("{")
    bundle.events.write_bytes(b"odd\n" + bundle.events.read_bytes())
    (bundle.artifacts / "quality_metrics.json").write_text("{")
    told = render_record(bundle)
    assert [sentence.split()[0] for sentence in told[:-1]] == [
        "simulation_metadata.json",
        "events.jsonl:",
        "artifacts/quality_metrics.json",
    ]
    assert all(f"- {sentence}" in partial(bundle).splitlines() for sentence in told[:-1])


@pytest.mark.parametrize("status", ["may_go", "partial"])
@pytest.mark.parametrize("outcome", sorted(BLOCKING))
def test_a_green_verdict_over_a_check_that_failed_is_a_contradiction(bundle, status, outcome):
    write_json(bundle.metadata, metadata(verdict=GREEN | {"status": status}))
    bundle.append(result("S1", outcome, case="vip"))
    said = f"the verdict says `{status}`, but S1 is among the checks that failed"
    assert render_record(bundle) == [said, READ]
    assert "Ready to go live" not in partial(bundle)


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({"verdict": GREEN, "planned_checks": ["S2", "S3"]}, ["the verdict says `may_go`, but 1 of 2 checks are in events.jsonl"]),
        ({"verdict": GREEN, "planned_checks": ["S2"]}, []),
        ({"verdict": GREEN}, []),
        ({"verdict": GREEN | {"status": "partial"}, "planned_checks": ["S2", "S3"]}, []),
        ({"verdict": GREEN | {"status": "must_not_go"}, "planned_checks": ["S2", "S3"]}, []),
        ({"verdict": None, "planned_checks": ["S2", "S3"]}, []),
    ],
)  # fmt: skip
def test_checks_taken_out_of_a_green_record_are_noticed(bundle, facts, wrong):
    bundle.events.write_bytes(b"")
    bundle.append(result("S2"))
    write_json(bundle.metadata, metadata(**facts))
    assert render_record(bundle) == [*wrong, *([READ] if wrong else [])]


def test_a_verdict_or_a_plan_of_another_kind_is_no_traceback(bundle):
    write_json(bundle.metadata, metadata(verdict="Ready", planned_checks=3))
    said, read = render_record(bundle)
    assert said.startswith("simulation_metadata.json is not of the shape that is written today (")
    assert read == READ


@pytest.mark.parametrize("lost", ["service", "profile", "place", "fixture", "requests", "users"])
def test_a_part_that_is_lost_takes_no_other_with_it(bundle, lost):
    row = {
        "knob": "MMR_LAMBDA",
        "asked": "0.3",
        "in_effect": "0.3",
        "status": "same",
        "seen_in": "",
        "origin": "",
    }
    profile = metadata()["profile"] | {"knobs": [row]}
    facts = metadata(profile=profile, previous=None, planned_checks=["S1", "S2", "S3"])
    del facts[lost]
    write_json(bundle.metadata, facts)
    bundle.write("quality_metrics.json", quality(lift(), figures=[figure()]))
    said, _ = render_record(bundle)
    assert (
        said == f"simulation_metadata.json is not of the shape that is written today (`'{lost}'` is missing)"
    )
    text = partial(bundle)
    for part in ("- Note: a caveat.", "never reported: S3", "## What changed", "## Quality", "## All checks"):
        assert part in text
    assert ("| MMR_LAMBDA |" in text) == (lost != "profile")


def test_what_is_wrong_is_told_on_one_line_without_markup_and_not_at_length(bundle):
    write_json(bundle.metadata, metadata(profile={"<b>\n" + "x" * 500: 1}))
    bundle.events.write_bytes(b"[" * 500 + b"\n")
    told = render_record(bundle)
    assert all("\n" not in sentence and len(sentence) < 300 for sentence in told)
    assert "<b>" not in partial(bundle)


def test_a_reason_that_quotes_the_record_is_no_markup_on_the_page(bundle):
    write_json(bundle.metadata, metadata(verdict=GREEN))
    bundle.events.write_bytes(b"")
    bundle.append(result("[a](b)<i>", "failed"))
    said, _ = render_record(bundle)
    assert said == "the verdict says `may_go`, but [a](b)<i> is among the checks that failed"
    assert "- the verdict says `may_go`, but [a]\\(b)&lt;i> is among" in partial(bundle)


def test_the_worst_stands_first_on_the_page_of_what_could_be_read(bundle):
    bundle.append(result("S3", "error", sentence="broke"))
    bundle.append(result("S0", "missing", sentence="silent"))
    bundle.metadata.write_text("{}")
    render_record(bundle)
    text = partial(bundle)
    assert text.index("### S3:") < text.index("### S1:") < text.index("### S0:")
    assert text.endswith("|\n")
