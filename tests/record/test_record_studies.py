"""Studies lie beside the runs of their customer, and nobody who reads runs stumbles over them."""

from __future__ import annotations

import shutil

import pytest
from kept_runs import run_at

from pytest_recsim.cli.main import main
from pytest_recsim.compare.sides import find_run
from pytest_recsim.compare.sound import sound_runs
from pytest_recsim.record.previous import earlier, finished_runs
from pytest_recsim.record.trend import known
from pytest_recsim.simulation.bundle.folders import bundle_at, bundles_in, run_named, simulations_of


@pytest.fixture
def reports(tmp_path):
    """Two runs of acme, and a study with a whole run inside, which is no run of acme's history."""
    runs = [run_at(tmp_path, day) for day in (0, 1)]
    for name in ("tune_20261128T221500Z", "tune_20261128T221500Z-2"):
        study = tmp_path / "acme" / name
        (study / "charts").mkdir(parents=True)
        (study / "study.json").write_text("{}", encoding="utf-8")
        shutil.copytree(runs[1].root, study / "suites" / "verdict-start" / "acme" / "20261129T120000Z")
    (tmp_path / "acme" / "verdict_looks.jsonl").write_text("{}\n", encoding="utf-8")
    return tmp_path


def test_readers_of_runs_see_the_runs_alone(reports):
    names = ["20261120T120000Z", "20261121T120000Z"]
    folder = reports / "acme"
    assert [one.root.name for one in bundles_in(folder)] == names
    assert [one.root.name for one in finished_runs(folder)] == names[::-1]
    assert earlier(bundle_at(folder / names[1])).root.name == names[0]
    assert find_run(folder).name == names[1]
    assert [run.bundle for run in known(reports, "acme", ["acme"])[0]] == [f"acme/{name}" for name in names]
    assert {one for run in sound_runs([reports]) for one in (read.where for read in run.runs)} == {
        str(folder / name) for name in names
    }
    assert simulations_of(reports, "acme") == ["acme"]
    for asked in ("latest", "acme", str(folder), str(reports)):
        assert run_named(asked, reports).root.name == names[1]


def test_the_history_of_a_customer_is_the_same_with_and_without_studies(reports, capsys):
    assert main(["history", "acme", "--reports-dir", str(reports)]) == 0
    told = capsys.readouterr().out
    for study in (reports / "acme").glob("tune_*"):
        shutil.rmtree(study)
    assert main(["history", "acme", "--reports-dir", str(reports)]) == 0
    assert capsys.readouterr().out == told
    assert "tune_" not in told
