"""Twelve secrets in twelve places: none of them is in anything that a run prints or leaves, however the run ends."""

from __future__ import annotations

import base64
import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from plugin_indiscreet import LEAKING, indiscreet
from plugin_shop import LIMIT_S, Project, Ran, Served, children, eventually, gone

SECRETS = {
    "the API key": "zq-api-key-0001",
    "the proxy's password": "zq/proxy@word-0002",
    "the other proxy's password": "zq-other-proxy-0003",
    "an option of the restart command": "zq-option-0004",
    "a URL in the restart command": "zq-restart-url-0005",
    "a variable in the restart command": "zq-variable-0006",
    "a bare word of the restart command": "zq-bare-word-0007",
    "the env file's database": "zq-database-0008",
    "the env file's key": "zq-llm-key-0009",
    "the service's own configuration": "zq-own-config-0010",
    "a URL that CI puts into the environment": "zq-git-url-0011",
    "a token of the CI": "zq-ci-token-0012",
}
RESTART = """\
import os, sys
print("restarting with", *sys.argv, open("api.env").read(), file=sys.stderr)
print("failed:", *sys.argv[1:], open("api.env").read().replace("\\n", " "), file=sys.stderr)
sys.exit(int(open("code").read()))
"""
ENDS = {
    "pass": "    check.at_least('fine', 1, 0)\n",
    "fail": """\
    everything = {name: value for name, value in os.environ.items()}
    print(everything, sim.plan)
    logging.warning("%s", everything)
    warnings.warn(UserWarning(os.environ["HTTP_PROXY"]))
    proxy, key, short = os.environ["HTTP_PROXY"], os.environ["RECSYS_API_KEY"], {"x": "y" * 200, **everything}
    raise ValueError(f"{proxy} {key} {everything}")
""",
    "refused": f"    sim.recommend(sim.sample(per_segment=1), surface={LEAKING!r})\n",
    "crash": "    check.at_least('fine', 1, 0)\n",
    "killed": "    sim.quality\n    time.sleep(300)\n",
}
HOOK = """
import os
def pytest_runtest_logreport(report):
    everything = dict(os.environ)
    raise RuntimeError(f"{everything}")
"""


@dataclass(frozen=True)
class Place:
    """A project with all the secrets in their places, in front of a service that repeats them."""

    project: Project
    words: tuple[str, ...]
    env: dict[str, str]
    scratch: Path

    def run(self, *more: str) -> Ran:
        return self.project.simulate(*self.words, *more, env=self.env)


def loud(folder: Path, ran: Ran, own: tuple[Path, ...]) -> list[tuple[str, str]]:
    """Return every secret that can be read, with where."""
    texts = {"stdout": ran.out, "stderr": ran.err}
    for path in folder.rglob("*"):
        if path.is_file() and path not in own:
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            texts[str(path.relative_to(folder))] = content.decode("utf-8", "replace")
    assert len(texts) > 2
    return [
        (name, where)
        for where, text in texts.items()
        for name, secret in SECRETS.items()
        for form in (secret, quote(secret, safe=""), base64.b64encode(f"joe:{secret}".encode()).decode())
        if form in text
    ]


@pytest.fixture
def place(acme: Project, served: Served, tmp_path: Path) -> Iterator[Place]:
    key, proxy, other, option, url, variable, word, database, llm, config, git, token = SECRETS.values()
    acme.write("restart.py", RESTART)
    acme.write("code", "0")
    acme.write(
        "api.env",
        f"DATABASE_URL=postgres://recsys:{database}@db/recsys\nLLM_API_KEY='{llm}'\nAPI_PORT=80\nLLM_ENABLED=true\n",
    )
    (scratch := tmp_path / "scratch").mkdir()
    own = {"llm_api_key": config, "dsn": f"postgres://svc:{config}@db"}
    with indiscreet(own) as server:
        port = server.server_address[1]
        command = f"{sys.executable} restart.py --db-password {option} https://ops:{url}@host/x DEPLOY_TOKEN={variable} {word}"
        env = {
            "RECSYS_API_KEY": key,
            "HTTP_PROXY": f"http://joe:{quote(proxy, safe='')}@127.0.0.1:{port}",
            "HTTPS_PROXY": f"http://joe:{other}@127.0.0.1:{port}",
            "JENKINS_URL": "https://ci.example/",
            "GIT_URL": f"https://ci:{git}@git.example/x.git",
            "CI_JOB_TOKEN": token,
            "TMPDIR": str(scratch),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        }
        words = (
            *("--base-url", served.url, "--recsim-apply", "env-file", "--recsim-env-file=api.env"),
            *("--recsim-restart-command", command, "--namespace", f"ns-{abs(hash(tmp_path)):x}"),
            *(
                "--junitxml=junit.xml",
                "--html=page.html",
                "--self-contained-html",
                "-vv",
                "-l",
                "--full-trace",
            ),
            *("-k", "profile or coverage or leak", "-rA", "--env-override", "MMR_LAMBDA=0.35"),
        )
        yield Place(acme, words, env, scratch)
        assert server.heard["Proxy-Authorization"]  # type: ignore[attr-defined]
        assert server.heard["X-Api-Key"] == key  # type: ignore[attr-defined]


