"""Profiles that change a whole service: in effect during the run, taken back after any end of it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from kept_port import kept_port
from plugin_shop import (
    HERE,
    LIMIT_S,
    SLOW,
    Project,
    Record,
    Served,
    Shown,
    end,
    environment,
    eventually,
    gone,
    reported,
)

from pytest_recsim.apply.journal import Journal
from pytest_recsim.data.profiles.profiles import load_profile, packaged_profiles

CONFIG = "/v1/admin/recommendation/config"
ADMIN = ("--recsim-apply", "admin", "--env-override", "MMR_LAMBDA=0.77", "--env-override", "BRAND_CAP=4")


def config(served: Served) -> dict:
    return served.ask("GET", CONFIG)["config"]


@pytest.fixture
def place(served: Served, namespace: str) -> tuple[str, ...]:
    return ("--base-url", served.url, "--namespace", namespace)


# --- admin ---


def test_admin_sets_the_document_for_the_run_and_restores_it(
    acme: Project, served: Served, place: tuple[str, ...]
) -> None:
    before = config(served)
    ran = acme.simulate(*place, *ADMIN, "-k", "profile or coverage")
    assert ran.code == 0, ran.text
    assert "that changes the service for every tenant until the end of this run" in ran.out
    rows = {row["knob"]: row for row in acme.bundle().metadata["profile"]["knobs"]}
    assert (rows["MMR_LAMBDA"]["in_effect"], rows["MMR_LAMBDA"]["status"]) == ("0.77", "in effect")
    assert (rows["BRAND_CAP"]["in_effect"], rows["BRAND_CAP"]["seen_in"]) == ("4", "admin config")
    assert rows["PROFILE_STARTER_DECAY_EVENTS"]["status"] == "unknown", (
        "no document holds it and no answer shows it"
    )
    assert config(served) == before
    assert served.count("POST", CONFIG) == 2
    assert list((acme.folder / "reports" / ".recsim").iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_restores_the_document(
    acme: Project, served: Served, place: tuple[str, ...], number: signal.Signals
) -> None:
    before = config(served)
    acme.scenario("slow", SLOW)
    process = acme.start(*place, *ADMIN, "-k", "slow")
    eventually(reported(acme))
    assert config(served)["mmr_lambda"] == 0.77
    end(process, number)
    assert config(served) == before


@pytest.mark.long
def test_after_kill_9_the_next_start_restores_the_document_first(
    acme: Project, served: Served, place: tuple[str, ...]
) -> None:
    before = config(served)
    acme.scenario("slow", SLOW)
    process = acme.start(*place, *ADMIN, "-k", "slow")
    eventually(reported(acme))
    end(process, signal.SIGKILL)
    assert config(served)["mmr_lambda"] == 0.77, "nobody was left to restore it"
    again = acme.simulate(*place, "-k", "coverage")
    assert again.code == 0, again.text
    assert config(served) == before
    newest = Record(acme.bundles()[-1])
    assert any("took back what run" in note for note in newest.metadata["notes"])


@pytest.mark.long
def test_recsim_restore_does_it_without_a_run(acme: Project, served: Served, place: tuple[str, ...]) -> None:
    before = config(served)
    acme.scenario("slow", SLOW)
    process = acme.start(*place, *ADMIN, "-k", "slow")
    eventually(reported(acme))
    end(process, signal.SIGKILL)
    words = [sys.executable, "-m", "pytest_recsim.cli", "restore"]
    done = subprocess.run(words, cwd=acme.folder, env=environment(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "has been reverted" in done.stdout
    assert config(served) == before


MEDDLER = """\
import httpx

def test_aa_meddle(sim, check):
    url, org = sim.context.url + "/v1/admin/recommendation/config", {"X-Org-ID": sim.plan.org_id.value}
    document = httpx.get(url, headers=org, trust_env=False).json()["config"] | {"brand_cap": 9}
    httpx.post(url, json={"config": document}, headers=org, trust_env=False).raise_for_status()
    check.at_least("fine", 1, 0)
