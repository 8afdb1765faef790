from __future__ import annotations

import asyncio

import pytest
from service_fakes import Reply, refusal

from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.contract.filters import checked


def events(number, **extra):
    return [
        {"user_id": "u", "item_id": f"i{n}", "type": 0, "value": 1.0, "ts": "2026-11-22T22:00:00Z", **extra}
        for n in range(number)
    ]


def sourced(number):
    return [{**event, "source_event_id": f"s{n}"} for n, event in enumerate(events(number))]


def test_events_go_out_in_batches_of_500_and_come_back_in_full(serve, recsys):
    server, service = serve(recsys)
    assert service.send_events(sourced(2345)) == 5
    assert sorted(len(seen.body["events"]) for seen in server.seen) == [345, 500, 500, 500, 500]
    assert {seen.body["namespace"] for seen in server.seen} == {"ns"}
    found = service.all_events()
    assert {event.item_id for event in found} == {f"i{n}" for n in range(2345)}
    assert len(found) == 2345
    assert service.tally.requests["GET /v1/events"] == 3


def test_it_works_where_an_event_loop_is_running_and_leaves_that_one_running(serve, recsys):
    """As under pytest-twisted, in a user's asynchronous scenario or in a notebook."""
    _, service = serve(recsys)

    async def asynchronous():
        sent = service.send_events(sourced(3))
        await asyncio.sleep(0)
        service.close()
        return sent

    assert service.send_events(sourced(3)) == asyncio.run(asynchronous()) == 1


def test_nothing_to_write_sends_nothing(serve, recsys):
    server, service = serve(recsys)
    assert service.upsert_items([]) == 0
    assert server.seen == []


def test_rows_that_vanish_while_being_read_are_noticed(serve, recsys):
    _, service = serve(recsys, concurrency=1)
    service.send_events(sourced(2500))
    page = recsys._page

    def shrinking(name, query):
        found = page(name, query)
        del recsys.rows["events"][-1]
        return found

    recsys._page = shrinking
    with pytest.raises(ServiceError, match="changed") as caught:
        service.all_events()
    assert caught.value.code == "changed"


def test_a_batch_whose_fate_is_unknown_is_repeated_only_when_every_event_has_a_source_id(serve, recsys):
    recsys.fail["POST /v1/events:batch"] = Reply(drop=True)
    _, service = serve(recsys)
    service.send_events(sourced(3))
    assert service.tally.retries == {"dropped": 1}
    recsys.fail["POST /v1/events:batch"] = Reply(drop=True)
    with pytest.raises(ServiceError):
        service.send_events([*sourced(2), *events(1)])


@pytest.mark.parametrize("bad", [Reply(drop=True), refusal(503, "down")])
def test_a_rule_is_never_created_twice_by_a_retry(serve, recsys, bad):
    recsys.fail["POST /v1/admin/rules"] = bad
    server, service = serve(recsys)
    with pytest.raises(ServiceError):
        service.create_rule(surface="s", name="n", action="PIN", target_type="ITEM", item_ids=["a"])
    assert len(server.seen) == 1


def test_a_rate_limited_rule_was_not_created_and_is_sent_again(serve, recsys):
    recsys.fail["POST /v1/admin/rules"] = refusal(429, "rate_limited")
    _, service = serve(recsys)
    service.create_rule(surface="s", name="n", action="PIN", target_type="ITEM", item_ids=["a"])
    assert len(recsys.rules) == 1


@pytest.mark.parametrize(
    ("resource", "filters", "said"),
    [
        ("items", {}, "wipe_items"),
        ("items", {"item_id": None}, "wipe_items"),
        ("items", {"item_id": ""}, "non-empty"),
        ("items", {"item_id": "  "}, "non-empty"),
        ("items", {"user_id": "u"}, "does not filter items"),
        ("items", {"item_id": "a", "user_id": "u"}, "does not filter items"),
        ("users", {"item_id": "a"}, "does not filter users"),
        ("users", {"event_type": 1}, "does not filter users"),
        ("users", {"user_id": 7}, "non-empty string"),
        ("events", {"event_type": "1"}, "16-bit"),
        ("events", {"event_type": True}, "16-bit"),
        ("events", {"event_type": 40000}, "16-bit"),
        ("events", {"created_after": ""}, "non-empty"),
        ("events", {"segment": "x"}, "does not filter events"),
    ],
)
def test_a_delete_that_would_wipe_the_namespace_never_goes_out(serve, recsys, resource, filters, said):
    server, service = serve(recsys)
    with pytest.raises(ValueError, match=said):
        getattr(service, f"delete_{resource}")(**filters)
    assert server.seen == []


