"""`recsim serve`: keys, rate limit, quirks and snapshot reach the service; what is wrong is a sentence, code 4."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from waiting import LIMIT_S

from pytest_recsim.cli import main

ROOT = Path(__file__).parents[2]
ORG, OTHER = "7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a", "00000000-0000-0000-0000-000000000002"


@contextlib.contextmanager
def serving(folder, *options):
    """Run `recsim serve` in a folder and yield (process, client)."""
    command = [sys.executable, "-P", "-m", "pytest_recsim.cli", "serve", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        url = f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        with httpx.Client(
            base_url=url, headers={"X-Org-ID": ORG}, timeout=LIMIT_S, trust_env=False
        ) as client:
            yield process, client
    finally:
        process.kill()
        process.communicate()


def test_a_key_is_asked_for_and_is_seen_in_no_process_list(tmp_path):
    with serving(tmp_path, "--api-key", f"everywhere, here:{OTHER.upper()}", "--api-key=third") as (
        process,
        client,
    ):
        ps = ["ps", "-ww", "-o", "args=", "-p", str(process.pid)]
        shown = Path(f"/proc/{process.pid}/cmdline")
        command = shown.read_text() if shown.exists() else subprocess.check_output(ps, text=True)

        def status(key, org=ORG):
            return client.get(
                "/v1/items?namespace=n", headers={"X-API-Key": key, "X-Org-ID": org}
            ).status_code

        assert [status(key) for key in ("everywhere", "third", "here", "nowhere")] == [200, 200, 403, 401]
        assert status("here", OTHER) == 200
        assert client.get("/health").status_code == 200
    assert "pytest_recsim.standin" in command
    assert not any(key in command for key in ("everywhere", "here:", "third"))


def test_limit_quirks_clock_and_snapshot_reach_the_service_and_people_are_told(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('a stray module of the user')")
    options = ("--rate-limit=1/3", "--quirks", "--quirks-seed=1", "--snapshot=state", "--env-profile=test")
    with serving(tmp_path, *options, "--now=2026-11-22T12:00:00Z") as (process, client):
        assert client.get("/version").json()["build_time"] == "2026-11-22T12:00:00Z"
        kind = {"namespace": "elsewhere", "types": [{"type": 1, "weight": 10}]}
        assert client.post("/v1/event-types:upsert", json=kind).status_code == 202
        assert len(client.get("/v1/event-types?namespace=n").json()) == 6
        statuses = [client.get("/v1/items?namespace=n").status_code for _ in range(2)]
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=LIMIT_S)
    assert statuses == [200, 429]
    assert (process.returncode, out) == (0, "")
    assert (
        f"stand-in on {str(client.base_url).rstrip('/')} with profile test; what you send it is kept in state"
        in said
    )
    assert (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--api-key=", "--api-key: key 1 is empty or not printable ASCII; must be KEY or KEY:ORG|ORG"),
        ("--api-key=good,secr\u00e9t", "--api-key: key 2 is empty or not printable ASCII"),
        (
            "--api-key=secret:acme",
            "--api-key: key 1 is for org `acme`; must be a UUID, or * for all of them",
        ),
        (
            "--rate-limit=fast",
            "--rate-limit: `fast`; must be RPM or RPM/BURST, such as 600/120; RPM 0 is no limit",
        ),
        ("--rate-limit=600/0", "--rate-limit: `600/0`"),
        ("--rate-limit=1/2/3", "--rate-limit: `1/2/3`"),
        ("--rate-limit=-1", "--rate-limit: `-1`"),
        (f"--rate-limit={'9' * 5000}", "--rate-limit: "),
        ("--env-profile=custmer_a", "did you mean `customer_a`?"),
    ],
)
def test_a_wrong_value_is_a_sentence_that_repeats_no_key(option, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["serve", option]) == 4
    shown = capsys.readouterr()
    assert said in shown.err
    assert (shown.out, len(shown.err.splitlines())) == ("", 1)
    assert "secr" not in shown.err


def test_what_the_service_refuses_itself_is_a_sentence_with_the_same_code(tmp_path):
    command = [sys.executable, "-P", "-m", "pytest_recsim.cli", "serve", "--port=80o0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    failed = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert (failed.returncode, failed.stdout) == (4, "")
    assert failed.stderr == "--port: `80o0` is not a port; must be 0 to 65535, 0 takes a free one\n"
