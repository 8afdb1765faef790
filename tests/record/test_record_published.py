"""The record's types, its published schemas and the files that lie on people's disks agree."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator, ValidationError
from published import breaches, documents, records

from pytest_recsim.cli.main import main
from pytest_recsim.record.jsonio import dumps
from pytest_recsim.record.publish import FILES, file_of, schema_of, with_table
from pytest_recsim.schemas import schema

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ci.md"
BEFORE = Path(__file__).parent / "written_before"
"""A report folder of a selection of checks, as pytest-recsim wrote it before its record had types; one list of the dump is left."""
RENEW = "run: python -m pytest_recsim.record.publish"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.schema)
def test_the_published_schema_is_that_of_the_type(file):
    assert schema(file.schema) == schema_of(file), RENEW
    Draft202012Validator.check_schema(schema(file.schema))


def test_the_page_names_every_file_with_its_schema():
    text = PAGE.read_text(encoding="utf-8")
    assert with_table(text) == text, RENEW
    assert text.count("<!-- record -->\n|") == 1


def test_a_record_that_was_written_before_follows_the_schemas():
    assert breaches(BEFORE) == []
    kinds = {file.schema for _, file in records(BEFORE)}
    assert kinds == {file.schema for file in FILES} - {
        "batch_summary",
        "comparison",
        "history",
        "people",
        "per_user",
        "study",
        "trend",
        "verdict_looks",
    }


def lost(before, now, place=""):
    """Members and values of a document that another one does not have."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name, value in before.items():
            yield from lost(value, now[name], f"{place}/{name}") if name in now else [f"{place}/{name}"]
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for number, (one, other) in enumerate(zip(before, now, strict=True)):
            yield from lost(one, other, f"{place}/{number}")
    elif before != now:
        yield place


def test_the_types_keep_every_member_and_value_of_a_record_that_was_written_before():
    for path, file in records(BEFORE):
        for document in documents(path, file):
            typed = msgspec.json.decode(document, type=file.kind)
            assert list(lost(json.loads(document), json.loads(dumps(typed)))) == [], path.name


def test_a_lost_member_and_another_value_are_noticed():
    assert list(lost({"a": [1, {"b": 2}], "c": 0}, {"a": [1, {"b": 3}]})) == ["/a/1/b", "/c"]


def test_a_record_that_was_written_before_is_rendered(tmp_path, capsys):
    shutil.copytree(BEFORE, tmp_path / "acme")
    assert main(["report", str(tmp_path / "acme")]) == 0, capsys.readouterr().err
    page = (tmp_path / "acme" / "README.md").read_text(encoding="utf-8")
    assert page.startswith("# acme: Partial, proves only what ran")
    for section in ("## All checks", "## Quality", "## Knobs: asked for and in effect"):
        assert section in page


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("simulation_metadata.json", {"schema_version": 2}),
        ("simulation_metadata.json", {"status": "done"}),
        ("artifacts/quality_metrics.json", {"lifts": 3}),
        ("artifacts/seed_manifest.json", {"sent": {"items": 1}}),
    ],
)
def test_a_schema_refuses_what_is_no_such_file(name, change):
    found = schema(file_of(name).schema)
    document = json.loads((BEFORE / name).read_bytes())
    Draft202012Validator(found).validate(document | {"a_later_member": 1})
    with pytest.raises(ValidationError):
        Draft202012Validator(found).validate(document | change)


def test_a_file_of_no_known_name_has_no_schema():
    with pytest.raises(KeyError):
        file_of("artifacts/other.json")
