"""`recsim share`: a zip that is whole or not there, the same bytes each time, and without any id where that is asked for."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_recsim.cli import main
from pytest_recsim.record.batch import BatchRecord, Row, write_batch
from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.jsonio import write_gzip_lines, write_json
from pytest_recsim.record.masking import MASK
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.report import render_bundle
from pytest_recsim.report.html import write_page
from pytest_recsim.testing import shop
from pytest_recsim.testing.rows import event, item

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)
USERS = ["u-1", "ann@example.com", 'O\'Neil "x"', "<b>bo|b</b>", "Zoë\u202e", "a b", "1204", "7", "u-1-late"]
ITEMS = ["sku/1", "sku/1?x=2", "lamp", "20260", "[x](y)", "late\u200bone"]
CHOSEN = {"value": "acme", "origin": "--namespace"}


def data_set():
    return {
        "items": [{**item("x"), "item_id": name} for name in ITEMS],
        "users": [{"user_id": name, "traits": {"segment": "vip"}} for name in USERS],
        "events": [event(user, name, 3) for user in USERS for name in ITEMS],
    }


def metadata(fixture):
    digest = hashlib.sha256(fixture.read_bytes()).hexdigest()
    return {
        "status": "finished",
        "verdict": {
            "status": "must_not_go",
            "sentence": "Do not go live: 1 of 7 checks failed.",
            "caveats": [],
        },
        "customer": "acme",
        "started_at": "2026-11-22T22:15:00Z",
        "service": {"kind": "stand-in", "url": "http://x", "url_from": "no --base-url", "model_version": "m"},
        "place": {"namespace": CHOSEN, "org_id": CHOSEN},
        "profile": {"name": CHOSEN, "sha256": "a" * 64, "apply": CHOSEN, "knobs": []},
        "fixture": {"path": "acme.json", "items": 1, "users": 2, "events": 3, "sha256": digest},
        "requests": {"total": 5, "recommendations": 4},
        "users": {"evaluated": 1, "in_fixture": 2},
        "notes": [f"the namespace changed: item {ITEMS[0]} is new"],
        "preparation_failure": "",
    }


def failed(check="S1"):
    told = ", ".join(f"{user} 0.25 ({', '.join(ITEMS)})" for user in USERS)
    curl = f"curl -d '{json.dumps({'user_id': USERS[0]})}' http://x"
    measure = Measure(
        name="lists",
        ok=False,
        got=0.25,
        expected="at most 7",
        definition="of 7 lists",
        who=USERS[0],
        worst=told,
        curl=curl,
    )
    sentence = (
        f"lists: expected at most 7\n  affected: user {USERS[1]!r} and `{USERS[4]}`\n  reproduce: {curl}"
    )
    shown = {
        "users": USERS,
        "ranks": dict.fromkeys(USERS, ITEMS),
        "said": told,
        "moved": [{"item": "seeded-before", "now": 3}],
    }
    return CheckResult(
        simulation="acme", check=check, outcome="failed", sentence=sentence, measures=(measure,), shown=shown
    )


@pytest.fixture
def reports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "reports"


@pytest.fixture
def bundle(reports):
    return made(reports)


def made(reports, name="acme", second=0):
    fixture = reports.parent / "acme.json"
    fixture.write_text(json.dumps(data_set()))
    made = open_bundle(reports, name, NOW.replace(second=second))
    write_json(made.metadata, metadata(fixture))
    made.append(failed())
    evidence = {
        "check": "S1",
        "outcome": "failed",
        "sentence": failed().sentence,
        "measures": [],
        "evidence": failed().shown,
    }
    write_json(made.evidence / "s01.json", evidence)
    write_json(made.artifacts / "people.json", {"people": USERS})
    (made.artifacts / "somebodys.txt").write_text(", ".join(USERS))
    write_json(made.artifacts / "scenario_summary.json", {"scenarios": []})
    lists = {"request": {"user_id": USERS[0]}, "response": {"items": [{"item_id": "never-seeded"}]}}
    write_gzip_lines(
        made.artifacts / "recommendation_dump.jsonl.gz", [json.dumps(lists).replace(": ", ":").encode()]
    )
    render_bundle(made)
    write_page(made)
    render_bundle(made)
    return made


def pack(folder, *words, out="out.zip"):
    return main(["share", str(folder), "--out", out, *words])


def files(out="out.zip"):
    with zipfile.ZipFile(out) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def test_a_shared_folder_has_the_pages_and_everything_behind_them(bundle, capsys):
    assert pack(bundle.root) == 0
    packed, place = files(), f"acme/{bundle.root.name}"
    assert "out.zip" in capsys.readouterr().out
    assert set(packed) == {f"{place}/{name}" for name in bundle.files(but="")}
    assert {f"{place}/report.html", f"{place}/README.md", f"{place}/artifacts/people.json"} <= set(packed)
    assert packed[f"{place}/report.html"] == (bundle.root / "report.html").read_bytes()


@pytest.mark.parametrize("words", [[], ["--redact", "--key-file", "key"]])
def test_the_same_record_gives_the_same_bytes(bundle, words):
    Path("key").write_text("0123456789abcdef")
    assert pack(bundle.root, *words, out="a.zip") == pack(bundle.root, *words, out="b.zip") == 0
    assert Path("a.zip").read_bytes() == Path("b.zip").read_bytes()


def test_no_id_of_the_data_set_is_in_any_file_of_a_redacted_zip(bundle):
    assert pack(bundle.root, "--redact") == 0
    packed = files()
    assert any(name.endswith("report.html") for name in packed)
    assert not [name for name in packed if name.endswith(("people.json", ".gz", "somebodys.txt"))]
    told = [
        name
        for name in (*USERS, *ITEMS, "never-seeded", "seeded-before")
        if name not in ("7", "1204", "20260")
    ]
    odd = {json.dumps(name)[1:-1] for name in told} | {
        name.replace("<", "&lt;").replace(">", "&gt;") for name in told
    }
    for name, content in packed.items():
        text = content.decode()
        assert [one for one in {*told, *odd} if one in text and one != "a b"] == [], name
        assert "a b 0.25" not in text
        assert "curl -d" not in text


def test_numbers_in_our_own_sentences_are_no_ids_and_in_evidence_they_are(bundle):
    assert pack(bundle.root, "--redact") == 0
    record = {name.rpartition("/")[2]: content.decode() for name, content in files().items()}
    result = json.loads(record["events.jsonl"])
    assert "1 of 7 checks failed" in record["README.md"]
    assert result["measures"][0]["definition"] == "of 7 lists"
    assert result["measures"][0]["got"] == 0.25
    assert not {"7", "1204", "20260"} & {*result["shown"]["users"], *result["shown"]["ranks"]}
    assert "1204" not in result["measures"][0]["worst"]
    assert " 0.25 (" in result["measures"][0]["worst"]


def test_an_id_has_the_same_word_throughout_a_zip_and_another_one_in_the_next(bundle):
    words = []
    for out in ("a.zip", "b.zip"):
        assert pack(bundle.root, "--redact", out=out) == 0
        packed = {name.rpartition("/")[2]: content.decode() for name, content in files(out).items()}
        result = json.loads(packed["events.jsonl"])
        word = result["measures"][0]["who"]
        assert result["shown"]["users"][0] == word
        assert json.loads(packed["s01.json"])["evidence"]["users"][0] == word
        assert word in packed["report.html"]
        words.append(word)
    assert words[0] != words[1]


def test_a_batch_is_packed_with_its_pages_and_one_set_of_words(reports):
    rows = []
    for place, name in enumerate(("acme", "beta")):
        one = made(reports, name, place)
        bundle = f"{name}/{one.root.name}"
        rows.append(
            Row(
                id=name,
                customer=name,
                status="must_not_go",
                bundle=bundle,
                sentence=f"user {USERS[0]} failed",
            )
        )
    rows.append(Row(id="late", customer="late", status="not_run"))
    facts = {"manifest": "m.yml", "manifest_sha256": "0", "run_id": "r", "started_at": NOW.isoformat()}
    (reports / "batches").mkdir()
    record = BatchRecord(name="pilot", status="finished", rows=tuple(rows), **facts)
    write_batch(reports / "batches/pilot_20261122T221500Z.json", record)
    assert pack(reports, "--redact") == 0
    packed = files()
    page = packed["batches/pilot_20261122T221500Z.html"].decode()
    assert "../beta/20261122T221501Z/report.html" in page
    word = {
        json.loads(text)["measures"][0]["who"]
        for name, text in packed.items()
        if name.endswith("events.jsonl")
    }
    assert len(word) == 1
    assert f"user {word.pop()} failed" in packed["batches/pilot_20261122T221500Z.json"].decode()
    assert {name.split("/")[0] for name in packed} == {"acme", "beta", "batches"}


def test_an_existing_file_stays_unless_it_may_be_overwritten(bundle, capsys):
    Path("out.zip").write_text("mine")
    assert pack(bundle.root) == 4
    assert "out.zip: exists already" in capsys.readouterr().err
    assert Path("out.zip").read_text() == "mine"
    assert pack(bundle.root, "--force") == 0
    assert files()


def test_half_a_zip_is_never_left(bundle, monkeypatch, tmp_path, capsys):
    before = {path.name for path in tmp_path.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    assert pack(bundle.root) == 4
    assert "out.zip: cannot be written: No space left on device" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["reports/acne"], "did you mean `acme`?"),
        (["reports/acme"], "did you mean `reports/acme/20261122T221500Z`?"),
        (["reports/acme/20261122T221500Z", "--key-file", "key"], "--key-file: is for --redact"),
        (["reports/acme/20261122T221500Z", "--redact", "--key-file", "acme"], "key cannot be read"),
        (["reports/acme/20261122T221500Z", "--redact", "--key-file", "short"], "key has 3 bytes"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_nothing_is_written(bundle, tmp_path, words, said, capsys):
    (tmp_path / "short").write_text("abc")
    assert pack(*words) == 4
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out.zip").exists()


def test_without_its_data_set_nothing_is_redacted_and_another_place_of_it_can_be_named(
    bundle, tmp_path, capsys
):
    (tmp_path / "acme.json").rename(tmp_path / "elsewhere.json")
    assert pack(bundle.root, "--redact") == 4
    assert (
        "`acme.json`, is not there or has changed; must be named with --fixture-path"
        in capsys.readouterr().err
    )
    (tmp_path / "acme.json").write_text(shop().text)
    assert pack(bundle.root, "--redact") == 4
    assert pack(bundle.root, "--redact", "--fixture-path", "elsewhere.json") == 0


def test_a_damaged_record_is_not_redacted_and_can_be_sent_as_it_is(bundle, capsys):
    bundle.events.write_text("no result\n" + bundle.events.read_text())
    assert pack(bundle.root, "--redact") == 4
    assert "events.jsonl: line 1 is no result of a check" in capsys.readouterr().err
    assert pack(bundle.root) == 0


def test_a_secret_that_the_run_did_not_know_is_masked_and_a_link_out_of_the_folder_is_not_followed(
    bundle, tmp_path, monkeypatch
):
    monkeypatch.setenv("DEPLOY_TOKEN", "hunter2-and-more")
    (bundle.artifacts / "note.txt").write_text("sent with hunter2-and-more")
    write_gzip_lines(bundle.artifacts / "more.jsonl.gz", [b'{"a": "hunter2-and-more"}'])
    (tmp_path / "private.txt").write_text("mine")
    (bundle.artifacts / "link.txt").symlink_to(tmp_path / "private.txt")
    assert pack(bundle.root) == 0
    packed = {name.rpartition("/")[2]: content for name, content in files().items()}
    assert packed["note.txt"].decode() == f"sent with {MASK}"
    assert b"hunter2" not in gzip.decompress(packed["more.jsonl.gz"])
    assert "link.txt" not in packed


def test_a_study_is_not_packed_and_a_sentence_says_what_can_be(tmp_path, capsys):
    (tmp_path / "study.json").write_text("{}")
    assert main(["share", str(tmp_path), "--out", str(tmp_path / "a.zip")]) == 4
    said = capsys.readouterr().err
    assert "is a study of `recsim tune`, which is not packed; its whole runs are" in said
    assert not (tmp_path / "a.zip").exists()
