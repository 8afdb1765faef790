"""`recsim profile`, in a folder as a user has it; what goes to a service is in tests/apply/test_apply_byhand.py."""

from __future__ import annotations

import pytest

from pytest_recsim.cli import main
from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.data.profiles.profiles import packaged_profiles

GUARDRAILS = (
    "schema_version: 1\ncustomers:\n  acme: {env_profile: acme}\n  other: {}\n  gone: {env_profile: away}\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "guardrails.yml").write_text(GUARDRAILS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def recsim(capsys):
    def call(*words):
        code = main(["profile", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_a_profile_is_copied_changed_compared_and_checked(recsim, folder):
    assert recsim("copy", "prod", "acme")[0] == 0
    own = folder / "profiles" / "acme.env"
    assert own.read_bytes() == (packaged_profiles() / "prod.env").read_bytes()
    code, out, _ = recsim("set", "acme", "MMR_LAMBDA=0.5", "BRAND_CAP=3")
    assert (code, out.splitlines()[0][:26]) == (0, "MMR_LAMBDA: 0.35 -> 0.5  (")
    code, out, _ = recsim("diff", "prod", "./profiles/acme.env")
    assert [line.split() for line in out.splitlines()[1:]] == [
        ["MMR_LAMBDA", "0.35", "0.5"],
        ["BRAND_CAP", "2", "3"],
    ]
    assert recsim("diff", "acme", "acme")[1] == "acme and acme ask for the same\n"
    assert recsim("check", "acme", "prod")[0] == 0


def test_the_list_names_where_a_profile_lies_who_uses_it_and_what_hides_it(recsim, folder):
    recsim("copy", "prod", "acme")
    (folder / "profiles" / "prod.env").write_text("BRAND_CAP=x\n")
    (folder / "profiles" / "link.env").symlink_to("acme.env")
    code, out, _ = recsim("list")
    lines = out.splitlines()
    assert code == 0
    assert [line.split() for line in lines if line.startswith("acme ")] == [
        ["acme", "51", "acme", "profiles/acme.env"]
    ]
    assert any(line.startswith("link ") for line in lines)
    mine = next(line for line in lines if line.endswith("  profiles/prod.env"))
    assert mine.split()[:5] == ["prod", "0,", "1", "wrong", "other"]
    assert [line.split()[0] for line in lines if line.endswith("; hidden by profiles/prod.env")] == ["prod"]


def test_every_knob_is_shown_with_meaning_range_unit_default_and_origin(recsim, folder):
    (folder / "profiles" / "acme.env").write_text("API_AUTH_KEYS=hunter2:*\nMMR_LAMBDA=0.5\nMMR_LAMBDA=0.6\n")
    code, out, err = recsim("show", "acme")
    assert code == 0
    assert [name for name in KNOBS if f"{name} " not in out] == []
    assert "MMR_LAMBDA = 0.6  (profiles/acme.env:3)\n    share of relevance" in out
    assert "takes a number 0 to 1 (share); default none" in out
    assert "BLEND_ALPHA is left out" in out
    assert "API_AUTH_KEYS" in err
    assert "hunter2" not in out + err
    code, out, _ = recsim("show", "acme", "popularity_halflife_days")
    assert "per request: `popularity_halflife_days`, whole numbers only" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "porod"], "did you mean `prod`?"),
        (["show", "prod", "MMR_LAMDA"], "did you mean `MMR_LAMBDA`?"),
        (["diff", "prod", "./nowhere.env"], "unknown profile"),
        (["check", "prod", "tset"], "did you mean `test`?"),
        (["set", "prod", "MMR_LAMBDA=0.5"], "recsim profile copy prod NAME"),
        (["copy", "prod", "a b"], "must be letters"),
        (["fetch", "--base-url", "ftp://x", "--out", "live"], "does not start with `http://`"),
        (["apply", "porod", "--base-url", "http://127.0.0.1:9"], "did you mean `prod`?"),
        (["apply", "prod", "--base-url", "http://127.0.0.1:9", "--org-id", "x"], "must be a UUID"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(recsim, words, said):
    code, _, err = recsim(*words)
    assert code == 4
    assert said in err


def test_problems_of_several_profiles_are_told_together_and_end_with_1(recsim, folder):
    (folder / "profiles" / "one.env").write_text("BRAND_CAP=x\n")
    (folder / "profiles" / "two.env").write_text("BLEND_ALPHA=1\n")
    code, out, _ = recsim("check", "one", "two")
    assert code == 1
    assert "profiles/one.env:1: BRAND_CAP=x: must be" in out
    assert "profiles/two.env: `BLEND_BETA` is missing" in out
    assert recsim("check", "two", "--partial")[0] == 0


@pytest.mark.parametrize("words", [["list"], ["show", "prod"], ["copy", "prod", "new"]])
def test_a_root_that_is_not_there_is_told_and_not_made(recsim, folder, words):
    assert recsim(*words, "--root", "nowhere") == (
        4,
        "",
        "recsim: --root: nowhere: there is no such folder\n",
    )
    assert not (folder / "nowhere").exists()