"""


@pytest.mark.long
def test_a_member_that_somebody_else_changes_meanwhile_is_left_to_them_and_ours_goes_back(
    acme: Project, served: Served, place: tuple[str, ...]
) -> None:
    before = config(served)
    acme.scenario("meddle", MEDDLER)
    ran = acme.simulate(*place, *ADMIN, "-k", "profile or meddle")
    try:
        assert ran.code == 10, ran.text
        record = acme.bundle()
        assert record.outcomes["profile"] == "failed"
        assert "changed by somebody else: brand_cap" in record.event("profile")["sentence"]
        sentence = "left as it is: brand_cap is 9, should be 2. `recsim restore --overwrite` brings back"
        assert sentence in ran.out
        assert any(sentence in note for note in record.metadata["notes"])
        assert "exit code 10: a service is not, or may not be, what it was before" in ran.err
        assert config(served) == before | {"brand_cap": 9}
        assert restored(acme)[0] == 10
        refused = acme.simulate(*place, *ADMIN, "-k", "coverage")
        assert refused.code == 10, refused.text
        assert "Only then can a run change the service again." in refused.err
        code, said = restored(acme, "--overwrite")
        assert code == 0, said
        assert config(served) == before
    finally:
        served.ask("POST", CONFIG, {"config": before})


def restored(acme: Project, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest_recsim.cli", "restore", *words]
    done = subprocess.run(command, cwd=acme.folder, env=environment(), capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_a_run_that_is_refused_changes_nothing(acme: Project, served: Served, namespace: str) -> None:
    row = {"item_id": "theirs", "available": True}
    served.ask("POST", "/v1/items:upsert", {"namespace": namespace, "items": [row]})
    ran = acme.simulate("--base-url", served.url, "--namespace", namespace, *ADMIN)
    assert ran.code == 4, ran.text
    assert served.count("POST", CONFIG) == 0
    assert not acme.left_behind


# --- two runs at once ---


def together(one: Project, two: Project, served: Served, *words: str) -> list[Shown]:
    """Run two customers' suites at the same time on one service, in namespaces and with lambdas of their own."""
    running = [
        project.start("--base-url", served.url, "--namespace", name, "--env-override", knob, *words)
        for project, name, knob in (
            (one, f"one-{os.getpid()}", "MMR_LAMBDA=0.31"),
            (two, f"two-{os.getpid()}", "MMR_LAMBDA=0.83"),
        )
    ]
    shown = []
    for project, process in zip((one, two), running, strict=True):
        out, err = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0, out + err
        shown.append(Shown(project, subprocess.CompletedProcess([], 0, out, err)))
    return shown


def lambdas(shown: list[Shown]) -> list[str]:
    tables = [one.record.metadata["profile"]["knobs"] for one in shown]
    rows = [row for table in tables for row in table if row["knob"] == "MMR_LAMBDA"]
    assert {row["status"] for row in rows} == {"in effect"}
    return [row["in_effect"] for row in rows]


@pytest.mark.long
def test_two_runs_with_different_profiles_are_isolated_when_knobs_travel_with_requests(
    shops, served: Served
) -> None:
    shown = together(shops("a"), shops("b"), served, "-k", "profile or coverage or S4 or S10")
    assert lambdas(shown) == ["0.31", "0.83"]
    assert not any("waiting" in one.ran.stdout for one in shown)
    assert served.count("POST", CONFIG) == 0


@pytest.mark.long
def test_two_runs_that_change_the_service_go_one_after_the_other(shops, served: Served) -> None:
    before = config(served)
    words = ("--recsim-apply", "admin", "-k", "profile or coverage or S4 or S10")
    shown = together(shops("a"), shops("b"), served, *words)
    assert lambdas(shown) == ["0.31", "0.83"]
    said = sum("waiting for the end of that" in one.ran.stdout for one in shown)
    assert said <= 1, "a short wait is not told, and never do both wait"
    assert config(served) == before
    starts, ends = zip(*sorted(_span(one.record) for one in shown), strict=True)
    assert ends[0] <= starts[1], "one had ended before the other began"


def _span(record: Record) -> tuple[str, str]:
    times = [row["finished_at"] for row in record.events]
    return min(times), max(times)


# --- env-file ---