def test_effective_filters_pass_and_zero_is_an_event_type():
    assert checked("events", {"event_type": 0, "user_id": None}) == {"event_type": 0}
    assert checked("items", {"created_before": "2026-01-01"}) == {"created_before": "2026-01-01"}


def test_a_filtered_delete_takes_only_what_matches(service, recsys):
    service.upsert_items([{"item_id": "a", "available": True}, {"item_id": "b", "available": True}])
    assert service.delete_items(item_id="a") == 1
    assert set(recsys.rows["items"]) == {"b"}


def test_wiping_has_to_be_said(service, recsys):
    service.upsert_users([{"user_id": "u", "traits": {}}])
    service.send_events(sourced(3))
    assert (service.wipe_events(), service.wipe_items(), service.wipe_users()) == (3, 0, 1)


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_page_size_that_the_service_would_silently_change_is_refused(service, limit):
    with pytest.raises(ValueError, match="limit"):
        service.list_items(limit=limit)


def test_listings_filter_by_id_and_leave_json_strings_to_be_parsed(service):
    service.upsert_users([{"user_id": "u1", "traits": {"segment": "x"}}, {"user_id": "u2", "traits": {}}])
    page = service.list_users(limit=1, user_id="u1")
    assert page.total == 1
    assert page.items[0].traits_value() == {"segment": "x"}


def test_rules_are_replaced_listed_by_surface_and_sent_without_empty_fields(service, recsys):
    made = service.create_rule(surface="s", name="n", action="BLOCK", target_type="TAG", target_key="t")
    assert "boost_value" not in recsys.rules[made.rule_id]
    assert recsys.rules[made.rule_id]["namespace"] == "ns"
    terms = {"action": "BLOCK", "target_type": "TAG", "target_key": "t"}
    assert service.put_rule(made.rule_id, surface="s", name="n", enabled=False, **terms).enabled is False
    assert [rule.name for rule in service.list_rules("s")] == ["n"]
    assert service.list_rules("other") == []
    assert service.tally.requests["PUT /v1/admin/rules/{id}"] == 1


def test_cancelling_an_override_that_is_gone_is_fine_but_other_refusals_are_not(serve, recsys):
    _, service = serve(recsys)
    made = service.create_override(item_id="a", boost_value=2.0)
    service.cancel_override(made.override_id)
    service.cancel_override(made.override_id)
    assert service.list_overrides(status="active") == []
    recsys.fail["POST /v1/admin/manual_overrides/x/cancel"] = refusal(400, "invalid_override_id")
    with pytest.raises(ServiceError, match="invalid_override_id"):
        service.cancel_override("x")


def test_event_types_are_read_although_they_arrive_as_plain_text(service, recsys):
    recsys.types = [{"type": 1, "weight": 0.3, "source": "default", "is_active": True}]
    assert [(kind.type, kind.weight) for kind in service.event_types()] == [(1, 0.3)]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "required field `config`"),
        ({"config": []}, "$.config"),
        ({"config": {"max_k": "many"}}, "$.max_k"),
        ({"config": {"brand_tag_prefixes": "brand"}}, "$.brand_tag_prefixes"),
    ],
)
def test_a_configuration_of_another_shape_is_told_when_it_is_read(serve, document, said):
    _, service = serve(lambda _: Reply(200, document))
    with pytest.raises(ServiceError, match="breaks the contract") as caught:
        service.admin_config()
    assert said in caught.value.sentence


def test_a_configuration_is_read_whole(serve):
    config = {"max_k": 0, "brand_tag_prefixes": None, "exclude_event_types": [3], "something_new": {"a": 1}}
    _, service = serve(lambda _: Reply(200, {"namespace": "default", "config": config, "metadata": {}}))
    assert service.admin_config() == config
