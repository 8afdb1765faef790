"""schemathesis against the stand-in: every answer is one that the OpenAPI document promises.

The checks are conformance of status, content type, headers and body, and that a 5xx is one of the few which the
service's contract lists. The quick tests take a handful of cases, the long ones go through every operation.
"""

import json

import pytest
import standin_document as document
import standin_fuzz as fuzzing
from standin_auditing import ON

SERVED = ON | {"MMR_LAMBDA": "0.5", "BRAND_CAP": "1"}
KEYED = {"API_AUTH_ENABLED": "true", "API_AUTH_KEYS": "key:*,elsewhere:00000000-0000-0000-0000-000000000002"}
EVERY_OPERATION = pytest.mark.parametrize(
    ("method", "path"), [pytest.param(*key, id=" ".join(key)) for key in document.operations()]
)
EXAMPLES, MIXED_EXAMPLES = 25, 250


@pytest.fixture
def served(start):
    """Return a function that starts a stocked application: (application, ids known to it)."""

    def serve(key=None, **changes):
        app = start(**SERVED | changes).app
        return app, fuzzing.shop(app, key)

    return serve


def cases(method, path, mode):
    """Return a strategy, or None where nothing can be wrong with a request."""
    _, parameters = document.operations()[method, path]
    operation = fuzzing.operation(method, path)
    if mode.is_negative and not parameters:
        return None
    bound = operation.body or any(each["in"] != "header" for each in parameters)
    return fuzzing.strategy_of(operation, mode, bound=bool(bound))


@pytest.mark.long
@EVERY_OPERATION
def test_every_operation_answers_as_documented(served, method, path):
    from schemathesis import GenerationMode

    for mode in GenerationMode:
        if (strategy := cases(method, path, mode)) is not None:
            app, known = served()
            assert fuzzing.fuzz(app, known, strategy, EXAMPLES)


@pytest.mark.long
def test_a_service_that_has_been_through_everything_answers_as_documented(served):
    app, known = served()
    strategy = fuzzing.schema().as_strategy(headers={"X-Org-ID": fuzzing.ORG})
    assert {200, 201, 202, 400, 422} <= fuzzing.fuzz(app, known, strategy, MIXED_EXAMPLES).keys()


@pytest.mark.long
def test_answers_behind_api_keys_are_as_documented(served):
    app, known = served("key", **KEYED)
    strategy = fuzzing.schema().as_strategy(headers={"X-Org-ID": fuzzing.ORG})
    seen = fuzzing.fuzz(app, known, strategy, MIXED_EXAMPLES, keys=("key", "elsewhere", "wrong", None))
    assert {200, 202, 401, 403} <= seen.keys()


@pytest.mark.parametrize(
    "path",
    [
        "/v1/recommendations",
        *(pytest.param(path, marks=pytest.mark.long) for path in ("/v1/admin/rules", "/v1/events:batch")),
    ],
)
def test_a_few_requests_are_answered_as_documented(served, path):
    from schemathesis import GenerationMode

    app, known = served()
    seen = fuzzing.fuzz(app, known, cases("POST", path, GenerationMode.POSITIVE), 8)
    assert {200, 201, 202} & seen.keys()


def test_refusals_of_the_rate_limit_are_as_documented(served):
    from schemathesis import GenerationMode

    app, known = served(API_RATE_LIMIT_RPM="1", API_RATE_LIMIT_BURST="12")
    seen = fuzzing.fuzz(app, known, cases("GET", "/v1/admin/rules", GenerationMode.POSITIVE), 8)
    assert seen.keys() == {200, 429}


def broken(app, spoil):
    """Return an application whose answers are spoilt on the way: ``spoil(status, headers, body)`` returns new ones."""

    async def application(scope, receive, send):
        sent = []

        async def keep(message):
            sent.append(message)

        await app(scope, receive, keep)
        status, headers, body = spoil(sent[0]["status"], sent[0]["headers"], sent[1]["body"])
        headers = [(name, value) for name, value in headers if name != b"content-length"]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


def without(member):
    def spoil(status, headers, body):
        return (
            status,
            headers,
            json.dumps({k: v for k, v in json.loads(body).items() if k != member}).encode(),
        )

    return spoil


def extended(status, headers, body):
    return status, headers, json.dumps(json.loads(body) | {"surprise": 1}).encode()


def renamed(code):
    def spoil(status, headers, body):
        return (
            status,
            headers,
            body if status < 400 else json.dumps(json.loads(body) | {"error": code}).encode(),
        )

    return spoil


def as_html(status, headers, body):
    return status, [(b"content-type", b"text/html")], body


def answering(
    status,
    body=b'{"error":"internal","message":"internal error","correlation_id":"x","timestamp":"2026-01-01T00:00:00.000000000Z"}',
):
    return lambda _status, headers, _body: (status, headers, body)


@pytest.mark.parametrize(
    ("method", "path", "spoil", "said"),
    [
        ("GET", "/v1/items", without("has_more"), "has_more"),
        ("GET", "/v1/items", extended, "surprise"),
        ("GET", "/v1/items", as_html, "text/html"),
        ("GET", "/v1/items", answering(503), "503"),
        ("GET", "/v1/items", answering(500), "500"),
        ("GET", "/v1/event-types", answering(200, b'[{"type":"view"}]'), "view"),
        ("POST", "/v1/recommendations", without("trace"), "trace"),
        ("POST", "/v1/recommendations", renamed("oops"), "oops"),
        ("POST", "/v1/recommendations", answering(500), "ended in a 500"),
        ("POST", "/v1/admin/manual_overrides", answering(500), "ended in a 500"),
    ],
)
def test_a_broken_answer_is_caught(served, method, path, spoil, said):
    from schemathesis import GenerationMode

    app, known = served()
    strategy = cases(method, path, GenerationMode.POSITIVE)
    with pytest.raises(BaseExceptionGroup) as failure:
        fuzzing.fuzz(broken(app, spoil), known, strategy, 20, shrink=False)
    assert any(said in text(problem) for problem in flat(failure.value))


def flat(group):
    for problem in group.exceptions:
        yield from flat(problem) if isinstance(problem, BaseExceptionGroup) else [problem]


def text(problem):
    return f"{problem} {getattr(problem, 'message', '')}"


def test_the_same_code_sends_the_same_requests(served):
    from schemathesis import GenerationMode

    def bodies():
        app, known = served()
        sent = []

        async def listening(scope, receive, send):
            message = await receive()
            sent.append((scope["path"], scope["query_string"], message["body"]))

            async def again():
                return message

            await app(scope, again, send)

        fuzzing.fuzz(listening, known, cases("POST", "/v1/admin/rules/dry-run", GenerationMode.NEGATIVE), 10)
        return sent

    first = bodies()
    assert len(first) >= 10
    assert first == bodies()