class Restarted:
    """A stand-in that a command restarts from its env file."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.file, self.pid_file = folder / "api.env", folder / "pid"
        knobs = load_profile(packaged_profiles() / "prod.env").environment
        self.old = "DATABASE_URL=secret\n" + "".join(f"{name}='{text}'\n" for name, text in knobs.items())
        self.file.write_text(self.old)
        script = HERE / "tests" / "plugin" / "plugin_restart.py"
        words = (sys.executable, script, self.file, port, self.pid_file)
        self.command = shlex.join(map(str, words))

    def restart(self) -> None:
        done = subprocess.run(shlex.split(self.command), env=environment(), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def end(self) -> None:
        """End the service if one runs, and wait for it."""
        if self.pid_file.exists():
            pid = int(self.pid_file.read_text())
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            eventually(lambda: gone([pid]))

    def lambda_(self) -> float:
        org = {"X-Org-ID": "00000000-0000-0000-0000-000000000001"}
        answer = httpx.get(self.url + CONFIG, headers=org, trust_env=False, timeout=LIMIT_S)
        return float(answer.json()["config"]["mmr_lambda"])


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[Restarted]:
    with kept_port() as port:
        found = Restarted(tmp_path, port)
        try:
            found.restart()
            assert found.lambda_() == 0.35
            yield found
        finally:
            found.end()


def env_file(restarted: Restarted, *words: str) -> tuple[str, ...]:
    return (
        "--base-url",
        restarted.url,
        "--recsim-apply",
        "env-file",
        f"--recsim-env-file={restarted.file}",
        "--recsim-restart-command",
        restarted.command,
        "--env-override",
        "MMR_LAMBDA=0.77",
        "--env-override",
        "NEW_USER_MMR_LAMBDA=0.66",
        *words,
    )


@pytest.mark.long
def test_env_file_restarts_the_service_with_every_knob_and_puts_the_file_back(
    acme: Project, restarted: Restarted
) -> None:
    ran = acme.simulate(*env_file(restarted, "-k", "profile or coverage"))
    assert ran.code == 0, ran.text
    rows = {row["knob"]: row for row in acme.bundle().metadata["profile"]["knobs"]}
    assert (rows["MMR_LAMBDA"]["in_effect"], rows["MMR_LAMBDA"]["status"]) == ("0.77", "in effect")
    assert (rows["NEW_USER_MMR_LAMBDA"]["in_effect"], rows["NEW_USER_MMR_LAMBDA"]["status"]) == (
        "0.66",
        "in effect",
    )
    assert {row["status"] for row in rows.values()} == {"in effect", "started with it"}
    assert restarted.file.read_text() == restarted.old
    assert restarted.lambda_() == 0.35
    kept = [path for path in acme.folder.rglob("*") if path.is_file() and "reports" in path.parts]
    assert not any(b"secret" in path.read_bytes() for path in kept)


@pytest.mark.long
def test_after_kill_9_the_next_start_puts_the_file_back(acme: Project, restarted: Restarted) -> None:
    acme.scenario("slow", SLOW)
    process = acme.start(*env_file(restarted, "-k", "slow"))
    eventually(reported(acme))
    end(process, signal.SIGKILL)
    assert "0.77" in restarted.file.read_text()
    again = acme.simulate(*env_file(restarted, "-k", "profile"))
    assert again.code == 0, again.text
    assert restarted.file.read_text() == restarted.old
    assert restarted.lambda_() == 0.35


@pytest.mark.long
def test_a_forged_note_is_told_at_the_start_of_a_run_and_writes_no_file(
    acme: Project, served: Served, place: tuple[str, ...], tmp_path: Path
) -> None:
    victim = tmp_path / "victim.env"
    victim.write_text("A=1\n")
    Path(f"{victim}.recsim-backup").write_text("EVIL=1\n")
    note = {"mode": "env-file", "url": served.url, "org_id": "o", "run_id": "r", "written_at": "then"}
    name = Journal.of(acme.folder / "reports", served.url).path.name
    path = acme.write(
        f"reports/.recsim/{name}",
        json.dumps(note | {"env_file": str(victim), "backup": f"{victim}.recsim-backup"}),
    )
    ran = acme.simulate(*place, "-k", "coverage")
    assert ran.code == 0, ran.text
    assert "does not carry the seal of this user on this machine" in ran.out
    assert any("does not carry the seal" in note for note in acme.bundle().metadata["notes"])
    refused = acme.simulate(*place, *ADMIN, "-k", "coverage")
    assert refused.code == 4, refused.text
    assert "Only then can a run change the service again." in refused.err
    assert restored(acme, "--env-file", str(victim), "--restart-command", "true")[0] == 10
    assert victim.read_text() == "A=1\n"
    assert path.exists()


# --- refusals ---


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--recsim-apply", "env-file"), "name it with --base-url"),
        pytest.param(("--recsim-apply", "admn"), "did you mean `admin`?", marks=pytest.mark.long),
        *(
            pytest.param(
                (*words, "--base-url", f"{scheme}://127.0.0.1:9"), says, marks=pytest.mark.long, id=says
            )
            for words, scheme, says in (
                (("--recsim-apply", "env-file"), "http", "--recsim-env-file: is missing"),
                (("--recsim-restart-command", "x"), "http", "works with --recsim-apply"),
                (("--recsim-ca", "pytest.ini"), "http", "at an https:// address"),
                (("--recsim-ca", "pytest.ini"), "https", "a PEM file of certificates"),
            )
        ),
    ],
)
def test_what_cannot_work_is_refused_on_paper(acme: Project, words: tuple[str, ...], says: str) -> None:
    ran = acme.simulate(*words)
    assert ran.code == 4, ran.text
    assert says in ran.err
    assert "Traceback" not in ran.text
    assert not acme.left_behind
