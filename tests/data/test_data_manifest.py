"""Batch manifests: lists and mappings, defaults, and a sentence with the line for everything that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.data.batches.manifest import TEXTS, load_manifest, selected
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.options import STEPS
from pytest_recsim.schemas import schema


@pytest.fixture
def load(tmp_path):
    def read(text, name="batch.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return load_manifest(path)

    return read


def refusal(load, text):
    with pytest.raises(InputError) as caught:
        load(text)
    return str(caught.value)


def test_a_plain_list_of_runs_is_enough(load, tmp_path):
    (run,) = load("- customer: acme\n  fixture_path: data/a.json\n").runs
    assert (run.id, run.customer) == ("acme", "acme")
    assert run.texts["fixture_path"].value == str(tmp_path / "data" / "a.json")
    assert run.texts["fixture_path"].origin.endswith("batch.yaml:2")


def test_json_is_read_too(load):
    document = {"runs": [{"customer": "acme", "env_overrides": {"MMR_LAMBDA": 0.5}}]}
    assert load(json.dumps(document), "b.json").runs[0].env_overrides == ("MMR_LAMBDA=0.5",)


def test_defaults_lie_under_every_run_and_overrides_add_up(load):
    text = """
defaults: {env_profile: prod, namespace: shared, env_overrides: [BRAND_CAP=3]}
runs:
  - {customer: acme, namespace: own, env_overrides: {RULES_ENABLE: true}}
  - {customer: beta}
