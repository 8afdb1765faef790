"""The `recsim` command: what it makes, and how it refuses (one sentence, exit code 4, nothing half-written)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request

import pytest
import yaml
from waiting import LIMIT_S

from pytest_recsim.cli import main
from pytest_recsim.data.fixtures.fixture import load_fixture


def test_generate_writes_a_fixture_that_loads(tmp_path, capsys):
    out = tmp_path / "acme.json"
    words = ["generate", "retail", "--seed", "5", "--items", "60", "--users", "40", "--events", "900"]
    assert main([*words, "--out", str(out)]) == 0
    assert len(load_fixture(out).events) == 900
    assert "60 items, 40 users, 900 events" in capsys.readouterr().out


def test_an_existing_file_is_not_overwritten_unless_asked(tmp_path, capsys):
    out = tmp_path / "acme.json"
    out.write_text("mine")
    words = ["generate", "retail", "--seed", "5", "--items", "60", "--users", "40", "--events", "900"]
    assert main([*words, "--out", str(out)]) == 4
    assert out.read_text() == "mine"
    assert "acme.json" in capsys.readouterr().err
    assert main([*words, "--out", str(out), "--force"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["generate", "retial", "--seed", "1", "--out", "x"], "did you mean `retail`?"),
        (["generate", "retail", "--seed", "one", "--out", "x"], "--seed: 'one' is not a valid integer"),
        (["import", "movielens", "/nowhere/at/all", "--out", "x"], "/nowhere/at/all"),
        (["report", "/nowhere/at/all"], "simulation_metadata.json"),
        (["schema", "fixtur"], "did you mean `fixture`?"),
        (["serve", "--env-profile", "prdo"], "did you mean `prod`?"),
        (["serve", "--env-override", "MMR_LAMBDA=7"], "MMR_LAMBDA"),
        (["generate", "retail", "--sed", "1"], "did you mean `--seed`?"),
        (["generate", "retail", "--out", "x"], "--seed is missing"),
        (["generate", "retail", "--seed", "1", "--out", "x.csv"], "must end in .json or .json.gz"),
        (["generate"], "TEMPLATE is missing"),
        (["generate", "retail", "--seed"], "recsim generate: option '--seed' requires an argument"),
        (["report", "a", "b"], "recsim report: got unexpected extra argument (b)"),
        (["import", "movilens"], "did you mean `movielens`?"),
        (["import"], "recsim import: COMMAND is missing"),
        (["completion", "bahs"], "did you mean `bash`?"),
        (["dance"], "there is no command `dance`"),
        (["generat"], "did you mean `generate`?"),
        (["a\nb"], "there is no command `a\\nb`"),
        (["\udcff"], "there is no command `\\udcff`"),
        (["report", "x", "y" * 5000], "y..."),
        ([], "COMMAND"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_with_exit_code_4(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 4
    out, shown = capsys.readouterr()
    assert out == ""
    assert said in shown.splitlines()[-1]
    assert "Traceback" not in shown
    assert list(tmp_path.iterdir()) == []


def test_every_published_schema_is_printed_as_json(capsys):
    assert main(["schema"]) == 0
    names = set(capsys.readouterr().out.split())
    assert {"fixture", "guardrails", "openapi"} <= names
    for name in names - {"openapi"}:
        assert main(["schema", name]) == 0
        assert json.loads(capsys.readouterr().out)["$schema"]


def test_the_stand_ins_openapi_document_is_printed_as_yaml(capsys):
    assert main(["schema", "openapi"]) == 0
    document = yaml.safe_load(capsys.readouterr().out)
    assert document["openapi"].startswith("3.1")
    assert "/v1/recommendations" in document["paths"]


def test_serve_answers_with_the_profiles_knobs_until_it_is_interrupted(tmp_path):
    command = [sys.executable, "-m", "pytest_recsim.cli", "serve", "--env-override", "BRAND_CAP=7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        port = json.loads(process.stdout.readline())["port"]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/admin/recommendation/config",
            headers={"X-Org-ID": "00000000-0000-0000-0000-000000000001"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=LIMIT_S) as answer:
                assert json.load(answer)["config"]["brand_cap"] == 7
            process.send_signal(signal.SIGINT)
            assert process.wait(LIMIT_S) == 0
        finally:
            process.kill()