def prepared(place: Place, kind: str) -> tuple[Path, ...]:
    """Write the scenario that ends the run in this way; return the files that may hold secrets."""
    head = "import logging, os, time, warnings\n\ndef test_leak(sim, check):\n"
    place.project.scenario("leak", head + ENDS[kind])
    if kind == "crash":
        place.project.write("conftest.py", HOOK)
    if kind == "fail":  # a warning is to be told here, not raised
        place.project.write("pytest.ini", "[pytest]\njunit_logging = all\n")
    folder = place.project.folder
    return (folder / "api.env", folder / "api.env.recsim-backup")


def notes(place: Place) -> list[Path]:
    """The notes of what is changed on a service: they hold its configuration, to bring it back."""
    found = list(place.project.folder.glob("reports/.recsim/changed-*.json"))
    assert [path.stat().st_mode & 0o777 for path in found] == [0o600]
    return found


CODES = {"pass": 0, "fail": 1, "refused": 1, "crash": 3}
TWO = ("-n", "2")


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "workers"),
    [
        ("pass", ()),
        ("fail", ()),
        ("crash", ()),
        ("refused", ()),
        ("pass", TWO),
        ("fail", TWO),
        ("crash", TWO),
    ],
)
def test_no_secret_is_in_what_a_run_prints_or_leaves(
    place: Place, tmp_path: Path, kind: str, workers: tuple[str, ...]
) -> None:
    own = prepared(place, kind)
    ran = place.run(*workers)
    assert ran.code == CODES[kind], ran.text
    assert "********" in (
        ran.text if kind != "pass" else ran.text + (tmp_path / "shop" / "page.html").read_text()
    )
    assert "\x1b[2J" not in ran.text
    assert loud(tmp_path, ran, own) == []


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_no_secret_is_in_what_a_killed_run_leaves(place: Place, tmp_path: Path) -> None:
    own = prepared(place, "killed")
    process = subprocess.Popen(
        place.project.command("--customer", "acme", *place.words, *TWO),
        cwd=place.project.folder,
        env=place.project.environment(place.env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        eventually(
            lambda: (
                process.poll() is not None or list(place.scratch.glob("recsim-run-*/**/prepared.msgpack"))
            ),
            2 * LIMIT_S,
        )
        assert process.poll() is None
    finally:
        others = children(process.pid)
        process.kill()
        for pid in others:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        out, err = process.communicate(timeout=LIMIT_S)
    eventually(lambda: gone(others))
    assert loud(tmp_path, Ran(-9, out, err), (*own, *notes(place))) == []


@pytest.mark.long
def test_no_secret_is_in_the_sentence_about_a_restart_that_failed(place: Place, tmp_path: Path) -> None:
    own = prepared(place, "pass")
    place.project.write("code", "1")
    ran = place.run()
    assert ran.code in (4, 10), ran.text
    assert "restart.py --db-password ********" in ran.text
    assert "(failed: --db-password ********" in ran.text
    assert loud(tmp_path, ran, (*own, *notes(place))) == []


def test_a_password_in_the_base_url_is_refused_and_not_shown(acme: Project, tmp_path: Path) -> None:
    password = quote(SECRETS["the proxy's password"], safe="")
    url = f"http://joe:{password}@127.0.0.1:1"
    ran = acme.simulate("--base-url", url, "-v", "-l", "--full-trace", "--recsim-dry-run")
    assert ran.code == 4, ran.text
    assert "carries a user name or password" in ran.text
    assert loud(tmp_path, ran, ()) == []


def test_a_password_in_the_base_url_of_other_tests_is_not_shown(acme: Project, tmp_path: Path) -> None:
    env = {"PYTEST_BASE_URL": f"https://joe:{SECRETS['the API key']}@web.example"}
    ran = acme.simulate("--recsim-dry-run", "-v", "--html=page.html", env=env)
    assert ran.code == 0, ran.text
    assert "baseurl: https://********@web.example" in ran.out
    assert "web.example" in (acme.folder / "page.html").read_text()
    assert loud(tmp_path, ran, ()) == []


@pytest.mark.long
def test_a_proxy_that_cannot_be_one_is_a_sentence_without_its_password(
    acme: Project, served: Served, tmp_path: Path
) -> None:
    password = SECRETS["the other proxy's password"]
    env = {"HTTP_PROXY": f"http://joe:{password}#x@127.0.0.1:9"}
    ran = acme.simulate("--base-url", served.url, "-l", "--full-trace", env=env)
    assert ran.code == 4, ran.text
    assert "one of these variables holds no URL of a proxy" in ran.err
    assert loud(tmp_path, ran, ()) == []
