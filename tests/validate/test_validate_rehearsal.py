"""A rehearsal settles what only the service's answers can tell, and nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec
import pytest
from foretold_run import held
from foretold_sets import SETS

from pytest_recsim.validate.model import Carried, Shape, Split
from pytest_recsim.validate.needing import Foretold
from pytest_recsim.validate.page import lines_of
from pytest_recsim.validate.rehearsal import DONE, Run, rehearsed
from pytest_recsim.validate.validating import Validated

SURE = Foretold(check="S1", status="measured", likely="measured")
OPEN = Foretold(check="S4", status="depends", likely="measured", reason="no tags are shared")


def carried(*checks: Foretold) -> Carried:
    return Carried(customer="acme", profile="prod", checks=checks)


def test_where_nothing_is_open_nothing_is_run(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it was run"))
    one = carried(SURE)
    assert rehearsed(one, Run("acme", tmp_path, tmp_path, {})) is one


@pytest.mark.long
def test_a_rehearsal_that_comes_to_no_end_leaves_what_was_foretold_and_says_why(tmp_path):
    (tmp_path / "broken.json").write_text("{")
    told = rehearsed(carried(SURE, OPEN), Run("acme", tmp_path / "broken.json", tmp_path, {}))
    assert told.checks == (SURE, OPEN)
    assert told.rehearsal.startswith("the rehearsal came to no end (exit code 4): ")
    assert "broken.json" in told.rehearsal


def test_an_interrupted_rehearsal_leaves_no_files(tmp_path, monkeypatch):
    places = []

    def interrupted(*_, env, **__):
        places.append(Path(env["TMPDIR"]))
        (places[0] / "half").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rehearsed(carried(OPEN), Run("acme", tmp_path, tmp_path, {}))
    assert not places[0].exists()


@pytest.mark.parametrize(
    ("rehearsal_said", "shown"),
    [("", "--rehearse runs the suite"), ("the rehearsal left no record: x", "left no record: x"), (DONE, "")],
    ids=["not asked for", "in vain", "done"],
)
def test_the_page_says_what_a_rehearsal_would_tell_or_why_it_told_nothing(rehearsal_said, shown):
    checks = (SURE, OPEN)
    one = Carried(customer="acme", profile="prod", checks=checks, rehearsal=rehearsal_said)
    lines = rehearsal_lines(one)
    assert any(shown in line for line in lines) if shown else not any("rehears" in line for line in lines)


def rehearsal_lines(one: Carried) -> list[str]:
    split = Split(at="0.75", first="", cut="", last="", seeded=0, held_out=0, older=0, judged=0)
    names = ["items", "available", "with_events", "priced", "branded", "categorised", "tagged", "margined"]
    shape = Shape(**dict.fromkeys(names, 0), gini=None, top={})
    whole = msgspec.structs.replace(one, split=split, shape=shape)
    return list(lines_of(Validated(path="acme.json", kind="data set", carries=(whole,))))


@pytest.mark.long
@pytest.mark.parametrize("name", ["retail-1", "catalogue-18"])
def test_after_a_rehearsal_every_check_is_said_for_sure_and_a_run_says_the_same(name, tmp_path):
    found = held(SETS[name], tmp_path, rehearse=True)
    assert found.open == []
    assert found.unlike == []
    assert any(one.rehearsed for one in found.foretold.values())
