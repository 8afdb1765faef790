"""Records that are damaged, foreign, edited or of a later version: a sentence and exit code 4, and what can be read is shown."""

from __future__ import annotations

import json
import os
import random
import xml.etree.ElementTree as ET

import pytest
from fuzzing import MANY, bent

from pytest_recsim.cli.main import main
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import dumps
from pytest_recsim.record.model import CheckResult
from pytest_recsim.report.partial import PARTIAL

RESULTS = [
    CheckResult(simulation="acme", check="S1", outcome="failed", sentence="slots: expected 0, got 3"),
    CheckResult(simulation="acme", check="S2", outcome="passed"),
]
FACTS = {
    "schema_version": 1, "status": "finished", "customer": "acme", "started_at": "2026-11-22T22:15:00Z",
    "verdict": {"status": "must_not_go", "sentence": "Do not go live: 1 of 2.", "caveats": []},
    "planned_checks": ["S1", "S2"], "notes": [], "previous": None,
    "service": {"kind": "stand-in", "url": "http://127.0.0.1", "url_from": "here", "model_version": "m"},
    "place": {"namespace": {"value": "acme"}, "org_id": {"value": "o"}},
    "profile": {"name": {"value": "p", "origin": "o"}, "sha256": "ab" * 32, "apply": {"value": "env"}, "knobs": []},
    "fixture": {"path": "a.json", "items": 1, "users": 1, "events": 1, "sha256": "ab" * 32},
    "requests": {"total": 1, "recommendations": 1}, "users": {"evaluated": 1, "in_fixture": 1},
}  # fmt: skip
ROWS = [
    {"id": "acme", "customer": "acme", "status": "must_not_go", "failing": ["S1"], "bundle": "acme/1",
     "checks": {"S1": "failed", "S2": "passed"}},
]  # fmt: skip
BATCH = {
    "schema_version": 1, "name": "pilot", "status": "finished", "manifest": "b.yml", "manifest_sha256": "a", "run_id": "r",
    "started_at": "2026-11-22T22:15:00Z", "rows": ROWS,
}  # fmt: skip


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return Place(tmp_path)


class Place:
    def __init__(self, folder):
        self.root = folder / "reports" / "acme" / "1"
        self.facts, self.events = self.root / "simulation_metadata.json", self.root / "events.jsonl"
        self.quality = self.root / "artifacts" / "quality_metrics.json"
        self.batch = folder / "reports" / "batches" / "pilot_20261122T221500Z.json"
        for path in (self.quality, self.batch):
            path.parent.mkdir(parents=True)
        self.write()

    def write(self, facts=FACTS, events=RESULTS, batch=BATCH):
        self.facts.write_text(json.dumps(facts))
        self.events.write_bytes(b"".join(dumps(one) + b"\n" for one in events))
        self.batch.write_text(json.dumps(batch))

    def report(self, capsys):
        return _main(["report", str(self.root)], capsys)

    def merge(self, capsys):
        return _main(["merge", "reports", "--out", "out"], capsys)


def _main(words, capsys):
    code = main(words)
    told = capsys.readouterr()
    assert (code == 4) == bool(told.err)
    assert told.err.count("\n") == (code == 4), told.err
    return code, told.err


def test_a_sound_record_is_rendered_and_merged(place, capsys):
    assert place.report(capsys) == (0, "")
    assert place.merge(capsys) == (1, "")
    assert not (place.root / PARTIAL).exists()


