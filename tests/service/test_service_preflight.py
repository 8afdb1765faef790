from __future__ import annotations

from datetime import UTC, datetime

import pytest
from kept_port import kept_port
from service_fakes import Reply, refusal

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.safety.preflight import preflight

NOW = datetime(2026, 11, 22, 22, tzinfo=UTC)


def test_a_healthy_service_tells_its_version_and_nothing_is_written(serve, recsys):
    server, service = serve(recsys)
    facts = preflight(service)
    assert (facts.health, facts.model_version, facts.git_commit) == ("ok", "blend_v1", "abc")
    assert facts.warnings == ()
    assert {seen.method for seen in server.seen if "recommendations" not in seen.path} == {"GET"}
    assert [seen.path for seen in server.seen[:3]] == ["/health", "/version", "/v1/items"]


def refused(service):
    with pytest.raises(InputError) as caught:
        preflight(service)
    (problem,) = caught.value.problems
    assert problem.where == service.endpoint.base_url
    assert "\n" not in problem.what
    return problem.what


def test_nobody_there_is_refused_with_advice():
    with (
        kept_port() as port,
        Service(Endpoint(f"http://127.0.0.1:{port}", "o", "ns", trust_env=False)) as service,
    ):
        said = refused(service)
    assert "gives no answer" in said
    assert "--base-url" in said


def test_nobody_is_sent_to_look_at_a_url_that_was_not_given():
    with (
        kept_port() as port,
        Service(Endpoint(f"http://127.0.0.1:{port}", "o", "ns", trust_env=False, token="t")) as service,
    ):
        said = refused(service)
    assert "embedded stand-in" in said
    assert "--base-url" not in said


@pytest.mark.parametrize(
    "reply",
    [
        Reply(
            503,
            {"status": "degraded", "workers": {"decision_recorder": {"status": "error", "message": "disk"}}},
        ),
        Reply(200, {"status": "degraded"}),
        Reply(503, b"<h1>503</h1>", {"Content-Type": "text/html"}),
    ],
)
def test_an_unhealthy_service_is_refused(serve, recsys, reply):
    recsys.health = reply
    said = refused(serve(recsys)[1])
    assert "healthy" in said or "`degraded`" in said


@pytest.mark.parametrize(
    "handle",
    [
        lambda _: Reply(200, b"<html>It works!</html>", {"Content-Type": "text/html"}),
        lambda _: Reply(404, b"<html>Not Found</html>", {"Content-Type": "text/html"}),
        lambda _: Reply(200, {"status": "ok"}),
        lambda _: Reply(200, [1, 2]),
        lambda _: Reply(301, b"", {"Location": "https://www.example/"}),
    ],
    ids=["a web page", "not found", "another JSON service", "another JSON shape", "a redirect"],
)
def test_a_server_that_is_no_recsys_is_refused(serve, handle):
    said = refused(serve(handle)[1])
    assert "like a Recsys service" in said
    assert "--base-url" in said


def test_a_server_that_does_not_speak_http_is_refused(serve):
    assert "does not speak HTTP" in refused(serve(lambda _: Reply(raw=b"SSH-2.0-x\r\n\r\n"))[1])


@pytest.mark.parametrize(("status", "code"), [(401, "unauthorized"), (403, "forbidden")])
def test_a_refused_key_is_told_without_the_key(serve, recsys, status, code):
    recsys.fail["GET /v1/items"] = refusal(status, code)
    said = refused(serve(recsys, api_key="s3cret-9")[1])
    assert "RECSYS_API_KEY" in said
    assert "s3cret-9" not in said


def test_a_refused_organisation_points_to_its_option(serve, recsys):
    recsys.fail["GET /v1/items"] = refusal(400, "invalid_org_id")
    assert "--org-id" in refused(serve(recsys)[1])


def test_what_survives_resets_and_is_not_ours_is_warned_about(serve, recsys):
    rule = {"namespace": "ns", "priority": 0, "action": "PIN", "target_type": "ITEM", "item_ids": ["a"]}
    recsys.rules = {
        "1": {**rule, "rule_id": "1", "surface": "home", "name": "spring sale", "enabled": True},
        "2": {**rule, "rule_id": "2", "surface": "home", "name": "switched off", "enabled": False},
        "3": {**rule, "rule_id": "3", "surface": "home", "name": "recsim:ours", "enabled": True},
        "4": {**rule, "rule_id": "4", "surface": "home", "name": "manual_boost_a", "enabled": True},
        "5": {
            **rule,
            "rule_id": "5",
            "surface": "home",
            "name": "over",
            "valid_until": "2026-11-22T21:00:00Z",
        },
        "6": {**rule, "rule_id": "6", "surface": "recsim-s2", "name": "old", "enabled": True},
    }
    recsys.rules["5"]["enabled"] = True
    override = {"namespace": "ns", "surface": "home", "item_id": "a", "action": "boost", "status": "active"}
    recsys.overrides = {
        "o1": {**override, "override_id": "o1", "rule_id": "4", "created_by": "sam"},
        "o2": {**override, "override_id": "o2", "rule_id": "7", "created_by": "recsim"},
    }
    recsys.segments = [{"segment_id": "vip", "active": True}, {"segment_id": "idle", "active": False}]
    recsys.types = [
        {"type": 1, "weight": 10, "source": "tenant"},
        {"type": 0, "weight": 0.1, "source": "default"},
    ]
    warnings = preflight(serve(recsys, clock=lambda: NOW)[1]).warnings
    assert len(warnings) == 4
    for part in ("spring sale", "override o1", "segment `vip`", "event type 1"):
        assert sum(part in warning for warning in warnings) == 1


def test_a_service_without_rules_or_segments_at_all_is_fine(serve, recsys):
    steer = recsys._steer
    nothing = Reply(405, b"", {"Allow": "OPTIONS"})
    recsys._steer = lambda request, name: steer(request, name) if name == "recommendations" else nothing
    assert preflight(serve(recsys)[1]).warnings == ()
