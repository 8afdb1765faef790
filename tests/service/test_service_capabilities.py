"""Revisions of the service: what an older one does not send or do is found out, told, and breaks nothing."""

from __future__ import annotations

import msgspec
import pytest
from service_fakes import Reply, answer, refusal

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.service.api.capabilities import Capabilities, NotOffered, find_capabilities
from pytest_recsim.service.contract.ask import Ask
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.contract.wire import ANSWER, Answer
from pytest_recsim.service.safety.preflight import preflight


def without(*members):
    found = answer()
    for member in members:
        del found["trace"]["extras"][member]
    return found


def test_a_service_that_sends_and_does_everything_lacks_nothing(service):
    assert find_capabilities(service) == Capabilities()
    assert Capabilities().missing == ()


@pytest.mark.parametrize("member", ["signal_status", "candidate_sources"])
def test_a_member_that_is_not_sent_is_not_visible(service, recsys, member):
    recsys.recommend = lambda body: without(member)
    found = preflight(service).capabilities
    assert not getattr(found, member)
    (sentence,) = found.missing
    assert sentence.startswith("this revision of the service does not send")
    assert f"trace.extras.{member}" in sentence


@pytest.mark.parametrize(("reply", "validates"), [(None, False), (refusal(500, "internal"), False)])
def test_a_service_that_answers_a_negative_k_validates_nothing(serve, recsys, reply, validates):
    recsys.validates = False

    def handle(request):
        negative = request.path == "/v1/recommendations" and request.body["k"] < 0
        return reply if reply and negative else recsys(request)

    server, service = serve(handle)
    assert find_capabilities(service).validates is validates
    questions = [one for one in server.seen if one.path == "/v1/recommendations"]
    assert len(questions) == 2  # what it makes of nonsense is asked once, whatever it answers


@pytest.mark.parametrize(
    ("path", "lacking"),
    [
        ("admin/rules", "rules"),
        ("admin/manual_overrides", "overrides"),
        ("segments", "segments"),
        ("event-types", "event_types"),
    ],
)
def test_an_endpoint_that_is_not_there_is_a_capability_that_is_missing(serve, recsys, path, lacking):
    steer, nothing = recsys._steer, Reply(405, b"", {"Allow": "OPTIONS"})
    recsys._steer = lambda request, name: nothing if name == path else steer(request, name)
    can = preflight(serve(recsys)[1]).capabilities
    assert can == Capabilities(**{lacking: False})
    (sentence,) = can.missing
    assert sentence.startswith("this revision of the service ")


def test_an_endpoint_that_fails_is_no_missing_capability(serve, recsys):
    recsys.fail["GET /v1/segments"] = refusal(403, "forbidden")
    with pytest.raises(ServiceError):
        find_capabilities(serve(recsys)[1])


def test_what_needs_a_capability_that_is_missing_is_not_offered_and_says_why():
    can = Capabilities(rules=False)
    can.insist("overrides")
    with pytest.raises(NotOffered, match="has no rules, so none can be tried"):
        can.insist("rules")


def test_looking_at_a_service_counts_as_no_failed_attempt(service):
    find_capabilities(service)
    assert service.tally.failed == {}
    assert service.tally.recommendation_requests == 1
    assert service.tally.writes == 0


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda found: found["trace"]["extras"].pop("recent_event_count"), "recent_event_count"),
        (lambda found: found["trace"]["extras"].pop("policy"), "policy"),
        (lambda found: found["trace"]["extras"]["policy"].pop("final_count"), "final_count"),
        (lambda found: found.pop("trace"), "trace"),
        (lambda found: found.pop("items"), "items"),
    ],
    ids=["recent_event_count", "policy", "final_count", "trace", "items"],
)
def test_without_what_every_check_goes_by_the_service_is_refused_in_one_sentence(
    service, recsys, spoil, said
):
    found = answer()
    spoil(found)
    recsys.recommend = lambda body: found
    with pytest.raises(InputError) as caught:
        preflight(service)
    (problem,) = caught.value.problems
    assert "does not answer /v1/recommendations like a Recsys service" in problem.what
    assert f"`{said}`" in problem.what


def test_a_version_that_says_nothing_is_no_reason_to_refuse(service, recsys):
    recsys.version = Reply(200, {})
    facts = preflight(service)
    assert (facts.version, facts.model_version, facts.git_commit) == ("", "", "")


@pytest.mark.parametrize(("weight", "warned"), [(0.7, 0), (5.0, 1)])
def test_whose_an_event_weight_is_shows_in_the_weight_where_the_service_does_not_say(
    service, recsys, weight, warned
):
    recsys.types = [{"type": 2, "weight": weight}, {"type": 9, "weight": 1}]
    assert len(preflight(service).warnings) == warned


OLD_BLEND = {
    "gamma": 0.2,
    "emb_norm": 0.5,
    "contrib": {"pop": 0.3, "emb": 0.1},
    "raw": {"pop": 3.0, "emb": 0.5},
}


def test_the_similarity_is_read_under_the_name_it_had_until_2025():
    found = answer(["a"])
    found["items"][0]["explain"] = {"blend": OLD_BLEND}
    decoded = ANSWER.decode(msgspec.json.encode(found))
    blend = decoded.items[0].explain.blend
    assert (blend.similarity_norm, blend.contrib.similarity, blend.raw.similarity) == (0.5, 0.1, 0.5)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(decoded), type=Answer)
    assert again == decoded


def test_a_blend_is_sent_under_both_names_of_the_similarity():
    body = Ask("u1", blend={"pop": 1.0, "similarity": 0.5}).body("ns")
    assert body["blend"] == {"pop": 1.0, "similarity": 0.5, "als": 0.5}
    assert "als" not in Ask("u1", blend={"pop": 1.0}).body("ns")["blend"]


# --- members that we do not know ---


def newer(body):
    found = answer(["a", "b"])
    found["items"][0]["badge"] = "new"
    found["items"][0]["explain"] = {"blend": {"novelty": 1}}
    found["trace"]["extras"]["candidate_sources"] = {"popularity": {"count": 3, "cached": True}}
    found["trace"]["extras"]["manual_overrides"] = [{"override_id": "o", "served": ["a"], "why": "x"}]
    return found


def test_members_we_do_not_know_are_tolerated_and_counted_on_a_few_answers(service, recsys):
    recsys.recommend = newer
    service.recommend([Ask(f"u{number}") for number in range(20)])
    assert service.tally.looked_at == 5
    assert service.tally.unknown == {
        "items[].badge": 5,
        "items[].explain.blend.novelty": 5,
        "trace.extras.candidate_sources.*.cached": 5,
        "trace.extras.manual_overrides[].why": 5,
    }


def test_of_an_answer_as_the_contract_has_it_nothing_is_unknown(service):
    service.recommend([Ask("u1")])
    assert service.tally.unknown == {}
    assert service.tally.looked_at == 1
