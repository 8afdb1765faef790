"""After any end of a run that changes a service: the configuration is the original, or a note says so and a code."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from kept_port import kept_port
from plugin_shop import LIMIT_S, SLOW, Project, Ran, Served, end, environment, eventually, reported, serve

CONFIG = "/v1/admin/recommendation/config"
ADMIN = ("--recsim-apply", "admin", "--env-override", "MMR_LAMBDA=0.77", "--env-override", "BRAND_CAP=4")
CHANGED = 10


def config(served: Served) -> dict:
    return served.ask("GET", CONFIG)["config"]


def sets(document: dict) -> dict:
    """The document with its lists as sets."""
    plain = json.loads(json.dumps(document))
    plain["bandit_experiment"]["surfaces"] = sorted(plain["bandit_experiment"].get("surfaces", []))
    return {name: sorted(value) if isinstance(value, list) else value for name, value in plain.items()}


def stop(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> None:
    process.send_signal(number)
    process.communicate(timeout=LIMIT_S)


@pytest.fixture
def shuffling(tmp_path: Path) -> Iterator[Served]:
    """A service as shipped: two surfaces, in random order from one process (contract 18)."""
    process, served = serve(tmp_path, "--quirks", "order", "--quirks-seed", "1")
    yield served
    stop(process)


@pytest.mark.long
def test_lists_in_random_order_are_no_reason_to_refuse_or_to_leave_the_knobs(
    acme: Project, shuffling: Served
) -> None:
    orders = {tuple(config(shuffling)["bandit_experiment"]["surfaces"]) for _ in range(40)}
    assert len(orders) == 2, "the service says what it is meant to say"
    before = sets(config(shuffling))
    ran = acme.simulate("--base-url", shuffling.url, *ADMIN, "-k", "profile or coverage")
    assert ran.code == 0, ran.text
    rows = {row["knob"]: row for row in acme.bundle().metadata["profile"]["knobs"]}
    assert rows["MMR_LAMBDA"]["status"] == "in effect"
    assert sets(config(shuffling)) == before
    assert list((acme.folder / "reports" / ".recsim").iterdir()) == []


def restore(project: Project, *words: str) -> Ran:
    command = [sys.executable, "-m", "pytest_recsim.cli", "restore", *words]
    done = subprocess.run(command, cwd=project.folder, env=environment(), capture_output=True, text=True)
    return Ran(done.returncode, done.stdout, done.stderr)


def notes(project: Project) -> list[Path]:
    return list((project.folder / "reports" / ".recsim").glob("changed-*"))


@pytest.mark.long
@pytest.mark.parametrize(
    ("number", "workers"),
    [
        (signal.SIGINT, ()),
        (signal.SIGTERM, ()),
        (signal.SIGINT, ("-n", "2")),
    ],
    ids=["Ctrl-C", "SIGTERM", "Ctrl-C with workers"],
)
def test_an_end_that_cannot_restore_has_a_code_of_its_own_and_a_note_that_restores_when_the_service_is_there(
    acme: Project, tmp_path: Path, number: signal.Signals, workers: tuple[str, ...]
) -> None:
    """The service sleeps (SIGSTOP) while the run ends, as one behind a broken network would."""
    process, served = serve(tmp_path)
    try:
        before = config(served)
        acme.scenario("slow", SLOW)
        words = ("--base-url", served.url, *ADMIN, "-k", "slow", "--recsim-timeout", "1", *workers)
        run = acme.start(*words)
        eventually(reported(acme))
        process.send_signal(signal.SIGSTOP)
        ran = end(run, number)
        assert ran.code == CHANGED, ran.text
        assert "the service's configuration could not be restored" in ran.text
        assert "a service is not, or may not be, what it was before" in ran.err
        assert len(notes(acme)) == 1
        process.send_signal(signal.SIGCONT)
        eventually(lambda: config(served)["mmr_lambda"] == 0.77)
        done = restore(acme)
        assert done.code == 0, done.text
        assert config(served) == before
        assert notes(acme) == []
        assert "no run left anything changed" in restore(acme).out
    finally:
        process.send_signal(signal.SIGCONT)
        stop(process)


@pytest.mark.long
def test_restoring_a_service_that_does_not_answer_keeps_the_note_for_the_next_try(
    acme: Project, tmp_path: Path
) -> None:
    with kept_port() as port:
        process, served = serve(tmp_path, "--port", str(port))
        acme.scenario("slow", SLOW)
        run = acme.start("--base-url", served.url, *ADMIN, "-k", "slow")
        eventually(reported(acme))
        end(run, signal.SIGKILL)
        stop(process)
        done = restore(acme)
    assert done.code == CHANGED, done.text
    assert "cannot be reached" in done.text
    assert "Traceback" not in done.text
    assert len(notes(acme)) == 1


@pytest.mark.long
def test_ctrl_c_in_the_middle_of_generated_code_does_not_hide_the_exit_code(acme: Project) -> None:
    """Python ends itself with SIGINT when Ctrl-C met an ``exec`` of text, as every dataclass is made by one."""
    kill = "import os, signal\\nos.kill(os.getpid(), signal.SIGINT)\\nfor _ in range(10**8): pass"
    acme.scenario("generated", f"def test_aa(sim, check):\n    exec('{kill}')\n")
    ran = acme.simulate("-k", "generated")
    assert ran.code == 2, ran.text


# --- exit code 4 means that nothing was changed ---

BROKEN = """\
from pytest_recsim.data.input.problems import InputError, Problem
import pytest_recsim.prepare.seed as seed