"""
    acme, beta = load(text).runs
    assert (acme.texts["namespace"].value, beta.texts["namespace"].value) == ("own", "shared")
    assert acme.texts["env_profile"] == beta.texts["env_profile"]
    assert acme.env_overrides == ("BRAND_CAP=3", "RULES_ENABLE=true")


def test_a_run_may_skip_steps_or_be_left_out(load):
    runs = load(
        "- {customer: a, skip: [quality]}\n- {customer: b, skip: true}\n- {customer: c, skip: seed}\n"
    ).runs
    assert [(run.skip, run.left_out) for run in runs] == [
        (("quality",), False),
        ((), True),
        (("seed",), False),
    ]


def test_a_customer_that_occurs_twice_needs_an_id(load):
    said = refusal(load, "- customer: acme\n- customer: acme\n")
    assert "batch.yaml:2" in said
    assert "is defined here again, first at" in said
    assert [run.id for run in load("- customer: acme\n- {customer: acme, id: acme-2}\n").runs] == [
        "acme",
        "acme-2",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["nothing", "a list of simulations"]),
        ("[]", ["empty"]),
        ("runs: 3", ["`runs` is 3"]),
        ("- customr: acme\n", [":1", "`customr`: unknown key", "did you mean `customer`"]),
        ("- namespace: x\n", ["a run without `customer`"]),
        ("- customer: Acme\n", [":1", "lower-case"]),
        ("- customer: a\n  org_id: 12\n", [":2", "`org_id`", "UUID"]),
        ("- customer: a\n  namespace: 'shop '\n", [":2", "did you mean `shop`?"]),
        ("- customer: a\n  base_url: ''\n", [":2", "non-empty text"]),
        ("- customer: a\n  skip: [sed]\n", [":2", "`skip`", "reset, seed"]),
        ("- customer: a\n  env_overrides: 3\n", [":2", "`env_overrides` is 3"]),
        ("- customer: a\n  env_overrides: {X: [1]}\n", [":2", "one plain value"]),
        ("- 7\n", ["a run is 7"]),
        ("runs: [{customer: a}]\nrunz: 1\n", [":2", "did you mean `runs`"]),
        ("schema_version: 2\nruns: [{customer: a}]\n", ["must be 1"]),
        ("defaults: [1]\nruns: [{customer: a}]\n", ["`defaults` is a list"]),
        ("- {customer: a\n", ["not YAML"]),
    ],
)
def test_what_is_wrong_is_said_with_its_line(load, text, words):
    said = refusal(load, text)
    assert all(word in said for word in words), said


def test_several_problems_are_told_together(load):
    said = refusal(load, "- customer: A\n- customr: b\n- {customer: c, skip: x}\n")
    assert len(said.splitlines()) >= 3


def test_customers_and_ids_select(load):
    manifest = load("- customer: acme\n- {customer: acme, id: acme-2}\n- customer: beta\n")
    assert [run.id for run in selected(manifest, ("acme",))] == ["acme", "acme-2"]
    assert [run.id for run in selected(manifest, ("acme-2", "beta"))] == ["acme-2", "beta"]
    assert len(selected(manifest, ())) == 3
    with pytest.raises(InputError, match="did you mean `beta`"):
        selected(manifest, ("bet",))


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["customer", "id", "runs", "skip", "env_overrides", "defaults", "x"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=12,
)


@given(anything)
def test_any_document_is_read_or_refused_in_sentences(tmp_path_factory, document):
    path = tmp_path_factory.mktemp("m") / "b.json"
    path.write_text(json.dumps(document))
    try:
        manifest = load_manifest(path)
    except InputError as error:
        said, manifest = str(error), None
    assert manifest is not None or "b.json" in said
    if manifest is not None:
        assert manifest.runs
        assert len({run.id for run in manifest.runs}) == len(manifest.runs)


WHOLE = {
    "schema_version": 1,
    "defaults": {"env_profile": "prod", "env_overrides": ["BRAND_CAP=3"], "skip": []},
    "runs": [
        {
            "customer": "acme",
            "id": "acme-2",
            "namespace": "n",
            "org_id": "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
            "base_url": "http://shop",
            "env_overrides": {"RULES_ENABLE": True, "MMR_LAMBDA": 0.5, "BRAND_TAG_PREFIXES": "b"},
            "fixture_path": "a.json",
            "guardrails_file": "g.yml",
            "skip": ["quality"],
        },
        {"customer": "beta", "skip": True},
    ],
}


def changed(**fields):
    return {**WHOLE, "runs": [{**WHOLE["runs"][0], **fields}]}


@pytest.mark.parametrize(
    ("document", "good"),
    [
        (WHOLE, True),
        (WHOLE["runs"], True),
        (changed(skip="seed"), True),
        (changed(skip="sed"), False),
        (changed(skip=1), False),
        (changed(customer="Acme!"), False),
        (changed(id=""), False),
        (changed(namespace=" "), False),
        (changed(namespace="n "), False),
        (changed(org_id="00000000-0000-0000-0000-000000000000"), False),
        (changed(org_id="acme"), False),
        (changed(env_overrides={"MMR_LAMBDA": [1]}), False),
        (changed(env_overrides=[1]), False),
        (changed(env_profle="prod"), False),
        ({**WHOLE, "schema_version": 2}, False),
        ({**WHOLE, "defaults": {"customer": "acme"}}, False),
        ({**WHOLE, "runs": []}, False),
        ({"defaults": {}}, False),
        ({"runs": [{"namespace": "n"}]}, False),
        ("acme", False),
    ],
    ids=str,
)
def test_the_published_schema_accepts_what_the_loader_accepts(load, document, good):
    try:
        load(json.dumps(document), "b.json")
    except InputError:
        assert not good
    else:
        assert good
    assert jsonschema.Draft202012Validator(schema("batch")).is_valid(document) is good


def test_the_published_schema_has_the_loaders_keys_and_the_runs_steps():
    jsonschema.Draft202012Validator.check_schema(schema("batch"))
    run, defaults = schema("batch")["$defs"]["run"], schema("batch")["oneOf"][1]["properties"]["defaults"]
    shared = {*TEXTS, "env_overrides", "skip"}
    assert set(run["properties"]) == {"customer", "id", *shared}
    assert set(defaults["properties"]) == shared
    assert tuple(schema("batch")["$defs"]["skip"]["oneOf"][1]["enum"]) == STEPS


def test_the_shipped_manifest_follows_the_published_schema():
    path = Path(__file__).parents[2] / "fixtures" / "batch_simulations.yaml"
    jsonschema.validate(yaml.safe_load(path.read_text()), schema("batch"))
