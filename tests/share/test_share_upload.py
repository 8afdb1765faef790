"""`--recsim-upload`: report folders under the store's URL, by customer and run id; what is wrong is known before a run."""

from __future__ import annotations

import importlib.util
import time
from datetime import UTC, datetime

import fsspec
import pytest

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.batch import BatchRecord, Row, write_batch
from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.masking import MASK, masked
from pytest_recsim.share import upload as room
from pytest_recsim.share.upload import NotUploadedError, Store, store_at, upload

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)


@pytest.fixture
def bundle(tmp_path):
    made = open_bundle(tmp_path / "reports", "acme", NOW)
    made.metadata.write_text("{}")
    (made.root / "report.html").write_text("<p>")
    (made.evidence / "s01.json").write_text("{}")
    return made


def held(url):
    system, root = fsspec.core.url_to_fs(url)
    return {name.removeprefix(f"{root}/"): system.cat_file(name) for name in system.find(root)}


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_everything_in_a_report_folder_is_below_customer_and_run_id(bundle, tmp_path, kind):
    url = f"{kind}://{tmp_path}/store"
    assert upload(store_at(f"{url}/"), {"acme/r1": bundle}) == 4
    assert held(url) == {
        f"acme/r1/{name}": (bundle.root / name).read_bytes() for name in bundle.files(but="")
    }


def test_a_batchs_pages_link_to_the_folders_in_the_store(bundle, tmp_path):
    stamp = bundle.root.name
    rows = (
        Row(id="acme", customer="acme", status="may_go", bundle=f"acme/{stamp}"),
        Row(id="late", customer="late", status="not_run"),
    )
    facts = {"manifest": "m.yml", "manifest_sha256": "0", "run_id": "r1", "started_at": NOW.isoformat()}
    path = tmp_path / f"reports/batches/pilot_{stamp}.json"
    write_batch(path, BatchRecord(name="pilot", status="finished", rows=rows, **facts))
    before = path.read_bytes()
    assert upload(store_at(f"file://{tmp_path}/store"), {"acme/r1": bundle}, path) == 7
    found = held(f"file://{tmp_path}/store")
    assert "../acme/r1/report.html" in found[f"batches/pilot_{stamp}.html"].decode()
    assert "../acme/r1/README.md" in found[f"batches/pilot_{stamp}.md"].decode()
    assert path.read_bytes() == before


def test_a_failure_says_what_is_there_and_why_the_rest_is_not(bundle, tmp_path):
    (tmp_path / "store").write_text("no folder")
    with pytest.raises(NotUploadedError, match=r"0 of 4 files are in file://.*/store: .*store"):
        upload(store_at(f"file://{tmp_path}/store"), {"acme/r1": bundle})


def test_a_store_that_does_not_answer_is_given_up(bundle, monkeypatch):
    monkeypatch.setattr(room, "_send", lambda *_: time.sleep(5))
    with pytest.raises(
        NotUploadedError, match=r"0 of 4 files are in memory://x: it took longer than 0\.05 s"
    ):
        upload(Store("memory://x", {}), {"acme/r1": bundle}, limit_s=0.05)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("reports", r"`reports`: must begin with one of s3://, gs://, file://, memory://"),
        ("fil://x", r"did you mean `file`\?"),
        ("http://x/y", r"must begin with one of"),
        ("file:///", r"must name a place"),
        ("s3://", r"must name a place"),
        ("s3://only-a-name@bucket", r"must be KEY:SECRET"),
    ],
)
def test_what_is_no_store_is_told_before_the_run(url, said, monkeypatch):
    monkeypatch.setattr(room, "find_spec", lambda _: True)
    with pytest.raises(InputError, match=said):
        store_at(url)


def test_a_missing_extra_is_told_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setattr(
        room, "find_spec", lambda name: importlib.util.find_spec(name) if name != "s3fs" else None
    )
    with pytest.raises(InputError, match=r"s3:// needs a package .*: pip install 'pytest-recsim\[cloud\]'"):
        store_at("s3://bucket/x")


def test_credentials_in_the_url_go_to_the_store_and_are_shown_nowhere(monkeypatch):
    monkeypatch.setattr(room, "find_spec", lambda _: True)
    store = store_at("s3://AKIAEXAMPLE:very-secret-word@bucket/x/")
    assert store == Store("s3://bucket/x", {"key": "AKIAEXAMPLE", "secret": "very-secret-word"})
    assert masked("denied for very-secret-word") == f"denied for {MASK}"
    assert "very-secret-word" not in masked("s3://AKIAEXAMPLE:very-secret-word@bucket/x/")
