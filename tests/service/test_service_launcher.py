from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest
from waiting import LIMIT_S, eventually, gone

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.service import launcher
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.ask import Ask
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.launcher import launch
from pytest_recsim.service.safety.interlock import (
    Counts,
    Marker,
    finish_marker,
    guard,
    inspect,
    read_marker,
    recognise,
    write_marker,
)
from pytest_recsim.service.safety.leftovers import clean_leftovers
from pytest_recsim.service.safety.preflight import preflight
from pytest_recsim.service.safety.rows import event_id, stamped
from pytest_recsim.service.safety.undo import override, rule

GOOD = """
    import json, os, sys
    print(json.dumps({"port": 4242, "pid": os.getpid()}), flush=True)
    print(json.dumps({"argv": sys.argv[1:], "env": dict(os.environ), "group": os.getpgrp()}), file=sys.stderr, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module that is started in place of the stand-in."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(source):
        (tmp_path / "fake_stand_in.py").write_text(textwrap.dedent(source))
        return "fake_stand_in"

    return write


def test_it_gets_its_knobs_and_options_but_nothing_of_the_users_shell(module, monkeypatch, tmp_path):
    monkeypatch.setenv("BLEND_ALPHA", "9")
    monkeypatch.setenv("RECSYS_API_KEY", "k")
    now = datetime(2026, 11, 22, 22, tzinfo=UTC)
    with launch({"MMR_LAMBDA": "0.5"}, now, tmp_path / "log", 10, module=module(GOOD)) as stand_in:
        assert stand_in.url == "http://127.0.0.1:4242"
        eventually(stand_in.complaints)
        full = json.loads(_everything(stand_in))
    assert full["argv"] == [
        *("--port", "0", "--owner-pipe", "--now", "2026-11-22T22:00:00+00:00"),
        *("--access-log", str(tmp_path / "log"), "--latency-ms", "10"),
    ]
    assert full["env"]["MMR_LAMBDA"] == "0.5"
    assert not {"BLEND_ALPHA", "RECSYS_API_KEY"} & set(full["env"])
    assert full["group"] == stand_in.pid != os.getpgrp()


def _everything(stand_in):
    return os.pread(stand_in._stderr.fileno(), 1_000_000, 0)


def test_quirks_are_asked_for_only_when_named(module):
    for named, options in (("", []), ("leak,ties", ["--quirks=leak,ties"])):
        with launch({}, quirks=named, module=module(GOOD)) as stand_in:
            eventually(stand_in.complaints)
            assert json.loads(_everything(stand_in))["argv"] == ["--port", "0", "--owner-pipe", *options]


def test_stopping_ends_the_process_any_number_of_times(module):
    stand_in = launch({}, module=module(GOOD))
    assert stand_in.alive
    stand_in.stop()
    stand_in.stop()
    assert gone([stand_in.pid])
    assert stand_in.complaints() == ""


def test_one_that_ignores_the_pipe_and_sigterm_is_killed(module, monkeypatch):
    monkeypatch.setattr(launcher, "STOP_S", 0.2)
    stubborn = GOOD.replace(
        "sys.stdin.read()",
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', file=sys.stderr, flush=True); time.sleep(60)",
    )
    stand_in = launch({}, module=module(stubborn))
    eventually(lambda: b"deaf" in _everything(stand_in))
    stand_in.stop()
    assert gone([stand_in.pid])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise SystemExit('MMR_LAMBDA 1.7 is not in 0..1')", "ended with code 1: MMR_LAMBDA 1.7"),
        ("print('hello there')", "hello there"),
        ("pass", "ended with code 0: it wrote nothing"),
    ],
)
def test_one_that_does_not_start_is_told_with_what_it_said(module, source, said):
    with pytest.raises(InputError) as caught:
        launch({}, module=module(source))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("sys.exit('the disk is full')", "ended with code 1: the disk is full"),
        ("os.kill(os.getpid(), 9)", "by signal 9: it wrote nothing"),
    ],
)
def test_one_that_ends_by_itself_later_is_told_with_what_it_said(module, monkeypatch, end, said):
    monkeypatch.setattr(launcher, "ENDING_S", LIMIT_S)
    mute = 'import os, sys; print(\'{"port": 4242, "pid": %d}\' % os.getpid(), flush=True)\n'
    with launch({}, module=module(mute + end)) as stand_in:
        assert said in stand_in.ended()


def test_one_that_runs_has_not_ended(module, monkeypatch):
    monkeypatch.setattr(launcher, "ENDING_S", 0.0)
    with launch({}, module=module(GOOD)) as stand_in:
        assert stand_in.ended() == ""


def test_one_that_says_nothing_is_given_up_and_ended(module, monkeypatch):
    monkeypatch.setattr(launcher, "START_S", 0.2)
    monkeypatch.setattr(launcher, "STOP_S", 0.2)
    started, start = [], subprocess.Popen

    def noted(*args, **kwargs):
        started.append(start(*args, **kwargs))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    with pytest.raises(InputError, match="did not say where it listens"):
        launch({}, module=module("import time; time.sleep(60)"))
    (process,) = started
    assert process.returncode is not None
    assert gone([process.pid])


def test_a_missing_module_is_a_sentence_and_no_traceback():
    with pytest.raises(InputError, match="No module named"):
        launch({}, module="pytest_recsim_no_such_module")


OWNER = """
    import sys, time
    from pytest_recsim.service.launcher import launch
    stand_in = launch({}, module=sys.argv[1])
    print(stand_in.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_does_not_outlive_an_owner_that_was_killed(module, tmp_path, number):
    (tmp_path / "owner.py").write_text(textwrap.dedent(OWNER))
    command = [sys.executable, str(tmp_path / "owner.py"), module(GOOD)]
    source = os.fspath(Path(launcher.__file__).parents[2])
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{source}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as owner:
        pid = int(owner.stdout.readline())
        assert not gone([pid])
        owner.send_signal(number)
    eventually(lambda: gone([pid]))


NOW = datetime(2026, 11, 22, 22, tzinfo=UTC)
ORG = "00000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def real():
    """The stand-in itself, as the harness starts it, with a small namespace in it."""
    with (
        launch(KNOBS, NOW) as stand_in,
        Service(Endpoint(stand_in.url, ORG, "shop", trust_env=False), clock=lambda: NOW) as service,
    ):
        rows = [{"item_id": f"i{n}", "available": True, "tags": ["t"], "props": {}} for n in range(30)]
        service.upsert_items([stamped(item, "props", "ab" * 6) for item in rows])
        user = {"user_id": "u1", "traits": {"segment": "power_users"}}
        service.upsert_users([stamped(user, "traits", "ab" * 6)])
        row = {"user_id": "u1", "type": 0, "value": 1.0, "ts": "2026-11-22T21:00:00Z"}
        service.send_events(
            [{**row, "item_id": f"i{n}", "source_event_id": event_id("ab" * 6, n)} for n in range(8)]
        )
        yield service
    assert gone([stand_in.pid])


def test_the_real_stand_in_passes_the_pre_flight_and_returns_what_it_was_given(real):
    facts = preflight(real)
    assert (facts.health, facts.warnings) == ("ok", ())
    assert {event.source_event_id for event in real.all_events()} == {event_id("ab" * 6, n) for n in range(8)}
    assert real.delete_events(item_id="i7") == 1
    again = {"user_id": "u1", "item_id": "i7", "type": 0, "value": 1.0}
    real.send_events([again | {"source_event_id": event_id("ab" * 6, 7)}])


def test_the_real_stand_in_keeps_the_marker_and_the_interlock_reads_it(real):
    marker = Marker("ab" * 32, "0.75", 0.5, Counts(30, 1, 8), "run-1", NOW, stamped=True)
    write_marker(real, marker)
    assert read_marker(real) == marker
    guard(recognise(real, inspect(real)), namespace="shop", allow_reset=None, run_id="run-1", now=NOW)
    finish_marker(real, marker)
    assert read_marker(real).finished


def test_rules_and_overrides_on_the_real_stand_in_are_taken_back(real):
    with (
        rule(real, surface="recsim-s5", name="pin", action="PIN", item_ids=["i9"]) as held,
        override(real, surface="recsim-s3", item_id="i1", boost_value=2.0) as boosted,
    ):
        assert [found.enabled for found in real.list_rules("recsim-s5")] == [True]
        held.set(item_ids=["i8"])
        assert boosted.override_id in {found.override_id for found in real.list_overrides(status="active")}
    assert not any(found.enabled for found in real.list_rules())
    assert real.list_overrides(status="active") == []
    assert clean_leftovers(real) == []


def test_the_real_stand_in_recommends(real):
    (found,) = real.recommend([Ask("u1", k=5)])
    assert len(found.ids) == 5
    assert found.answer.trace.extras.policy.final_count == 5
    assert found.answer.trace.extras.recent_event_count == 8


KNOBS = {
    "BLEND_ALPHA": "0.3",
    "BLEND_BETA": "0.5",
    "BLEND_GAMMA": "0.2",
    "POPULARITY_HALFLIFE_DAYS": "5",
    "POPULARITY_FANOUT": "300",
    "COVIS_WINDOW_DAYS": "21",
    "MMR_LAMBDA": "0.35",
    "BRAND_CAP": "0",
    "CATEGORY_CAP": "0",
    "BRAND_TAG_PREFIXES": "brand",
    "CATEGORY_TAG_PREFIXES": "category,cat",
    "PURCHASED_WINDOW_DAYS": "30",
    "PROFILE_WINDOW_DAYS": "30",
    "PROFILE_BOOST": "0.8",
    "PROFILE_TOP_N": "64",
    "BANDIT_ALGO": "thompson",
}
