"""`recsim new`: everything that a customer needs or nothing at all; what is there is never touched, and all of it is told at once."""

from __future__ import annotations

import json
import os

import pytest
import yaml

from pytest_recsim.cli import main
from pytest_recsim.data.batches.manifest import load_manifest
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.guardrails.guardrails import load_guardrails
from pytest_recsim.plan import resolve
from pytest_recsim.plan.options import Options
from pytest_recsim.testing import shop
from pytest_recsim.workspace import new, write

WRITTEN = {
    "fixtures/batch_simulations.yaml",
    "fixtures/customers/acme.json",
    "guardrails.yml",
    "profiles/acme.env",
    "pytest.ini",
    "scenarios/test_customer_acme.py",
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, in which synthetic people are few."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(new, "SIZES", {"seed": 7, "items": 40, "users": 30, "events": 400})
    return folder


@pytest.fixture
def data(tmp_path):
    """A data set elsewhere."""
    path = tmp_path / "export.json"
    path.write_text(shop().text)
    return path


def files(folder):
    """Every file with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def told(capsys, *words, code=0):
    assert main(["new", *map(str, words)]) == code
    return capsys.readouterr()


def test_an_empty_folder_becomes_a_workspace_whose_plan_resolves(here, capsys):
    said = told(capsys, "acme").out
    assert set(files(here)) == WRITTEN
    assert all(f"{name}: " in said for name in WRITTEN)
    assert said.endswith("next: pytest --customer acme\nthen: recsim open acme\n")
    (plan,) = resolve.resolve(Options(customers=("acme",), root=here, here=here)).plans
    assert (plan.profile.value, plan.namespace.value) == ("acme", "acme")
    assert plan.fixture.users == 30


@pytest.mark.parametrize("blank", [b"", b"\n\n", b"# ours", b"\xef\xbb\xbf# ours\r\n\r\n"])
def test_files_that_hold_nothing_yet_are_filled_and_their_comments_stay(here, capsys, blank):
    names = ("guardrails.yml", "fixtures/batch_simulations.yaml")
    (here / "fixtures").mkdir()
    for name in names:
        (here / name).write_bytes(blank)
    told(capsys, "acme")
    told(capsys, "bolt")
    assert all((here / name).read_bytes().startswith(blank) for name in names)
    assert list(load_guardrails(here / names[0]).customers) == ["acme", "bolt"]
    assert [run.customer for run in load_manifest(here / names[1]).runs] == ["acme", "bolt"]


def test_a_second_customer_comes_into_the_same_files(here, capsys):
    told(capsys, "acme")
    guardrails = here / "guardrails.yml"
    guardrails.write_text(guardrails.read_text() + "    # waivers: none yet\n")
    before = guardrails.read_text()
    told(capsys, "acme-films", "--template", "media")
    assert guardrails.read_text().startswith(before)
    customers = load_guardrails(guardrails).customers
    assert [waiver.check for waiver in customers["acme-films"].waivers] == ["S9"]
    runs = yaml.safe_load((here / "fixtures/batch_simulations.yaml").read_text())["runs"]
    assert runs == [{"customer": "acme"}, {"customer": "acme-films"}]
    batch = Options(customers=(), batch_file="fixtures/batch_simulations.yaml", root=here, here=here)
    assert len(resolve.resolve(batch).plans) == 2


def test_data_from_elsewhere_are_copied_byte_for_byte(here, data, capsys):
    told(capsys, "acme", "--from", data)
    assert (here / "fixtures/customers/acme.json").read_bytes() == data.read_bytes()
    assert "packaged profile prod" in (here / "profiles/acme.env").read_text().splitlines()[0]


def test_data_of_the_workspace_are_used_where_they_lie(here, data, capsys):
    (here / "data").mkdir()
    data.rename(here / "data/acme.json")
    told(capsys, "acme", "--from", "data/acme.json")
    assert "fixtures/customers/acme.json" not in files(here)
    assert (
        load_guardrails(here / "guardrails.yml").customers["acme"].fixture.resolve()
        == here / "data/acme.json"
    )


def test_a_folder_of_data_is_copied_as_a_folder(here, tmp_path, capsys):
    folder = tmp_path / "export"
    folder.mkdir()
    for kind, rows in shop().document.items():
        (folder / f"{kind}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    told(capsys, "acme", "--from", folder)
    entry = load_guardrails(here / "guardrails.yml").customers["acme"]
    assert load_fixture(entry.fixture).sha256 == load_fixture(folder).sha256


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(here, capsys):
    said = told(capsys, "acme", "--dry-run").out
    assert all(f"would write {name}: " in said for name in WRITTEN)
    assert "\n    env_profile: acme\n" in said
    assert files(here) == {}


def test_whatever_is_there_already_is_told_at_once_and_nothing_is_written(here, data, capsys):
    told(capsys, "acme")
    before = files(here)
    said = told(capsys, "acme", "--from", data, code=4).err
    places = [name for name in WRITTEN if name != "pytest.ini"]
    assert [name for name in places if name not in said] == []
    assert files(here) == before
    told(capsys, "acme", "--dry-run", code=4)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Acme"], "CUSTOMER: `Acme`: must be lower-case letters"),
        (["../up"], "CUSTOMER: `../up`: must be"),
        (["batches"], "is the folder of batch summaries"),
        (["a" * 201], "must be up to 200"),
        (["acme", "--template", "retial"], "did you mean `retail`?"),
        (["acme", "--template", "retail", "--from", "x"], "leave it out"),
        (["acme", "--from", "nowhere.json"], "nowhere.json"),
        ([], "CUSTOMER is missing"),
    ],
)
def test_what_cannot_be_is_one_sentence(here, capsys, words, said):
    shown = told(capsys, *words, code=4).err
    assert said in shown
    assert shown.count("\n") == 1
    assert files(here) == {}


def test_two_customers_never_share_a_namespace(here, capsys):
    (here / "guardrails.yml").write_text("customers:\n  a-b: {}\n")
    assert "`a-b` has the namespace `a_b`, which `a.b` would have" in told(capsys, "a.b", code=4).err


def test_what_is_no_folder_and_a_link_that_leads_nowhere_are_in_the_way_too(here, capsys):
    (here / "profiles").touch()
    (here / "guardrails.yml").symlink_to(here / "nowhere.yml")
    said = told(capsys, "acme", code=4).err
    assert "profiles: must be a folder" in said
    assert "guardrails.yml: exists already" in said
    assert len(list(here.iterdir())) == 2


@pytest.mark.parametrize("name", ["7", "1e5", "null", "no", "0x1f", "1.5", "2026-01-02", "a-b.c_d"])
def test_a_name_that_yaml_would_read_as_something_else_stays_a_name(here, capsys, name):
    told(capsys, name)
    told(capsys, "acme")
    assert list(load_guardrails(here / "guardrails.yml").customers) == [name, "acme"]
    assert len(resolve.resolve(Options(customers=(name,), root=here, here=here)).plans) == 1


@pytest.mark.parametrize("strike", range(1, 5))
def test_what_fails_midway_leaves_everything_as_it_was(here, data, capsys, monkeypatch, strike):
    (here / "guardrails.yml").write_text("customers:\n  other: {}\n")
    (here / "profiles").mkdir()
    before, real, calls = files(here), os.link, []

    def link(source, target):
        calls.append(target)
        if len(calls) == strike:
            raise OSError(28, "No space left on device", str(target))
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    said = told(capsys, "acme", "--from", data, code=4).err
    assert "No space left on device; nothing was" in said
    assert files(here) == before
    assert {path.name for path in here.iterdir()} == {"guardrails.yml", "profiles"}


def test_who_interrupts_between_two_amended_files_finds_both_as_they_were(here, capsys, monkeypatch):
    told(capsys, "first")
    before, real, calls = files(here), write.write_atomic, []

    def interrupted(path, content):
        calls.append(path.name)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(path, content)

    monkeypatch.setattr(write, "write_atomic", interrupted)
    told(capsys, "acme", code=130)
    assert calls[:2] == ["guardrails.yml", "batch_simulations.yaml"]
    assert files(here) == before


def test_a_file_that_came_into_being_meanwhile_is_kept(here, capsys, monkeypatch):
    real = os.link

    def link(source, target):
        if target.name == "acme.env":
            target.write_text("mine")
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    assert "profiles/acme.env: cannot be written: File exists" in told(capsys, "acme", code=4).err
    assert files(here) == {"profiles/acme.env": b"mine"}


def test_where_files_have_one_name_only_they_are_written_all_the_same(here, capsys, monkeypatch):
    def link(source, target):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    told(capsys, "acme")
    assert set(files(here)) == WRITTEN
