"""The stand-in as a process: start, port line, clock, access log, and how it ends."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import httpx
import pytest

ORG = {"X-Org-ID": "7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"}
PATIENCE = 20


@contextlib.contextmanager
def running(*options, environ, stdin=subprocess.PIPE):
    """Start a stand-in and yield (process, base url)."""
    command = [sys.executable, "-m", "pytest_recsim.standin", "--port", "0", *options]
    process = subprocess.Popen(
        command, env=environ, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = json.loads(process.stdout.readline())
        assert line["pid"] == process.pid
        yield process, f"http://127.0.0.1:{line['port']}"
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def environ():
    """Return the variables of a process with usable knobs."""
    knobs = {"BLEND_ALPHA": "0.3", "BLEND_BETA": "0.5", "BLEND_GAMMA": "0.2", "POPULARITY_HALFLIFE_DAYS": "5"}
    knobs |= {"POPULARITY_FANOUT": "300", "COVIS_WINDOW_DAYS": "21", "MMR_LAMBDA": "0.35", "BRAND_CAP": "2"}
    knobs |= {
        "CATEGORY_CAP": "3",
        "BRAND_TAG_PREFIXES": "brand",
        "CATEGORY_TAG_PREFIXES": "category",
        "PROFILE_BOOST": "1",
    }
    knobs |= {
        "PURCHASED_WINDOW_DAYS": "30",
        "PROFILE_WINDOW_DAYS": "30",
        "PROFILE_TOP_N": "64",
        "BANDIT_ALGO": "ucb1",
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | knobs | {"PYTHONPATH": os.pathsep.join(sys.path)}


def test_it_serves_on_a_frozen_clock_and_writes_the_access_log(environ, tmp_path):
    log = tmp_path / "access.jsonl"
    options = ("--now", "2026-11-22T12:00:00+01:00", "--access-log", str(log), "--latency-ms", "30")
    with running(*options, environ=environ) as (_, url), httpx.Client(base_url=url, headers=ORG) as client:
        started = time.perf_counter()
        assert client.get("/health").json() == {"status": "ok"}
        assert time.perf_counter() - started >= 0.03
        assert client.get("/version").json()["build_time"] == "2026-11-22T11:00:00Z"
        assert client.post("/v1/recommendations", json={"user_id": "u"}).json()["items"] == []
        assert client.get("/v1/nonsense?x=1").status_code == 405
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    shown = [(line["method"], line["path"], line["status"]) for line in lines]
    assert shown[0] == ("GET", "/health", 200)
    assert shown[2:] == [("POST", "/v1/recommendations", 200), ("GET", "/v1/nonsense", 405)]
    assert all(line["ms"] >= 30 for line in lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_quietly_even_with_a_connection_open(environ, number):
    with running(environ=environ) as (process, url), httpx.Client(base_url=url) as client:
        client.get("/health")
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_dies_when_its_owner_closes_the_pipe(environ):
    with running("--owner-pipe", environ=environ) as (process, url):
        assert httpx.get(f"{url}/health").status_code == 200
        process.stdin.close()
        process.stdin = None
        assert process.wait(timeout=PATIENCE) == 0


def test_it_dies_when_its_owner_is_killed(environ, tmp_path):
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'pytest_recsim.standin', '--owner-pipe'], stdin=subprocess.PIPE)\n"
        "time.sleep(60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], env=environ, stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{json.loads(owner.stdout.readline())['port']}"
        assert httpx.get(f"{url}/health").status_code == 200
    finally:
        owner.kill()
        owner.communicate()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health", timeout=1)
        except httpx.TransportError:
            return
        time.sleep(0.02)
    pytest.fail("the stand-in outlived its owner")


def test_without_the_owner_pipe_stdin_does_not_matter(environ):
    with running(environ=environ, stdin=subprocess.DEVNULL) as (_, url):
        assert httpx.get(f"{url}/health").status_code == 200


def test_answers_do_not_wait_for_nagle(environ):
    with (
        running("--now", "2026-11-22T12:00:00Z", environ=environ) as (_, url),
        httpx.Client(base_url=url) as client,
    ):
        times = []
        for _ in range(20):
            started = time.perf_counter()
            client.get("/health")
            times.append(time.perf_counter() - started)
    assert min(times[1:]) < 0.03  # a delayed acknowledgement costs 40 ms every time


def start_in_vain(environ, *options):
    command = [sys.executable, "-m", "pytest_recsim.standin", *options]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=PATIENCE)


def test_unusable_settings_end_it_with_code_2_and_a_sentence_each(environ):
    del environ["BLEND_BETA"]
    failed = start_in_vain(environ | {"MMR_LAMBDA": "2"})
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.splitlines() == [
        "BLEND_BETA is required and not set.",
        "MMR_LAMBDA is '2', but must be a number from 0 to 1.",
    ]


def test_a_log_that_cannot_be_written_is_told_in_one_sentence(environ, tmp_path):
    failed = start_in_vain(environ, "--access-log", str(tmp_path / "missing" / "log"))
    assert (failed.returncode, failed.stdout, len(failed.stderr.splitlines())) == (2, "", 1)


def test_a_bad_instant_and_a_taken_port_are_told_in_one_sentence(environ):
    assert "is not an RFC 3339 instant" in start_in_vain(environ, "--now", "today").stderr
    with running(environ=environ) as (_, url):
        failed = start_in_vain(environ, "--port", url.rsplit(":", 1)[1])
    assert (failed.returncode, len(failed.stderr.splitlines())) == (2, 1)
    assert failed.stderr.startswith("Cannot serve on 127.0.0.1:")
