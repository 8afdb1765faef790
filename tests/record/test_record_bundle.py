"""A bundle is written from the first second, survives a kill, and is never overwritten."""

from __future__ import annotations

import gzip
import json
import math
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.record.bundle import Bundle, open_bundle
from pytest_recsim.record.jsonio import dumps, write_atomic, write_gzip_lines, write_json
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.record.reason import Reason

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)


def result(check="S1", outcome="passed", case="", **more):
    return CheckResult(simulation="acme", check=check, case=case, outcome=outcome, **more)


def test_the_folder_is_named_by_customer_and_utc_time(tmp_path):
    bundle = open_bundle(tmp_path, "acme", NOW)
    assert bundle.root == tmp_path / "acme" / "20261122T221500Z"
    assert bundle.evidence.is_dir()


def test_a_second_run_in_the_same_second_gets_its_own_folder(tmp_path):
    names = [open_bundle(tmp_path, "acme", NOW).root.name for _ in range(3)]
    assert names == ["20261122T221500Z", "20261122T221500Z-2", "20261122T221500Z-3"]


def test_a_folder_that_is_no_bundle_is_never_discarded(tmp_path, monkeypatch):
    """A path that nobody has set is the folder in which somebody works."""
    (project := tmp_path / "project").mkdir()
    (project / "guardrails.yml").write_text("{}")
    monkeypatch.chdir(project)
    for root in (Path(), project, tmp_path / "gone"):
        Bundle(root).discard()
    assert (project / "guardrails.yml").exists()


def test_a_discarded_bundle_takes_its_empty_folders_along_and_nothing_else(tmp_path):
    kept = open_bundle(tmp_path / "reports", "acme", NOW)
    open_bundle(tmp_path / "reports", "acme", NOW).discard()
    assert [path.name for path in kept.root.parent.iterdir()] == [kept.root.name]
    kept.discard()
    assert list(tmp_path.iterdir()) == []


def test_results_come_back_as_they_were_appended(tmp_path):
    bundle = open_bundle(tmp_path, "acme", NOW)
    measure = Measure(name="MRR@10", ok=False, got=0.1, expected="at least 0.2", n=7, curl="curl ...")
    bundle.append(result("S7", "failed", measures=(measure,), shown={"a": [1, 2]}))
    assert bundle.results() == [result("S7", "failed", measures=(measure,), shown={"a": [1, 2]})]


def test_a_line_cut_short_by_a_kill_is_left_out_and_the_rest_is_kept(tmp_path):
    bundle = open_bundle(tmp_path, "acme", NOW)
    bundle.append(result("S1"))
    bundle.append(result("S2"))
    whole = bundle.events.read_bytes()
    bundle.events.write_bytes(whole[:-10])
    assert [found.check for found in bundle.results()] == ["S1"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a limit for one process")
def test_a_line_that_the_disk_has_no_room_for_is_taken_out_again(tmp_path):
    """In a process of its own, whose files may not grow beyond what the first line takes and a bit."""
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from pytest_recsim.record.bundle import Bundle\n"
        "from pytest_recsim.record.model import CheckResult\n"
        "bundle = Bundle(Path(sys.argv[1]))\n"
        "result = lambda check: CheckResult(simulation='acme', check=check, outcome='passed')\n"
        "bundle.append(result('S1'))\n"
        "size = bundle.events.stat().st_size\n"
        "hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))\n"
        "try:\n"
        "    bundle.append(result('S2'))\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
        "assert bundle.events.stat().st_size == size\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))\n"
        "bundle.append(result('S3'))\n"
    )
    bundle = open_bundle(tmp_path, "acme", NOW)
    words = [sys.executable, "-c", program, str(bundle.root)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "File too large\n"
    assert [found.check for found in bundle.results()] == ["S1", "S3"]


def test_a_check_that_reports_twice_counts_as_reported_last(tmp_path):
    bundle = open_bundle(tmp_path, "acme", NOW)
    bundle.append(result("S1", "passed"))
    bundle.append(result("S1", "error"))
    assert [found.outcome for found in bundle.results()] == ["error"]


def test_json_never_holds_nan_or_infinity(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": math.nan, "b": [math.inf, 1.5], "c": {"d": np.float64("-inf")}})
    document = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert document == {"schema_version": 1, "a": None, "b": [None, 1.5], "c": {"d": None}}


def test_a_reason_is_written_as_its_text():
    assert dumps({"why": Reason("no list", "nobody", "add events")}) == b'{"why":"no list"}'


def test_numpy_values_are_written_as_plain_numbers():
    assert dumps({"n": np.int64(3), "x": np.array([1.5, 2.5])}) == b'{"n":3,"x":[1.5,2.5]}'


def test_a_failed_write_leaves_the_old_file_and_no_scraps(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    with pytest.raises(NotImplementedError):
        write_json(path, {"a": object()})
    assert json.loads(path.read_text())["a"] == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]


def test_a_write_that_breaks_off_in_the_middle_leaves_no_scraps(tmp_path):
    with pytest.raises(TypeError):
        write_atomic(tmp_path / "x", "not bytes")
    assert list(tmp_path.iterdir()) == []


def test_gzip_dumps_of_the_same_lines_are_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_gzip_lines(tmp_path / name, [b"one", b"two"])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert gzip.decompress((tmp_path / "a").read_bytes()) == b"one\ntwo\n"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_whatever_is_shown_as_evidence_becomes_strict_json(value):
    def refuse(word):
        raise AssertionError(word)

    json.loads(dumps({"value": value}), parse_constant=refuse)


@pytest.mark.parametrize(("umask", "mode"), [(0o077, 0o600), (0o027, 0o640), (0o002, 0o664)])
def test_a_file_gets_the_mode_that_the_umask_leaves(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_json(tmp_path / "new" / "a.json", {})
        write_gzip_lines(tmp_path / "new" / "b.gz", [])
        bundle = open_bundle(tmp_path, "acme", NOW)
        bundle.append(result())
    finally:
        os.umask(before)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name: path.stat().st_mode & 0o777 for path in files} == dict.fromkeys(
        ("a.json", "b.gz", "events.jsonl"), mode
    )


def test_a_pipe_or_a_device_is_written_to_and_not_replaced(tmp_path):
    """`recsim compare --html /dev/stdout`, also for somebody who may replace devices."""
    os.mkfifo(path := tmp_path / "pipe")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomic(path, b"page")
        assert os.read(reader, 10) == b"page"
    finally:
        os.close(reader)
    assert path.is_fifo()
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]


def test_a_file_that_is_written_again_keeps_the_mode_that_its_owner_gave_it(tmp_path):
    (path := tmp_path / "junit.xml").write_text("<testsuites/>")
    path.chmod(0o600)
    write_atomic(path, b"<testsuites></testsuites>")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o444)
    write_atomic(path, b"again")
    assert (path.stat().st_mode & 0o777, path.read_bytes()) == (0o444, b"again")