def broken(*_, **__):
    raise InputError(Problem("namespace", "the events were lost"))

seed._verify = broken
"""


@pytest.mark.long
def test_a_seed_that_fails_after_the_reset_is_no_wrong_input(
    acme: Project, served: Served, namespace: str
) -> None:
    acme.write("conftest.py", BROKEN)
    words = ("--base-url", served.url, "--namespace", namespace, "--recsim-seed-only")
    ran = acme.simulate(*words)
    assert ran.code == 1, ran.text
    assert "the events were lost" in ran.err
    assert "hence not exit code 4" in ran.err
    assert "Traceback" not in ran.text


@pytest.mark.long
def test_a_seed_that_is_refused_before_anything_is_written_is_exit_code_4(
    acme: Project, served: Served, namespace: str
) -> None:
    row = {"item_id": "theirs", "available": True}
    served.ask("POST", "/v1/items:upsert", {"namespace": namespace, "items": [row]})
    log = served.from_here()
    ran = acme.simulate("--base-url", served.url, "--namespace", namespace, "--recsim-seed-only", *ADMIN)
    assert ran.code == 4, ran.text
    assert log.writes == []
    assert not acme.left_behind


def test_a_mistake_that_shows_after_the_service_was_changed_is_no_exit_code_4(
    acme: Project, served: Served, namespace: str
) -> None:
    before = config(served)
    ran = acme.simulate("--base-url", served.url, "--namespace", namespace, *ADMIN, "no_such_file.py")
    assert served.count("POST", CONFIG) in (0, 2)
    assert ran.code == (1 if served.count("POST", CONFIG) else 4), ran.text
    assert "no_such_file.py" in ran.text
    assert config(served) == before
    assert notes(acme) == []


@pytest.mark.long
def test_several_processes_that_do_not_share_the_document_are_told_after_a_write_so_not_with_4(
    acme: Project, two_in_one: str
) -> None:
    ran = acme.simulate("--base-url", two_in_one, *ADMIN, "-k", "coverage")
    assert "several processes that do not share it" in ran.err
    assert "hence not exit code 4" in ran.err
    assert ran.code == 1, ran.text
    org = {"X-Org-ID": "00000000-0000-0000-0000-000000000001"}
    for _ in range(4):
        answer = httpx.get(two_in_one + CONFIG, headers=org, trust_env=False)
        assert answer.json()["config"]["mmr_lambda"] == 0.35
    assert notes(acme) == []


@pytest.fixture
def two_in_one(tmp_path: Path) -> Iterator[str]:
    """Two services behind one address that take turns."""
    from service.service_fakes import Reply, Server

    behind = [serve(tmp_path), serve(tmp_path)]
    turn = iter(range(10**6))

    def forward(request):
        url = behind[next(turn) % 2 if request.path == CONFIG else 0][1].url
        answer = httpx.request(
            request.method,
            url + request.path,
            params=request.query,
            json=request.body,
            headers={"X-Org-ID": "00000000-0000-0000-0000-000000000001"},
            trust_env=False,
            timeout=LIMIT_S,
        )
        return Reply(answer.status_code, answer.json())

    server = Server(forward)
    yield server.url
    server.close()
    for process, _ in behind:
        stop(process)
