"""`recsim profile fetch` and `apply` on a running service: what changes, what is refused, what takes it back."""

from __future__ import annotations

import pytest

from pytest_recsim.apply import byhand
from pytest_recsim.cli import main
from pytest_recsim.data.profiles.documents import differing
from pytest_recsim.data.profiles.profiles import load_profile
from pytest_recsim.service.contract.errors import ServiceError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "acme.env").write_text(
        "MMR_LAMBDA=0.9\nBRAND_TAG_PREFIXES=brand\nNEW_USER_MMR_LAMBDA=0.5\nRULES_CACHE_REFRESH=3s\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def service(stand_in, talk):
    """The stand-in as it started, without anybody's data."""
    service = talk(stand_in.url)
    before = service.admin_config()
    yield service
    service.replace_admin_config(before, author="test", notes="")
    service.wipe_users()


@pytest.fixture
def recsim(stand_in, capsys):
    def call(*words):
        code = main([*words, "--base-url", stand_in.url])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_a_profile_is_shown_brought_and_taken_back(recsim, service, folder):
    before = service.admin_config()
    code, out, err = recsim("profile", "apply", "acme", "--dry-run")
    assert (code, service.admin_config(), list(folder.glob("reports/**/*"))) == (0, before, [])
    assert out.splitlines()[1].split() == ["MMR_LAMBDA", "0.35", "0.9"]
    assert "stay in effect: NEW_USER_MMR_LAMBDA\n" in err
    assert "move no list: RULES_CACHE_REFRESH\n" in err
    code, out, _ = recsim("profile", "apply", "acme")
    assert code == 0
    assert "to take it back: recsim restore --reports-dir reports --base-url" in out
    assert differing(before, service.admin_config()) == ["mmr_lambda"]
    code, _, err = recsim("profile", "apply", "prod")
    assert code == 4, "a second change would forget what was there before both"
    assert "first take that back: `recsim restore" in err
    assert recsim("restore")[0] == 0
    assert service.admin_config() == before


def test_a_profile_that_is_in_effect_already_changes_nothing(recsim, service, folder):
    (folder / "profiles" / "acme.env").write_text("MMR_LAMBDA=0.35\n")
    code, out, _ = recsim("profile", "apply", "acme")
    assert code == 0
    assert "runs with these already" in out
    assert not list(folder.glob("reports/**/*"))


def test_a_namespace_with_data_of_others_refuses_the_change_unless_it_is_typed(
    recsim, service, talk, stand_in
):
    before = service.admin_config()
    service.upsert_users([{"user_id": "theirs", "traits": {}}])
    code, _, err = recsim("profile", "apply", "acme", "--namespace", "ns")
    assert code == 4
    assert "carries no marker of ours; nothing was changed" in err
    assert "add --allow ns" in err
    assert recsim("profile", "apply", "acme", "--namespace", "ns", "--allow", "nns")[0] == 4
    assert service.admin_config() == before
    assert recsim("profile", "apply", "acme", "--namespace", "ns", "--allow", "ns")[0] == 0
    assert recsim("restore")[0] == 0


def test_the_namespaces_of_the_customers_that_use_the_profile_are_looked_at(recsim, service, folder):
    customers = "customers:\n  acme: {namespace: ns, env_profile: acme}\n  other: {namespace: free}\n"
    (folder / "guardrails.yml").write_text(f"schema_version: 1\n{customers}")
    service.upsert_users([{"user_id": "theirs", "traits": {}}])
    assert "namespace `ns`" in recsim("profile", "apply", "acme")[2]


def test_what_a_service_does_not_take_is_put_back_and_leaves_no_note(recsim, service, folder, monkeypatch):
    before = service.admin_config()

    def half(service, members, run_id, journal):
        set_knobs(service, members, run_id, journal)
        raise ServiceError("POST /v1/admin/recommendation/config: no answer")

    set_knobs = byhand.set_knobs
    monkeypatch.setattr(byhand, "set_knobs", half)
    code, _, err = recsim("profile", "apply", "acme")
    assert (code, service.admin_config()) == (4, before)
    assert "no answer" in err
    assert not list(folder.glob("reports/.recsim/changed-*"))


def test_a_change_that_cannot_be_put_back_ends_with_10_and_its_note(recsim, service, folder, monkeypatch):
    def half(service, members, run_id, journal):
        set_knobs(service, members, run_id, journal)
        raise KeyboardInterrupt

    set_knobs = byhand.set_knobs
    monkeypatch.setattr(byhand, "set_knobs", half)
    monkeypatch.setattr(byhand, "take_back", lambda *_: (_ for _ in ()).throw(ServiceError("gone")))
    code, _, err = recsim("profile", "apply", "acme")
    assert code == 10
    assert "The note reports/.recsim/changed-" in err
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert recsim("restore")[0] == 0


def test_the_configuration_in_effect_becomes_a_profile(recsim, service, folder):
    code, out, err = recsim("profile", "fetch", "--out", "live")
    assert code == 0
    values = load_profile(folder / "profiles" / "live.env").values
    assert f"{len(values)} knobs" in out
    assert values["MMR_LAMBDA"].value == 0.35
    assert "RULES_MAX_PIN_SLOTS" in err
    code, _, err = recsim("profile", "fetch", "--out", "live")
    assert (code, "is there already" in err) == (4, True)
