"""schemathesis against a stand-in in this process: a seeded shop, generated requests, checked answers.

schemathesis and hypothesis take most of a second to import, so whoever needs them imports them late.
"""

import asyncio
import functools
import io

import standin_document as document
import standin_worlds as worlds
from jsonschema import Draft202012Validator

ORG = document.UUID
BASE = "http://standin"
CHECKS = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Ids that exist in the shop, by the name under which requests carry them.
KNOWN = {"namespace": "default", "user_id": "u", "item_id": "i1", "profile_id": "p", "segment_id": "s"}


@functools.cache
def schema():
    """Load the document; with a configuration of our own, because the default one is looked for in parent folders."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    return schemathesis.openapi.from_dict(document.DOCUMENT, config=SchemathesisConfig())


def operation(method, path):
    return schema()[path][method]


def session_for(app):
    """Return a requests session that reaches an ASGI application without a network."""
    import requests
    from requests.adapters import BaseAdapter
    from urllib3 import HTTPHeaderDict, HTTPResponse

    class InProcess(BaseAdapter):
        def __init__(self):
            super().__init__()
            self.runner = asyncio.Runner()

        def send(self, request, **_):
            status, headers, body = self.runner.run(exchange(app, request))
            raw = HTTPResponse(io.BytesIO(body), HTTPHeaderDict(headers), status, preload_content=False)
            raw.version_string = "HTTP/1.1"
            response = requests.Response()
            response.status_code, response.raw, response.request, response.url = (
                status,
                raw,
                request,
                request.url,
            )
            response.headers.update(headers)
            return response

        def close(self):
            self.runner.close()

    session = requests.Session()
    session.trust_env = False
    session.mount(BASE, InProcess())
    return session


async def exchange(app, request):
    """Send one prepared request to an ASGI application and return status, headers and body."""
    path, _, query = request.path_url.partition("?")
    content = request.body or b""
    scope = {
        "type": "http",
        "method": request.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [
            (name.lower().encode("latin-1"), _octets(value)) for name, value in request.headers.items()
        ],
        "client": ("127.0.0.1", 1),
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": content.encode() if isinstance(content, str) else content}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent[0]["headers"]]
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent)


def json_behind_text(_ctx, response, case):
    """Check the one answer that is JSON under the name of text; schemathesis takes its media type at its word."""
    media, node = "text/plain; charset=utf-8", case.operation.definition.raw["responses"].get("200", {})
    if response.status_code == 200 and media in document.resolved(node).get("content", {}):
        schema = document.resolved(node)["content"][media]["schema"]
        validator = Draft202012Validator(schema | {"components": document.DOCUMENT["components"]})
        assert not (problems := [problem.message for problem in validator.iter_errors(response.json())]), (
            problems
        )


def _octets(value):
    return value if isinstance(value, bytes) else value.encode("latin-1")


def only_listed_failures(_ctx, response, case):
    """Raise for a 5xx that the contract does not list: an empty body, a bad override, an unknown decision."""
    if response.status_code < 500:
        return
    name, message = case.operation.definition.raw["operationId"], response.json()["message"]
    sent = response.request.body
    listed = (
        (message == "EOF" and not (sent or b"").strip())
        or (message.startswith("manual override: ") and name == "createOverride")
        or (message == "no rows in result set" and name == "getDecision")
    )
    assert listed, f"{name} ended in a {response.status_code}: {message}"


def shop(app, key=None):
    """Put some of everything into the namespace ``default`` and return the ids by which to ask for it."""
    headers = {"X-Org-ID": ORG} | ({"X-API-Key": key} if key else {})
    chosen = {}
    with session_for(app) as session:
        for method, path, body in _stock():
            response = session.request(method, BASE + path, json=body, headers=headers)
            assert response.status_code < 300, response.text
            answer = response.json()
            chosen |= {name: answer[name] for name in ("rule_id", "override_id") if name in answer}
        listed = session.get(BASE + "/v1/audit/decisions?namespace=default", headers=headers).json()[
            "decisions"
        ]
    chosen |= {"decision_id": listed[0]["decision_id"]} if listed else {}
    return KNOWN | chosen


def _stock():
    tags = [["books", "brand:a", "category:x"], ["home", "brand:b", "category:y"], ["smart", "brand:a"]]
    items = [
        {"item_id": f"i{n}", "available": n != 5, "price": n, "tags": tags[n % 3], "brand": "b"}
        for n in range(9)
    ]
    events = [
        {
            "user_id": user,
            "item_id": f"i{n}",
            "type": n % 4,
            "value": 1,
            "ts": worlds.rfc3339(worlds.NOW_US - n * worlds.DAY),
        }
        for n in range(9)
        for user in ("u", f"v{n % 3}")
    ]
    rule = {
        "surface": "default",
        "name": "r",
        "action": "BOOST",
        "target_type": "ITEM",
        "item_ids": ["i4"],
        "boost_value": 1,
    }
    segment = {
        "segment_id": "s",
        "profile_id": "p",
        "rules": [{"rule": {"exists": "ctx.vip"}, "enabled": True}],
    }
    space = {"namespace": "default"}
    return [
        ("POST", "/v1/items:upsert", space | {"items": items}),
        ("POST", "/v1/users:upsert", space | {"users": [{"user_id": "u", "traits": {"segment": "x"}}]}),
        ("POST", "/v1/events:batch", space | {"events": events}),
        ("POST", "/v1/admin/rules", rule),
        ("POST", "/v1/admin/manual_overrides", space | {"item_id": "i6", "action": "boost"}),
        ("POST", "/v1/segment-profiles:upsert", {"profiles": [{"profile_id": "p", "mmr_lambda": 0.5}]}),
        ("POST", "/v1/segments:upsert", {"segment": segment}),
        ("POST", "/v1/recommendations", {"user_id": "u", "explain_level": "full", "include_reasons": True}),
    ]


def aim(case, known):
    """Point a generated case at things that exist, and make a rule of it that holds together."""
    operation, parameters = document.operations()[case.method, case.path]
    schema = document.resolved(document.body_schema(operation) or {})
    spaces = {each["in"] for each in parameters if each["name"] == "namespace"}
    if "query" in spaces:
        case.query["namespace"] = known["namespace"]
    if isinstance(case.body, dict):
        _aim_body(case, known, schema)
    for place in (case.path_parameters, case.query):
        place.update({name: value for name, value in known.items() if name in place})


def _aim_body(case, known, schema):
    body = case.body
    if "namespace" in schema.get("properties", {}):
        body["namespace"] = known["namespace"]
    for place in (body, body.get("segment")):
        if isinstance(place, dict):
            place.update({name: value for name, value in known.items() if name in place})
    if "ids" in body:
        body["ids"] = [known["segment_id"], known["profile_id"]]
    if schema == document.resolved({"$ref": "#/components/schemas/RuleInput"}):
        for name in ("boost_value", "max_pins", "valid_from", "valid_until"):
            body.pop(name, None)
        body |= {"action": "BLOCK", "target_type": "ITEM", "item_ids": [known["item_id"]]}


def strategy_of(operation, mode, *, bound=True):
    """Return cases of one operation for our tenant; the negative ones may spoil the tenant header as well."""
    ours = operation.as_strategy(generation_mode=mode, headers={"X-Org-ID": ORG})
    if mode.is_positive:
        return ours
    anybody = operation.as_strategy(generation_mode=mode)
    return ours | anybody if bound else anybody


def fuzz(app, known, strategy, examples, *, shrink=True, keys=(None,)):
    """Send generated cases, every other one aimed at existing things, with one of the API keys; check every answer.

    Returns how many answers of each status there were. The same code gives the same cases: hypothesis is derandomized
    and remembers nothing. It also draws on constants of loaded project modules, so other code may get other cases.
    """
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
    from schemathesis import checks as known_checks

    checks = [*known_checks.CHECKS.get_by_names(CHECKS), only_listed_failures, json_behind_text]
    seen = {}
    phases = [Phase.generate, *([Phase.shrink] if shrink else [])]
    with session_for(app) as session:

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy, aimed=st.booleans(), key=st.sampled_from(keys))
        def check(case, aimed, key):
            if aimed:
                aim(case, known)
            headers = {} if key is None else {"X-API-Key": key}
            response = case.call(base_url=BASE, session=session, headers=headers)
            seen[response.status_code] = seen.get(response.status_code, 0) + 1
            case.validate_response(response, checks=checks)

        check()
    return seen
