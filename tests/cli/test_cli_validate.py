"""`recsim validate`: everything wrong at once, by cause; what a data set can carry; tags from fields, into a new file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_recsim.cli.main import main
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input.files import packaged

PEOPLE = [
    {"user_id": f"u{number}", "traits": {"segment": "new_users" if number % 3 else "regulars"}}
    for number in range(30)
]
ITEMS = [
    {"item_id": f"i{number}", "brand": "Acme", "category": "shoes", "tags": ["red"], "price": 9.5}
    for number in range(12)
]
EVENTS = [
    {
        "user_id": f"u{number % 30}",
        "item_id": f"i{number * 5 % 12}",
        "type": number % 4,
        "ts": f"2026-01-{1 + number // 10:02}T00:00:00Z",
    }
    for number in range(300)
]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fixtures" / "customers").mkdir(parents=True)
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "own.env").write_text((packaged("profiles") / "prod.env").read_text())
    write("fixtures/customers/acme.json")
    (tmp_path / "guardrails.yml").write_text(
        "schema_version: 1\ncustomers:\n  acme:\n    env_profile: own\n    quality: {min_segment_users: 5}\n"
    )
    (tmp_path / "night.yml").write_text("runs:\n  - customer: acme\n")
    return tmp_path


def write(name, **lists):
    Path(name).write_text(json.dumps({"items": ITEMS, "users": PEOPLE, "events": EVENTS} | lists))


def told(capsys, *words):
    code = main(["validate", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_without_arguments_everything_in_the_folder_is_looked_at_and_its_kind_is_said(shop, capsys):
    code, said = told(capsys)
    assert code == 0
    for line in (
        "guardrails.yml: guardrails, customers: acme",
        "night.yml: batch file, 1 simulations",
        "profiles/own.env: profile, 51 knobs",
        "fixtures/customers/acme.json: data set, 12 items, 30 users, 300 events",
        "for acme, profile own",
        "Nothing is wrong.",
    ):
        assert line in said


def test_a_data_set_is_told_what_it_can_carry_and_what_to_add(shop, capsys):
    code, said = told(capsys, "fixtures/customers/acme.json")
    assert code == 0
    assert "not measured: S9" in said
    assert "0 of 12 available items have `props.margin`" in said
    assert "what to do: add `props.margin` to more available items, 6 need one" in said
    assert "12 items with a `brand` and no `brand:` tag" in said
    assert "learns from 230 events of 2026-01-01 00:00 to 2026-01-23 00:00" in said


def test_all_that_is_wrong_is_told_at_once_and_equal_causes_as_one(shop, capsys):
    write(
        "bad.json",
        items=[{**item, "price": -1} for item in ITEMS],
        events=[{**EVENTS[0], "user_id": "nobody"}] * 2,
    )
    (shop / "bad.env").write_text("BLEND_ALPHA=much\nBLEND_BETTA=1\n")
    (shop / "rules.yml").write_text("schema_version: 1\ndefaults: {quality: {min_segment_user: 5}}\n")
    (shop / "notes.txt").write_text("nothing of ours")
    (shop / "table.csv").write_text("user,item\n1,2\n3,4\n")
    code, said = told(capsys, "bad.json", "bad.env", "rules.yml", "notes.txt", "table.csv", "gone.json")
    assert code == 1
    for words in (
        "(12 like it)",
        "bad.json#/items/0/price",
        "bad.env: profile",
        "did you mean",
        "rules.yml: guardrails",
        "notes.txt: unknown",
        "this is CSV",
        "gone.json: unknown",
        "6 of 6 cannot be used as they are",
    ):
        assert words in said


def test_what_a_customer_names_and_is_not_there_is_wrong(shop, capsys):
    (shop / "guardrails.yml").write_text(
        "schema_version: 1\ncustomers:\n  acme: {fixture: gone.json, env_profile: none}\n"
    )
    code, said = told(capsys, "guardrails.yml")
    assert code == 1
    assert "gone.json, is not found" in said
    assert "`none`: unknown profile" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--window"], "--window"),
        (["--window-days", "ten"], "--window-days"),
        (["--sample-users", "0"], "--sample-users"),
        (["guardrails.yml", "--rehearse"], "--rehearse: runs the suite on data sets; none was given"),
        (["--env-profile", "dve"], "did you mean `dev`?"),
        (
            ["--customer", "acne"],
            "--customer: `acne` has neither an entry in guardrails.yml nor a data set; did you mean `acme`?",
        ),
        (["--derive-tags", "x.json"], "exactly one data set"),
        (["--derive-tags", "x.jsonl", "fixtures/customers/acme.json"], "must end in .json or .json.gz"),
        (["--derive-tags", "fixtures/customers/acme.json", "fixtures/customers/acme.json"], "exists already"),
    ],
)
def test_wrong_arguments_are_four(shop, capsys, words, sentence):
    code, said = told(capsys, *words)
    assert code == 4
    assert sentence in said


@pytest.mark.parametrize("own", ["bolt-on", "other"])
def test_a_customer_may_have_a_data_set_and_no_entry_yet(shop, capsys, own):
    write("fixtures/customers/bolt_on.json")
    write("other.json")
    code, said = told(capsys, "other.json", "--customer", own)
    assert code == 0
    assert "Nothing is wrong." in said


def test_without_thresholds_of_ones_own_anybody_is_a_customer(shop, capsys):
    (shop / "guardrails.yml").unlink()
    assert told(capsys, "fixtures/customers/acme.json", "--customer", "anybody")[0] == 0


def test_a_profile_may_be_named(shop, capsys):
    code, said = told(capsys, "own", "dev")
    assert code == 0
    assert "profiles/own.env: profile" in said
    assert "dev.env: profile" in said


def test_an_empty_folder_has_nothing_to_validate(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, said = told(capsys)
    assert code == 4
    assert "nothing to validate here" in said


def test_json_holds_the_same_for_machines(shop, capsys):
    assert main(["validate", "fixtures/customers/acme.json", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["inputs"]
    (carried,) = one["carries"]
    checks = {check["check"]: check for check in carried["checks"]}
    assert one["kind"] == "data set"
    assert checks["S9"]["status"] == "not_measured"
    assert checks["S9"]["cause"] == "margins"
    assert [segment["users"] for segment in carried["segments"]] == [20, 10]
    assert carried["split"]["seeded"] + carried["split"]["held_out"] == 300
    assert carried["shape"]["branded"] == 0
    assert {odd["key"] for odd in carried["suspicions"]} >= {"brand_without_tag", "category_without_tag"}


def test_options_of_the_run_count(shop, capsys):
    _, said = told(capsys, "fixtures/customers/acme.json", "--window-days", "10", "--customer", "acme")
    assert "older ones left out" in said
    code, said = told(capsys, "fixtures/customers/acme.json", "--env-profile", "nowhere")
    assert code == 4
    assert "unknown profile" in said


def test_derived_tags_go_into_a_new_file_and_nothing_else_changes(shop, capsys):
    code, said = told(capsys, "fixtures/customers/acme.json", "--derive-tags", "tagged.json")
    assert code == 0
    assert "12 `brand:` tags and 12 `category:` tags added" in said
    before, after = load_fixture(Path("fixtures/customers/acme.json")), load_fixture(Path("tagged.json"))
    assert {item.tags for item in after.items} == {("red", "brand:Acme", "category:shoes")}
    assert (after.users, after.events) == (before.users, before.events)
    assert told(capsys, "tagged.json", "--derive-tags", "again.json")[1].startswith(
        "again.json: 0 `brand:` tags"
    )
    assert told(capsys, "tagged.json", "--derive-tags", "tagged.json")[0] == 4


def test_what_stands_in_the_data_steers_no_terminal(shop, capsys):
    write("odd.json", items=[{**ITEMS[0], "brand": "\u001b[31mred"}, *ITEMS[1:]])
    _, said = told(capsys, "odd.json")
    assert "\u001b" not in said