DEEP = "[" * 5_000 + "]" * 5_000
BROKEN = {
    "cut": lambda place: place.facts.write_text(json.dumps(FACTS)[:-40]),
    "no JSON": lambda place: place.facts.write_bytes(b"\xff\xfe\x00"),
    "too deep": lambda place: place.facts.write_text(json.dumps(FACTS)[:-1] + f', "x": {DEEP}}}'),
    "rather deep": lambda place: place.facts.write_text(json.dumps(FACTS)[:-1] + f', "x": {"[" * 300 + "]" * 300}}}'),
    "foreign": lambda place: place.facts.write_text('{"name": "another tool"}'),
    "a list": lambda place: place.facts.write_text("[1, 2]"),
    "of a later version": lambda place: place.write(FACTS | {"schema_version": 2}),
    "of another shape": lambda place: place.write(FACTS | {"profile": 3}),
    "without a part": lambda place: place.write({key: value for key, value in FACTS.items() if key != "fixture"}),
    "a verdict made green": lambda place: place.write(FACTS | {"verdict": {"status": "may_go", "sentence": "Ready to go live."}}),
    "a failure taken out": lambda place: place.write(
        FACTS | {"verdict": {"status": "may_go", "sentence": "Ready to go live."}}, RESULTS[1:]),
    "a line overwritten": lambda place: place.events.write_bytes(b'{"x": 1}\n' + place.events.read_bytes()),
    "quality cut": lambda place: place.quality.write_text('{"lifts": ['),
    "quality of another shape": lambda place: place.quality.write_text('{"lifts": 3}'),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_a_bundle_that_is_not_what_it_was_is_a_sentence_and_what_can_be_read_is_shown(how, place, capsys):
    BROKEN[how](place)
    code, said = place.report(capsys)
    assert code == 4, said
    assert str(place.root) in said
    assert len(said) < 1_000
    page = (place.root / PARTIAL).read_text()
    assert page.startswith("# Incomplete, proves nothing")
    assert "S2" in page
    assert ("got 3" in page) == (how != "a failure taken out")
    assert not (place.root / "README.md").exists()


def test_a_record_that_is_sound_again_loses_the_page_of_what_could_be_read(place, capsys):
    BROKEN["cut"](place)
    assert place.report(capsys)[0] == 4
    place.write()
    assert place.report(capsys) == (0, "")
    assert not (place.root / PARTIAL).exists()


def test_a_fifo_in_the_place_of_a_record_is_not_waited_for(place, capsys):
    place.events.unlink()
    os.mkfifo(place.events)
    assert place.report(capsys)[0] == 4
    assert place.merge(capsys)[0] == 1  # the summary says as much


EVIL = ("../../evil", "/tmp/evil", "..", ".", "", "a/b", "a\\b", "a\0b", "x" * 300, "a\nb")


@pytest.mark.parametrize("name", EVIL)
def test_a_name_in_a_summary_decides_nothing_about_where_files_go(name, place, capsys, tmp_path):
    place.write(batch=BATCH | {"name": name})
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    code, said = place.merge(capsys)
    assert code == 4
    assert "no name of a batch" in said
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before


def _row(**more):
    return BATCH | {"rows": [ROWS[0] | more]}


@pytest.mark.parametrize(
    ("batch", "said"),
    [
        (BATCH | {"schema_version": 2}, "later pytest-recsim"),
        (BATCH | {"rows": []}, "names no simulation"),
        (BATCH | {"rows": ROWS * 2}, "more than once"),
        (BATCH | {"status": "done"}, "is not a batch summary"),
        (_row(status="may_go"), "S1 is among the checks that failed"),
        (_row(status="may_go", checks={}), "S1 is among the checks that failed"),
        (_row(status="partial"), "S1 is among the checks that failed"),
        (_row(status="may_go", checks={}, bundle="gone"), "no check of it is there"),
        ([1], "is not a batch summary"),
    ],
)
def test_a_summary_that_is_not_what_it_was_is_a_sentence(batch, said, place, capsys):
    place.write(batch=batch)
    code, told = place.merge(capsys)
    assert code == 4
    assert said in told


@pytest.mark.parametrize(
    "batch",
    [BATCH, BATCH | {"status": "started"}, _row(bundle=""), _row(bundle="gone"), _row(status="incomplete"),
     BATCH | {"status": "started", "rows": [ROWS[0] | {"status": "may_go", "failing": [], "bundle": "", "checks": {"S2": "passed"}}]},
     _row(status="may_go", failing=[], bundle="", checks={"S2": "passed"}),
     _row(status="partial", failing=[], bundle="", checks={"S2": "passed"}),
     _row(status="not_run", checks={}, bundle="")],
)  # fmt: skip
def test_headline_exit_code_and_junit_of_a_merge_agree(batch, place, capsys, tmp_path):
    place.write(batch=batch)
    code = main(["merge", "reports", "--out", "out"])
    headline = capsys.readouterr().out
    junit = ET.parse(tmp_path / "out" / "junit.xml").getroot()
    red = int(junit.get("failures")) + int(junit.get("errors")) > 0
    assert code == (1 if red else 0)
    whole = "1 of 1 customers are ready to go live;" in headline or "ran in part" in headline
    assert whole == (not red)


TOKENS = (
    b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"true", b"-1", b"1e999", b"NaN", b"[[[[", b'"\\ud800"', b"\0", b"\n",
    b'"acme"', b'"status": "may_go"', b'"../../x"', b"99999999999999999999", b"\xff", b'"rows": []', b'"schema_version": 9', b'{"a":' * 400,
)  # fmt: skip


@pytest.mark.parametrize(
    "examples",
    [pytest.param(30, id="few"), pytest.param(MANY // 10, id="tenth", marks=pytest.mark.long),
     pytest.param(MANY, id="many", marks=pytest.mark.skipif("RECSIM_EXAMPLES" not in os.environ, reason="by hand: minutes"))],
)  # fmt: skip
def test_bent_bundles_and_summaries_are_rendered_or_told(examples, place, capsys, tmp_path):
    """All 10,000: RECSIM_EXAMPLES=10000 python -m pytest -m '' tests/record/test_record_damaged.py -k many."""
    files = {path: path.read_bytes() for path in (place.facts, place.events, place.batch)}
    outside = set(tmp_path.iterdir()) | {tmp_path / "out"}
    for seed in range(examples):
        path = random.Random(seed).choice(list(files))
        path.write_bytes(bent(files[path], seed, TOKENS))
        code, _ = place.report(capsys)
        assert code in (0, 4)
        code, _ = place.merge(capsys)
        assert code in (1, 4), seed  # S1 failed: no bend makes that green
        path.write_bytes(files[path])
        for made in (tmp_path / "out").rglob("*.*"):
            made.unlink()
    assert set(tmp_path.iterdir()) <= outside
    assert Bundle(place.root).results() == RESULTS
