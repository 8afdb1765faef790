"""The tour in docs/stand-in.md works: its curl lines, run one after the other, get the answers that it shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import string
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from waiting import LIMIT_S

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "stand-in.md"
STEP = re.compile(r"<!-- tour -->\n```bash\n(curl .+?)\n```\n```json\n(.+?)\n```", re.DOTALL)
SERVE = re.compile(r"^recsim (serve --port 8080 --now \S+)$", re.MULTILINE)
EXPORT = re.compile(r'^export RECSYS=(\S+) ORG="(.+)"$', re.MULTILINE)


def by_curl(line, names):
    """Run a line as the reader would."""
    shell = subprocess.run(["bash", "-c", line], env=os.environ | names, capture_output=True, timeout=LIMIT_S)
    assert shell.returncode == 0, shell.stderr
    return shell.stdout


def by_urllib(line, names):
    """Do what curl would do with the options that the tour uses."""
    words = shlex.split(string.Template(line.replace("\\\n", " ")).substitute(names))
    assert words.pop(0) == "curl"
    url, headers, data = "", {}, None
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            data = words.pop(0).encode()
        elif word != "-s":
            assert not word.startswith("-"), f"an option that this test does not know: {word}"
            url = word
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, data, headers), timeout=LIMIT_S) as answer:
        return answer.read()


def holds(shown, sent):
    """Tell whether an answer holds what the page shows of it; lists are shown in full length."""
    if isinstance(shown, dict) and isinstance(sent, dict):
        return all(name in sent and holds(value, sent[name]) for name, value in shown.items())
    if isinstance(shown, list) and isinstance(sent, list):
        return len(shown) == len(sent) and all(map(holds, shown, sent))
    if isinstance(shown, float) and isinstance(sent, float):
        return sent == pytest.approx(shown, abs=5e-4)
    return shown == sent


@pytest.fixture
def tour_names():
    """Start the service as the page says, on a free port, and return the variables that the page exports."""
    text = PAGE.read_text()
    words = SERVE.search(text)[1].replace("8080", "0").split()
    _, org = EXPORT.search(text).groups()
    command = [sys.executable, "-m", "pytest_recsim.cli", *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            port = json.loads(process.stdout.readline())["port"]
            yield {"RECSYS": f"http://127.0.0.1:{port}", "ORG": org, "no_proxy": "127.0.0.1"}
        finally:
            process.terminate()


@pytest.mark.parametrize("run", [by_urllib, by_curl])
def test_the_tour_gets_the_answers_that_it_shows(run, tour_names):
    if run is by_curl and not (shutil.which("curl") and shutil.which("bash")):
        pytest.skip("there is no curl here; the same lines are run without it")
    steps = STEP.findall(PAGE.read_text())
    assert len(steps) >= 9
    for line, shown in steps:
        sent = json.loads(run(line, tour_names))
        assert holds(json.loads(shown), sent), (line, sent)


def test_an_answer_that_is_not_as_shown_is_noticed():
    assert holds({"a": [{"b": 1.0}]}, {"a": [{"b": 1.0001, "c": 2}], "d": 3})
    for sent in ({}, {"a": []}, {"a": [{"b": 1.1}]}, {"a": [{"b": 1.0}, {"b": 1.0}]}, {"a": {"b": 1.0}}):
        assert not holds({"a": [{"b": 1.0}]}, sent)
