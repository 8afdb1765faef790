"""The stand-in's OpenAPI document says what its code does, no more and no less."""

import copy
import re

import pytest
import standin_document as document
from jsonschema import Draft202012Validator

from pytest_recsim.standin.api import audit, ingest, listing, overrides, rules
from pytest_recsim.standin.http import wire
from pytest_recsim.standin.process import app
from pytest_recsim.standin.ranking import ask, decision
from pytest_recsim.standin.settings.knobs import Knobs
from pytest_recsim.standin.state import event_types, rulebook, segment_rules

OPERATIONS = document.operations()
SCHEMAS = document.DOCUMENT["components"]["schemas"]
EVERY_OPERATION = pytest.mark.parametrize(
    ("method", "path"), [pytest.param(*key, id=" ".join(key)) for key in OPERATIONS]
)
PARAMETERS = document.DOCUMENT["components"]["parameters"]


def test_every_route_is_documented_and_every_documented_path_is_a_route():
    assert OPERATIONS.keys() == document.routes()


@EVERY_OPERATION
def test_variable_parts_of_a_path_are_its_documented_parameters(method, path):
    _, parameters = OPERATIONS[method, path]
    named = {each["name"] for each in parameters if each["in"] == "path"}
    assert named == {part.strip("{}") for part in path.split("/") if part.startswith("{")}


@EVERY_OPERATION
def test_bodies_and_queries_are_read_exactly_as_documented(client, monkeypatch, method, path):
    readers, query = [], document.Spied({"namespace": "n"})
    read_body = wire.read_body
    monkeypatch.setattr(
        wire, "read_body", lambda body, fields: readers.append(fields) or read_body(body, fields)
    )
    monkeypatch.setattr(app, "query_of", lambda _raw: query)
    document.call(client.app, method, path)
    operation, parameters = OPERATIONS[method, path]
    schema = document.body_schema(operation)
    assert len(readers) == (schema is not None)
    assert [difference for reader in readers for difference in document.differences(reader, schema)] == []
    assert query.asked == {each["name"] for each in parameters if each["in"] == "query"}


def test_the_comparison_notices_what_is_missing_wrong_or_too_much():
    schema = copy.deepcopy(SCHEMAS["Delete"])
    reader = wire.Fields("x", dict.fromkeys(schema["properties"], wire.text) | {"event_type": wire.int16})
    assert document.differences(reader, schema) == []
    del schema["properties"]["item_id"]
    schema["properties"] |= {"color": {}, "user_id": {"type": "integer"}, "event_type": {"type": "integer"}}
    schema["required"].append("shape")
    assert {text.split(" ")[0] for text in document.differences(reader, schema)} == {
        "body.item_id",
        "body.color",
        "body.user_id",
        "body.event_type",
        "body.shape",
    }


def test_nested_readers_are_compared_too():
    reader = wire.Fields("x", {"rows": wire.ListOf(wire.MapOf(wire.number, ""), dict, "")})
    rows = {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}}
    assert len(document.differences(reader, {"properties": {"rows": rows}})) == 1
    assert len(document.differences(reader, {"properties": {"rows": {"type": "object"}}})) == 2


def test_gates_and_their_headers_are_documented_for_tenants_only():
    open_paths = {"/health", "/version"}
    for (_, path), (operation, parameters) in OPERATIONS.items():
        headers = {each["name"] for each in parameters if each["in"] == "header"}
        refusals = {"400", "401", "403", "429"} & operation["responses"].keys()
        assert len(headers) == (0 if path in open_paths else 2)
        assert len(refusals) == (0 if path in open_paths else 4)


def test_only_bodies_overrides_and_unknown_decisions_may_end_in_a_500():
    failing = {key for key, (operation, _) in OPERATIONS.items() if "500" in operation["responses"]}
    demanding = {
        key for key, (operation, _) in OPERATIONS.items() if operation.get("requestBody", {}).get("required")
    }
    assert failing == demanding | {("GET", "/v1/audit/decisions/{decision_id}")}


@pytest.mark.parametrize(
    ("documented", "known"),
    [
        (SCHEMAS["RuleAction"]["enum"], rulebook.ACTIONS),
        (SCHEMAS["RuleTarget"]["enum"], rulebook.TARGETS),
        (SCHEMAS["OverrideAction"]["enum"], overrides.ACTIONS),
        (SCHEMAS["OverrideStatus"]["enum"], overrides.STATUSES),
        (SCHEMAS["ExplainLevel"]["enum"], ["tags", *ask.LEVELS]),
        (PARAMETERS["RuleEnabled"]["schema"]["enum"], rules.GO_BOOLS),
        (SCHEMAS["Condition"]["propertyNames"]["enum"], segment_rules.OPERATORS),
    ],
)
def test_documented_words_are_the_known_ones(documented, known):
    assert sorted(documented) == sorted(known)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (PARAMETERS["Limit"]["schema"], {"maximum": listing.MAX_LIMIT, "default": listing.DEFAULT_LIMIT}),
        (PARAMETERS["DecisionLimit"]["schema"], {"maximum": audit.MAX_LIMIT, "default": audit.DEFAULT_LIMIT}),
        (SCHEMAS["Decisions"]["properties"]["decisions"], {"maxItems": audit.MAX_LIMIT}),
        (SCHEMAS["DecisionSearch"]["properties"]["limit"], {"default": audit.DEFAULT_LIMIT}),
        (SCHEMAS["ItemInput"]["properties"]["embedding"], {"maxItems": ingest.EMBEDDING_SIZE}),
        (SCHEMAS["ItemInput"]["properties"]["embedding"]["items"], {"maximum": ingest.FLOAT4_LIMIT}),
        (SCHEMAS["ItemInput"]["properties"]["price"], {"exclusiveMaximum": float(ingest.PRICE_LIMIT)}),
        (SCHEMAS["Recommend"]["properties"]["k"], {"default": ask.DEFAULT_K}),
        (PARAMETERS["NearestCount"]["schema"], {"default": ask.DEFAULT_K}),
        (SCHEMAS["ManualOverrideInput"]["properties"]["priority"], {"default": overrides.DEFAULT_PRIORITY}),
    ],
)  # fmt: skip
def test_documented_limits_are_those_of_the_code(schema, expected):
    assert {name: schema[name] for name in expected} == expected


def test_event_types_are_described_by_their_default_codes():
    text = SCHEMAS["EventInput"]["properties"]["type"]["description"]
    assert text == ", ".join(f"{row.code} {row.name}" for row in event_types.DEFAULTS)


def test_the_config_on_record_names_knobs():
    members = SCHEMAS["DecisionDetail"]["allOf"][1]["properties"]["effective_config"]["properties"]
    assert {*decision.SHOWN_KNOBS} | {"alpha", "beta", "gamma", "profile_top_n"} == members.keys()
    assert {*decision.SHOWN_KNOBS} <= {*Knobs.__struct_fields__}


def test_error_codes_are_documented_and_written_somewhere():
    literals, patterns = document.written_codes()
    # Chosen by a condition, and the code of everything unexpected.
    chosen = {"invalid_input", "invalid_config", "invalid_request", "internal"}
    documented = document.documented_codes()
    own = {"rows_not_handed_over"}  # said to the run that started it, which is no part of the contract
    assert (literals | chosen) - documented == own
    loose = {
        code for code in documented - literals - chosen if not any(re.fullmatch(p, code) for p in patterns)
    }
    assert loose == set()
    assert len(documented) > 40


def test_all_schemas_are_valid_themselves():
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
