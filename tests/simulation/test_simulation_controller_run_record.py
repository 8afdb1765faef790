"""What one run found, as a value: what fails, what was not measured and why; read from a report folder as well."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from pytest_recsim import RecsimError
from pytest_recsim.record.asked import Limit, WaiverNote
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.record.quality import Figure, LiftFigure, OwnFigure, QualityMetrics
from pytest_recsim.simulation.checks.check import Conclusion
from pytest_recsim.simulation.checks.settling import sentence_of, settled_as, severity_of, waiver_words
from pytest_recsim.simulation.controller.run_record import RunRecord

BEFORE = Path(__file__).parents[1] / "record" / "written_before"
NOTE = WaiverNote("gini", "next week", "guardrails.yml:7")


def figure(name: str, value: float | None, reason: str = "") -> Figure:
    return Figure(name=name, value=value, n=3, definition="d", reason=reason)


def result(check: str, outcome: str, ok: bool | None = None, sentence: str = "") -> CheckResult:
    measures = () if ok is None else (Measure(name=check, ok=ok, got=1.0, expected="at least 2"),)
    return CheckResult(simulation="a", check=check, outcome=outcome, measures=measures, sentence=sentence)


@pytest.fixture
def record() -> RunRecord:
    quality = QualityMetrics(
        judged_relevance="unseen",
        evaluated=3,
        sampled=False,
        segments={},
        lifts=(),
        figures={"gini@20": figure("gini@20", 0.5), "novelty@20": figure("novelty@20", None, "no event")},
        segment_figures={"vip": {"recall@20": figure("recall@20", None, "3 users")}},
        own={"fit": OwnFigure(figure=figure("fit", 1.0), segments={"vip": figure("fit", None, "infinite")})},
    )
    checks = (
        result("gini", "passed", ok=True),
        result("novelty", "not_measured", sentence="not measured: no event"),
        result("recall", "waived", sentence="too few"),
        result("ndcg", "warned", ok=False, sentence="too low"),
        result("mrr", "failed", ok=False, sentence="too low"),
    )
    return RunRecord(metadata=RunRecord.load(BEFORE).metadata, quality=quality, checks=checks)


def test_what_was_not_measured_is_named_with_its_reason_and_what_failed_is_not_among_it(record) -> None:
    assert record.not_measured == {
        "novelty": "not measured: no event",
        "recall": "too few",
        "novelty@20": "no event",
        "recall@20 [vip]": "3 users",
        "fit [vip]": "infinite",
    }


def test_what_blocks_is_failing_and_what_was_let_through_is_not(record) -> None:
    assert [one.check for one in record.failing] == ["novelty", "mrr"]


def test_a_record_comes_back_from_json_as_it_went(record) -> None:
    assert msgspec.json.decode(msgspec.json.encode(record), type=RunRecord) == record


@pytest.mark.parametrize(
    ("concluded", "severity", "note", "outcome"),
    [
        ("passed", "warn", NOTE, "passed"),
        ("failed", "block", None, "failed"),
        ("not_measured", "block", None, "not_measured"),
        ("failed", "warn", None, "warned"),
        ("not_measured", "warn", None, "warned"),
        ("failed", "warn", NOTE, "waived"),
        ("not_measured", "block", NOTE, "waived"),
    ],
)
def test_a_waiver_and_a_severity_change_only_what_did_not_pass(concluded, severity, note, outcome) -> None:
    assert settled_as(Conclusion(concluded, ""), severity, note) == outcome


def test_a_check_only_warns_when_all_its_thresholds_do() -> None:
    def plan(**severities: str):
        limits = {key: {"": Limit(key, 1, level, "g.yml:1")} for key, level in severities.items()}
        return SimpleNamespace(limits=limits, limit=lambda key, _: limits[key][""])

    both = plan(min_gini="warn", max_gini="block", s7_a="warn", s7_b="warn")
    assert severity_of(both, "gini", "", scenario=False) == "block"
    assert severity_of(plan(max_gini="warn"), "gini", "", scenario=False) == "warn"
    assert severity_of(both, "S7", "", scenario=True) == "warn"
    assert severity_of(plan(max_unavailable_share="warn"), "availability", "", scenario=False) == "warn"
    assert severity_of(both, "contract", "", scenario=False) == "block"


def test_words_of_an_outcome() -> None:
    assert sentence_of(Conclusion("not_measured", "no event")) == "not measured: no event"
    assert sentence_of(Conclusion("failed", "too low")) == "too low"
    assert (waiver_words(NOTE), waiver_words(None)) == (
        "next week, until further notice (guardrails.yml:7)",
        "",
    )


def test_a_guardrail_is_found_by_its_name_and_its_segment(record) -> None:
    segment = CheckResult(simulation="a", check="ndcg", case="vip", outcome="failed")
    more = msgspec.structs.replace(record, checks=(*record.checks, segment))
    assert more.guardrail("ndcg").outcome == "warned"
    assert more.guardrail("ndcg", "vip") is segment


@pytest.mark.parametrize(("words", "told"), [(("recal",), "recal"), (("ndcg", "vip"), r"ndcg \[vip\]")])
def test_a_guardrail_that_there_is_not_is_named_as_reports_name_it(record, words, told) -> None:
    with pytest.raises(KeyError, match=f"^'{told}'$"):
        record.guardrail(*words)


def lift(value: float | None, reason: str = "") -> LiftFigure:
    facts = {
        "metric": "ndcg",
        "segment": "vip",
        "relevance": "unseen",
        "n_users": 3,
        "lift": value,
        "reason": reason,
    }
    names = {field.name: field for field in msgspec.structs.fields(LiftFigure)}
    rest = {name: None for name, field in names.items() if field.required and name not in facts}
    return LiftFigure(**facts | rest)


def test_a_lift_without_a_number_is_named_with_its_relevance_and_segment(record) -> None:
    quality = msgspec.structs.replace(record.quality, lifts=(lift(0.0), lift(None, "no hit"), lift(-0.5)))
    found = msgspec.structs.replace(record, quality=quality).not_measured
    assert {name: reason for name, reason in found.items() if name.startswith("lift")} == {
        "lift of ndcg@10 (unseen) [vip]": "no hit"
    }


@pytest.mark.parametrize(
    ("outcome", "ok", "named"),
    [
        ("not_measured", None, True),
        ("not_measured", False, True),
        ("waived", None, True),
        ("warned", True, True),
        ("waived", False, False),
        ("warned", False, False),
        ("failed", None, False),
        ("passed", True, False),
    ],
)
def test_what_was_let_through_counts_as_unmeasured_just_where_nothing_in_it_failed(
    record, outcome, ok, named
) -> None:
    one = msgspec.structs.replace(record, checks=(result("gini", outcome, ok=ok, sentence="words"),))
    assert (one.not_measured.get("gini") == "words") is named


def test_a_figure_of_zero_is_a_number(record) -> None:
    quality = msgspec.structs.replace(record.quality, figures={"gini@20": figure("gini@20", 0.0)})
    assert "gini@20" not in msgspec.structs.replace(record, quality=quality).not_measured


def test_everything_that_blocks_is_failing_in_the_order_of_judging(record) -> None:
    outcomes = (
        "missing",
        "passed",
        "error",
        "flaky",
        "skipped",
        "waived",
        "not_measured",
        "warned",
        "failed",
    )
    checks = tuple(result(outcome, outcome) for outcome in outcomes)
    failing = msgspec.structs.replace(record, checks=checks).failing
    assert [one.outcome for one in failing] == ["missing", "error", "flaky", "not_measured", "failed"]


@pytest.fixture
def folder(tmp_path):
    """A report folder among others, as an earlier version wrote it."""
    return Path(shutil.copytree(BEFORE, tmp_path / "reports" / "acme" / "20261120T101010Z"))


def refused(path) -> str:
    with pytest.raises(RecsimError) as caught:
        RunRecord.load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_of_an_earlier_version_comes_back_typed(folder) -> None:
    found = RunRecord.load(str(folder))
    assert (found.metadata.customer, found.verdict.status, found.bundle) == ("acme", "partial", str(folder))
    assert found.guardrail("catalog_coverage").measures[0].threshold is not None
    assert {one.check for one in found.scenarios} == {"S7"}
    assert sorted((*found.guardrails, *found.scenarios), key=str) == sorted(found.checks, key=str)
    assert found.quality.lifts
    assert found.quality.figures["catalogue_coverage@20"].n == found.quality.evaluated
    assert found.knobs == found.metadata.profile.knobs
    assert found.requests.total > found.requests.recommendations > 0
    assert "seed" in found.seconds


def test_a_loaded_record_comes_back_from_json_as_it_went(folder) -> None:
    found = RunRecord.load(folder)
    assert msgspec.json.decode(msgspec.json.encode(found), type=RunRecord) == found


def killed(folder, *, checks: int) -> None:
    """Make a folder that of a run which was killed after so many checks, before it had written any figures."""
    path = folder / "simulation_metadata.json"
    facts = msgspec.json.decode(path.read_bytes()) | {"status": "started"}
    path.write_bytes(msgspec.json.encode(facts))
    events = folder / "events.jsonl"
    lines = events.read_bytes().splitlines(keepends=True)
    events.write_bytes(b"".join(lines[:checks]) + lines[checks][:40])
    (folder / "artifacts" / "quality_metrics.json").unlink()


def test_of_a_killed_run_there_is_what_it_knew_and_its_verdict_is_by_what_had_reported(folder) -> None:
    killed(folder, checks=2)
    found = RunRecord.load(folder)
    assert len(found.checks) == 2
    assert (found.metadata.status, found.verdict.status) == ("started", "incomplete")
    planned = len(found.metadata.planned_checks)
    assert found.verdict.sentence == f"Incomplete, proves nothing: 2 of {planned} planned checks reported."
    assert (found.quality.figures, found.quality.lifts, found.quality.evaluated, found.own) == ({}, (), 0, {})
    assert found.quality.judged_relevance == "unseen"


def test_a_killed_run_that_had_failed_already_is_a_no(folder) -> None:
    killed(folder, checks=1)
    with (folder / "events.jsonl").open("wb") as stream:
        stream.write(msgspec.json.encode(result("gini", "failed", ok=False)) + b"\n")
    assert RunRecord.load(folder).verdict.status == "must_not_go"


def test_what_is_no_bundle_is_told_with_what_was_probably_meant(folder, monkeypatch) -> None:
    monkeypatch.chdir(folder.parents[2])
    run = "reports/acme/20261120T101010Z"
    must = "no bundle: must be a folder with simulation_metadata.json"
    assert refused("nowhere") == f"nowhere: {must}"
    assert refused("report") == f"report: {must}; did you mean `reports`?"
    for near in ("reports", "reports/acme", f"{run}/artifacts", f"{run}/events.jsonl"):
        assert refused(near) == f"{near}: {must}; did you mean `{run}`?"
    assert refused("reports/acme/20261120T101011Z").endswith("; did you mean `20261120T101010Z`?")


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("simulation_metadata.json", b"{", "simulation_metadata.json: is damaged, or of another version"),
        (
            "simulation_metadata.json",
            b'{"schema_version": 9}',
            "schema_version 9 is of a later pytest-recsim",
        ),
        ("simulation_metadata.json", b"{}", "is damaged, or of another version (Object missing required"),
        ("artifacts/quality_metrics.json", b"[]", "quality_metrics.json: is damaged, or of another version"),
        ("events.jsonl", b"{}\n{}\n", "events.jsonl:1: this line is no result of a check"),
    ],
)
def test_a_damaged_file_is_one_sentence_that_names_it(folder, file, content, words) -> None:
    (folder / file).write_bytes(content)
    assert words in refused(folder)
