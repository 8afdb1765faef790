"""The stand-in as a process: start, port line, clock, access log, and how it ends."""

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest
from waiting import LIMIT_S, eventually, gone

from pytest_recsim.standin.http.door import MAX_BODY
from pytest_recsim.standin.process.main import main

ORG = {"X-Org-ID": "7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"}


get = functools.partial(httpx.get, timeout=LIMIT_S)
post = functools.partial(httpx.post, timeout=LIMIT_S)


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
    with (
        running(*options, environ=environ) as (_, url),
        httpx.Client(base_url=url, headers=ORG, timeout=LIMIT_S) as client,
    ):
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_quietly_even_with_a_connection_open(environ, number):
    with running(environ=environ) as (process, url), httpx.Client(base_url=url, timeout=LIMIT_S) as client:
        client.get("/health")
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_dies_when_its_owner_closes_the_pipe(environ):
    with running("--owner-pipe", environ=environ) as (process, url):
        assert get(f"{url}/health").status_code == 200
        process.stdin.close()
        process.stdin = None
        assert process.wait(timeout=LIMIT_S) == 0


def test_it_dies_when_its_owner_is_killed(environ, tmp_path):
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'pytest_recsim.standin', '--owner-pipe'], stdin=subprocess.PIPE)\n"
        "time.sleep(60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], env=environ, stdout=subprocess.PIPE, text=True)
    try:
        hello = json.loads(owner.stdout.readline())
        assert get(f"http://127.0.0.1:{hello['port']}/health").status_code == 200
    finally:
        owner.kill()
        owner.communicate()
    eventually(lambda: gone([hello["pid"]]))


def test_without_the_owner_pipe_stdin_does_not_matter(environ):
    with running(environ=environ, stdin=subprocess.DEVNULL) as (_, url):
        assert get(f"{url}/health").status_code == 200


def test_answers_do_not_wait_for_nagle(environ):
    with (
        running("--now", "2026-11-22T12:00:00Z", environ=environ) as (_, url),
        httpx.Client(base_url=url, timeout=LIMIT_S) as client,
    ):

        def at_once():
            started = time.perf_counter()
            client.get("/health")
            return time.perf_counter() - started < 0.03  # a delayed acknowledgement costs 40 ms every time

        client.get("/health")
        assert any(at_once() for _ in range(200))


def start_in_vain(environ, *options):
    command = [sys.executable, "-m", "pytest_recsim.standin", *options]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=LIMIT_S)


def test_unusable_settings_end_it_with_code_4_and_a_sentence_each(environ):
    del environ["BLEND_BETA"]
    failed = start_in_vain(environ | {"MMR_LAMBDA": "2"})
    assert (failed.returncode, failed.stdout) == (4, "")
    assert failed.stderr.splitlines() == [
        "BLEND_BETA is required and not set.",
        "MMR_LAMBDA is '2', but must be a number from 0 to 1.",
    ]


@pytest.fixture
def refused(environ, monkeypatch, capsys):
    """Return a function that starts the service in this process, in vain, and returns the sentence."""
    for name, value in {**environ, "OPENBLAS_NUM_THREADS": "1"}.items():
        monkeypatch.setenv(name, value)

    def start(*options):
        try:
            code = main(options)
        except SystemExit as ending:
            code = ending.code
        said = capsys.readouterr()
        assert (code, said.out, len(said.err.splitlines())) == (4, "", 1), said.err
        return said.err

    return start


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("port", "70000", "`70000` is not a port; must be 0 to 65535"),
        ("port", "-1", "`-1` is not a port"),
        ("port", "http", "`http` is not a port"),
        ("now", "today", "`today` is not an RFC 3339 instant with offset"),
        ("now", "2026-11-22T12:00:00", "is not an RFC 3339 instant with offset"),
        ("latency-ms", "-5", "`-5` is not a latency; must be milliseconds >= 0"),
        ("latency-ms", "nan", "`nan` is not a latency"),
        ("latency-ms", "fast", "`fast` is not a latency"),
        (
            "room",
            "0",
            "`0` is not a number of answers; must be 1 to 10000, without the option there is no limit",
        ),
        ("room", "four", "`four` is not a number of answers"),
        (
            "quirks",
            "leak,gosts",
            "`gosts` is not a quirk; must be one of leak, underflow, ghosts, ties, replica, order, slow-start, boosts, spread, lag, revision-2025 and all; did",
        ),
        ("quirks-seed", "x", "--quirks-seed: invalid int value"),
        ("slow-start-s", "0", "`0` is not a number of seconds; it must be above 0"),
        ("slow-start-s", "5", "--quirks: `slow-start` or `all` must be among them, or --slow-start-s has"),
        ("host", "256.1.2.3", "--port: 256.1.2.3:0 cannot be used"),
        ("access-log", "/nowhere/at/all", "--access-log: /nowhere/at/all cannot be written: No such file"),
        ("snapshot", "/nowhere/at/all", "--snapshot: /nowhere/at/all cannot be used: No such file"),
        ("snapshot", "/", "--snapshot: / is no regular file"),
    ],
)
def test_a_wrong_value_is_told_in_one_sentence(refused, option, value, said):
    assert said in refused(f"--{option}={value}")


