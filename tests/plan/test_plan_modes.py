"""Apply modes: one entry says everything that others need to know of one."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType

import pytest

import pytest_recsim
from pytest_recsim import plan_for
from pytest_recsim.apply import change
from pytest_recsim.apply.journal import Entry, ForeignNoteError, Journal
from pytest_recsim.apply.reach import reaches, request_overrides
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.plan import model, modes, numbers, profile, reach
from pytest_recsim.plan.modes import MODES, ON_SERVICES, Mode

ROOT = Path(pytest_recsim.__file__).parent
FIXTURE = ROOT.parent / "fixtures" / "customers" / "customer_a.json"
SERVICE = "http://127.0.0.1:9"


def test_a_mode_that_changes_a_service_has_who_takes_it_back_and_no_other_has():
    assert {mode.name for mode in MODES.values() if mode.changes} == set(change._ACTS)


def test_a_note_of_every_mode_that_changes_a_service_can_be_read_back_and_of_no_other(tmp_path):
    for mode in MODES.values():
        journal = Journal.of(tmp_path / mode.name, SERVICE)
        journal.write(Entry(mode=mode.name, url=SERVICE, org_id="o", run_id="r", written_at="2026-01-01"))
        if mode.changes:
            assert journal.read().mode == mode.name
            continue
        with pytest.raises(ForeignNoteError, match=f"apply mode `{mode.name}` changes no service"):
            journal.read()


def test_a_mode_that_starts_a_service_carries_every_knob_and_one_that_changes_nothing_restarts_nothing():
    for mode in MODES.values():
        assert not mode.started or all(mode.carries(knob, 1) for knob in KNOBS.values())
        assert mode.changes or not mode.restarts
        assert not (mode.stand_in_only and mode.running_only)


@pytest.mark.parametrize(("value", "taken"), [(True, False), (False, True)])
def test_the_admin_document_switches_rules_off_and_not_on(value, taken):
    knob = KNOBS["RULES_ENABLE"]
    assert MODES["admin"].carries(knob, value)
    assert MODES["admin"].takes(knob, value) is taken
    assert MODES["env-file"].takes(knob, value)


@pytest.fixture
def with_a_mode_of_ones_own(monkeypatch):
    """A mode that sends one knob only, as somebody would add it: one entry."""
    own = Mode(
        "lambda", "sends lambda", "one", "nothing", lambda knob, _: knob.name == "MMR_LAMBDA", sent=True
    )
    table = MappingProxyType({**MODES, own.name: own})
    for module in (modes, model, numbers, profile, reach):
        monkeypatch.setattr(module, "MODES", table)
    return own


def test_an_entry_is_all_that_a_mode_of_requests_needs(with_a_mode_of_ones_own, tmp_path):
    plan = plan_for("shop", root=tmp_path, fixture_path=FIXTURE, base_url=SERVICE, apply="lambda")
    assert plan.mode is with_a_mode_of_ones_own
    assert [name for name in plan.knobs if reaches(plan, name)] == ["MMR_LAMBDA"]
    assert set(request_overrides(plan)) == {"mmr_lambda"}


def test_an_unknown_mode_is_told_with_those_that_there_are(tmp_path):
    with pytest.raises(
        InputError, match=r"must be one of env, request, admin, env-file, none; did you mean `admin`"
    ):
        plan_for("shop", root=tmp_path, fixture_path=FIXTURE, apply="adnin")


def test_modes_of_the_stand_in_are_no_choice_for_a_service(tmp_path):
    with pytest.raises(InputError, match="must be one of request, admin, env-file, none"):
        plan_for("shop", root=tmp_path, fixture_path=FIXTURE, base_url=SERVICE, apply="env")
    assert [mode.name for mode in ON_SERVICES] == ["request", "admin", "env-file", "none"]


def test_nobody_else_asks_for_a_mode_by_its_name():
    asking = re.compile(r"(==|!=|\bin\b)[^#\n]*[\"'](env|request|admin|env-file|none)[\"']")
    rooms = [path for path in ROOT.rglob("*.py") if "standin" not in path.parts]
    assert len(rooms) > 200
    found = [
        f"{path.name}: {line.strip()}"
        for path in rooms
        for line in path.read_text().splitlines()
        if asking.search(line)
    ]
    assert found == []
