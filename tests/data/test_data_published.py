"""What is published agrees with the code: schemas and the tables of docs/configuration.md."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest

from pytest_recsim.data.guardrails.guardrails import load_guardrails
from pytest_recsim.data.profiles.profiles import load_profile, override, packaged_profiles
from pytest_recsim.data.publish import TABLES, guardrails_schema, profile_schema, with_tables
from pytest_recsim.schemas import names, schema

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "configuration.md"
RENEW = "run: python -m pytest_recsim.data.publish"


def as_json(profile):
    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return list(value) if isinstance(value, tuple) else value

    return {name: plain(setting.value) for name, setting in profile.values.items()}


def test_every_schema_is_a_valid_schema():
    assert {"fixture", "guardrails", "profile"} <= set(names())
    for name in ("fixture", "guardrails", "profile"):
        jsonschema.Draft202012Validator.check_schema(schema(name))
    with pytest.raises(KeyError):
        schema("../guardrails")


def test_generated_schemas_are_up_to_date():
    assert schema("profile") == profile_schema(), RENEW
    assert schema("guardrails") == guardrails_schema(), RENEW


@pytest.mark.parametrize("path", sorted(packaged_profiles().glob("*.env")), ids=lambda path: path.stem)
def test_every_shipped_profile_validates(path):
    jsonschema.validate(as_json(load_profile(path)), schema("profile"))


def test_the_profile_schema_knows_ranges_and_structured_knobs():
    profile = load_profile(packaged_profiles() / "prod.env")
    values = as_json(
        override(profile, ["BLEND_WEIGHTS_OVERRIDES=*=1|0|0.5", "AUDIT_DECISIONS_SAMPLE_OVERRIDES=a=1"])
    )
    jsonschema.validate(values, schema("profile"))
    for wrong in (
        {"MMR_LAMBDA": 1.7},
        {"POPULARITY_HALFLIFE_DAYS": 0},
        {"MMR_LAMDA": 0.5},
        {"BRAND_TAG_PREFIXES": []},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema("profile"))


@pytest.mark.parametrize("page", TABLES)
def test_the_tables_of_the_pages_are_up_to_date(page):
    text = (PAGE.parent / page).read_text(encoding="utf-8")
    assert with_tables(page, text) == text, RENEW
    assert all(text.count(f"<!-- {name} -->\n|") == 1 for name in TABLES[page])


def test_every_knob_and_threshold_has_its_row():
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("| `MMR_LAMBDA` |") == 1
    assert text.count("| `min_segment_lift_ndcg` |") == 1


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_examples_of_the_page_work(tmp_path):
    (code,) = blocks("python")
    exec(compile(code, str(PAGE), "exec"), {})
    (text,) = blocks("yaml")
    path = tmp_path / "guardrails.yml"
    path.write_text(text)
    entry = load_guardrails(path).customer("acme")
    assert [waiver.check for waiver in entry.waivers] == ["S9", "segment_lift_mrr"]
    found = load_guardrails(path).threshold("min_segment_lift_ndcg", customer="acme", segment="new_users")
    assert (found.value, found.severity) == (0.05, "warn")