def test_a_taken_port_is_told_in_one_sentence(refused):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"--port: 127.0.0.1:{port} cannot be used: address already in use" in refused(
            "--port", str(port)
        )


@pytest.mark.parametrize("text", [b"", b'{"items": []}', b"\x89PNG"])
def test_a_file_that_is_no_snapshot_is_told_and_left_alone(refused, tmp_path, text):
    file = tmp_path / "mine.json"
    file.write_bytes(text)
    assert f"--snapshot: {file} is no snapshot of a stand-in; it is left as it is." in refused(
        f"--snapshot={file}"
    )
    assert file.read_bytes() == text
    assert list(tmp_path.iterdir()) == [file]


ITEMS = {"namespace": "n", "items": [{"item_id": "a", "available": True, "tags": ["books"]}]}


def test_a_restarted_service_goes_on_with_its_snapshot(environ, tmp_path):
    options = (f"--snapshot={tmp_path / 'state.json'}", "--now=2026-11-22T12:00:00Z")
    with running(*options, environ=environ) as (process, url):
        with httpx.Client(base_url=url, headers=ORG, timeout=LIMIT_S) as client:
            assert client.post("/v1/items:upsert", json=ITEMS).status_code == 202
            before = client.get("/v1/items?namespace=n").json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=LIMIT_S) == 0
    with running(*options, environ=environ) as (_, url):
        assert get(f"{url}/v1/items?namespace=n", headers=ORG).json() == before
    assert before["total"] == 1


def test_the_snapshot_is_written_when_the_owner_closes_the_pipe(environ, tmp_path):
    file = tmp_path / "state.json"
    with running("--owner-pipe", f"--snapshot={file}", environ=environ) as (process, url):
        post(f"{url}/v1/items:upsert", headers=ORG, json=ITEMS)
        process.stdin.close()
        process.stdin = None
        assert process.wait(timeout=LIMIT_S) == 0
    assert b'"item_id":"a"' in file.read_bytes()


def test_a_last_snapshot_that_cannot_be_written_is_told_with_code_1(environ, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with running(f"--snapshot={folder / 'state.json'}", environ=environ) as (process, url):
        post(f"{url}/v1/items:upsert", headers=ORG, json={"items": [{"item_id": "a"}]})
        (folder / "state.json").unlink()
        folder.rmdir()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 1
    assert err.endswith(
        "state.json cannot be written: No such file or directory; the state from before is kept.\n"
    )
    assert len(err.splitlines()) == 1


def test_people_are_told_where_it_is_what_it_serves_and_how_to_stop_it(environ):
    keys = {"API_AUTH_ENABLED": "true", "API_AUTH_KEYS": "secret-key:*"}
    with running("--announce=prod", environ=environ | keys) as (process, url):
        lines = [process.stderr.readline() for _ in range(3)]
    assert (
        lines[0] == f"Recsys stand-in on {url} with profile prod; what you send it is gone when it stops.\n"
    )
    assert f"curl -s {url}/v1/recommendations -H 'X-Org-ID: " in lines[1]
    assert "-H 'X-API-Key: KEY'" in lines[1]
    assert "Ctrl-C" in lines[2]


def test_quirks_can_be_asked_for_on_the_command_line(environ):
    with (
        running("--quirks=leak", environ=environ) as (_, url),
        httpx.Client(base_url=url, headers=ORG, timeout=LIMIT_S) as client,
    ):
        kind = {"namespace": "elsewhere", "types": [{"type": 1, "weight": 10}]}
        assert client.post("/v1/event-types:upsert", json=kind).status_code == 202
        assert len(client.get("/v1/event-types?namespace=n").json()) == 6


def test_the_process_reads_its_token_from_the_environment_and_serves_everybody_without_one(environ):
    for variables, code in (({}, 200), ({"RECSIM_STANDIN_TOKEN": "open sesame"}, 401)):
        with running(environ=environ | variables) as (_, url):
            assert get(f"{url}/health", trust_env=False).status_code == code
            assert get(f"{url}/health", headers={"Host": "evil.example"}, trust_env=False).status_code == 403
            with socket.create_connection(("127.0.0.1", httpx.URL(url).port)) as raw:
                raw.sendall(
                    f"POST /v1/items:upsert HTTP/1.1\r\nHost: localhost\r\nX-Recsim-Token: open sesame\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n".encode()
                )
                assert raw.recv(4096).startswith(b"HTTP/1.1 413 ")
