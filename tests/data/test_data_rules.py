"""Documents against published schemas: the schema is the rule, whatever code reads the document afterwards."""

from __future__ import annotations

import copy

import pytest
import yaml

from pytest_recsim.data.guardrails.guardrails import load_guardrails
from pytest_recsim.data.input import rules
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.input.rules import hold
from pytest_recsim.data.input.yamlmarks import load_marked
from pytest_recsim.schemas import schema

PICK = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$", "x-must": "lower-case letters"},
        "size": {"anyOf": [{"type": "number", "maximum": 9}, {"enum": ["any", "none"]}], "x-must": "0 to 9, or any"},
        "days": {"type": "array", "items": {"type": "string", "format": "date", "x-must": "a day"}},
        "either": {
            "oneOf": [
                {"type": "array", "items": {"type": "integer", "x-must": "a whole number"}},
                {"type": "object", "additionalProperties": {"type": "integer", "x-must": "a whole number"}},
            ],
            "x-must": "a list or a mapping",
        },
    },
}  # fmt: skip


@pytest.fixture
def told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def of(text, rule=PICK):
        rules._validator.cache_clear()
        monkeypatch.setattr(rules, "schema", lambda _: rule)
        (tmp_path / "f.yml").write_text(text)
        try:
            hold(load_marked(tmp_path / "f.yml", "file"), "any", "f.yml")
        except InputError as error:
            return [str(problem) for problem in error.problems]
        finally:
            rules._validator.cache_clear()
        return []

    return of


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("name: a\nsize: 3\neither: [1]\ndays: [2027-01-31]\n", []),
        ("name: A\n", ['f.yml:1: `name` is text "A"; must be lower-case letters']),
        ('name: "a\\n"\n', ['f.yml:1: `name` is text "a\\n"; must be lower-case letters; did you mean `a`?']),
        ("name: a\nsize: 10\n", ["f.yml:2: `size` is 10; must be 0 to 9, or any"]),
        ("name: a\nsize: .nan\n", ["f.yml:2: `size` is nan; must be 0 to 9, or any"]),
        ("name: a\nsize: nine\n", ['f.yml:2: `size` is text "nine"; must be 0 to 9, or any; did you mean `none`?']),
        ("name: a\nsize: true\n", ["f.yml:2: `size` is `true`, a truth value; must be 0 to 9, or any"]),
        ("name: a\neither: {x: y}\n", ['f.yml:2: `x` is text "y"; must be a whole number']),
        ("name: a\neither:\n- 1\n- z\n", ['f.yml:4: `either` is text "z"; must be a whole number']),
        ("name: a\neither: 3\n", ["f.yml:2: `either` is 3; must be a list or a mapping"]),
        ("name: a\ndays: 3\n", ["f.yml:2: `days` is 3; must be a list"]),
        ("name: a\ndays: [2027-02-30]\n", ['f.yml:2: `days` is text "2027-02-30"; must be a day']),
        ("nam: a\nsize: -1\n", ["f.yml:1: `nam`: unknown key; did you mean `name`?", "f.yml:1: a file without `name`; must have name"]),
        ("- a\n", ["f.yml:1: the file is a list; must be a mapping"]),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_a_schema_refuses_is_a_sentence_with_its_line(told, text, sentences):
    assert told(text) == sentences


def test_all_mistakes_are_told_in_the_order_of_the_lines(told):
    found = told("size: 11\nname: 3\nsise: 1\ndays: [a, b]\n")
    assert [sentence.split(":")[1] for sentence in found] == ["1", "2", "3", "4", "4"]


def test_a_stricter_schema_makes_the_loader_stricter(tmp_path, monkeypatch):
    path = tmp_path / "g.yml"
    path.write_text(yaml.safe_dump({"defaults": {"quality": {"min_catalog_coverage": 0.9}}}))
    assert load_guardrails(path).threshold("min_catalog_coverage").value == 0.9
    stricter = copy.deepcopy(schema("guardrails"))
    for branch in stricter["$defs"]["min_catalog_coverage"]["anyOf"]:
        branch["maximum"] = 0.8
    rules._validator.cache_clear()
    monkeypatch.setattr(rules, "schema", lambda _: stricter)
    with pytest.raises(InputError, match=r"g\.yml:3: `min_catalog_coverage` is 0\.9; must be"):
        load_guardrails(path)
    rules._validator.cache_clear()
