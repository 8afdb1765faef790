from __future__ import annotations

import json
import os
import subprocess

import msgspec
import pytest
from service_fakes import answer

from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import ANSWER


def exchange(ask=None, found=None, **changes):
    facts = {
        "seconds": 0.01,
        "url": "http://h/v1/recommendations",
        "org_id": "o-1",
        "namespace": "ns",
        **changes,
    }
    return Exchange(ask or Ask("u1"), ANSWER.decode(json.dumps(found or answer())), **facts)


def test_asks_with_the_same_content_are_equal_whatever_the_order_of_keys():
    one = Ask("u1", overrides={"brand_cap": 0, "mmr_lambda": 0.5})
    other = Ask("u1", overrides={"mmr_lambda": 0.5, "brand_cap": 0})
    assert one == other
    assert hash(one) == hash(other)
    assert one.key == other.key
    assert {one: 1}[other] == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"user_id": "u2"},
        {"k": 19},
        {"surface": "home"},
        {"include_reasons": False},
        {"explain_level": "full"},
        {"constraints": {"include_tags_any": ["x"]}},
        {"overrides": {"brand_cap": 0}},
        {"blend": {"pop": 1}},
    ],
)
def test_every_part_of_the_question_tells_asks_apart(changed):
    assert Ask(**{"user_id": "u1", **changed}) != Ask("u1")


def test_the_body_names_the_namespace_and_puts_the_surface_into_the_context():
    body = Ask("u1", k=5, surface="recsim-s2", blend={"pop": 1.0}).body("shop")
    assert body == {
        "namespace": "shop",
        "user_id": "u1",
        "k": 5,
        "context": {"surface": "recsim-s2"},
        "include_reasons": True,
        "explain_level": "numeric",
        "blend": {"pop": 1.0},
    }


def test_ranks_are_one_based_and_none_for_items_not_listed():
    found = exchange(found=answer(["x", "y"]))
    assert found.ids == ("x", "y")
    assert (found.rank("x"), found.rank("y"), found.rank("z")) == (1, 2, None)


def test_the_curl_line_survives_a_shell_and_never_shows_the_key(tmp_path):
    fake = tmp_path / "curl"
    fake.write_text('#!/bin/sh\nfor part in "$@"; do printf "%s\\n" "$part"; done\n')
    fake.chmod(0o755)
    ask = Ask('it\'s $HOME `id` "q"', constraints={"include_tags_any": ["a b"]})
    line = exchange(ask, keyed=True).curl()
    env = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "RECSYS_API_KEY": "k-123"}
    parts = subprocess.run(["sh", "-c", line], env=env, capture_output=True, text=True, check=True).stdout
    *_, body = parts.splitlines()
    assert msgspec.json.decode(body) == ask.body("ns")
    assert "X-API-Key: k-123" in parts
    assert "X-Org-ID: o-1" in parts
    assert "k-123" not in line


def test_without_a_key_the_curl_line_does_not_mention_one():
    assert "API" not in exchange().curl()


def test_zeros_that_the_service_leaves_out_read_as_zero_and_unknown_fields_do_not_matter():
    found = answer(["x"], surprise=[1])
    found["items"][0]["explain"] = {
        "blend": {"alpha": 0.3, "contrib": {}},
        "mmr": {"lambda": 0.5},
        "caps": {},
    }
    explain = ANSWER.decode(json.dumps(found)).items[0].explain
    assert (explain.blend.alpha, explain.blend.beta, explain.blend.contrib.pop) == (0.3, 0.0, 0.0)
    assert explain.mmr.lambda_ == 0.5
    assert explain.personalization is None
    assert ANSWER.decode(json.dumps(found)).items[0].reasons == []


def test_an_answer_without_one_of_the_sixteen_counters_is_not_accepted():
    found = answer()
    del found["trace"]["extras"]["policy"]["after_rules"]
    with pytest.raises(msgspec.ValidationError, match="after_rules"):
        ANSWER.decode(json.dumps(found))


def test_items_of_an_answer_that_say_the_same_share_it_and_others_keep_their_own():
    def item(name, reasons, anchors):
        return {"item_id": name, "score": 1.0, "reasons": reasons, "explain": {"anchors": anchors}}

    policy = dict.fromkeys(
        (
            "total_candidates",
            "after_rules",
            "final_count",
            "rule_boost_injected",
            "rule_boost_exposure",
        ),
        0,
    )
    sent = {
        "items": [
            item("a", ["pop"], ["x", "y"]),
            item("b", ["pop"], ["x", "y"]),
            item("c", ["pop", "cooc"], ["x"]),
            {"item_id": "d", "score": 1.0},
        ],
        "trace": {"extras": {"policy": policy, "recent_event_count": 0}},
    }
    items = ANSWER.decode(msgspec.json.encode(sent)).items
    assert items[0].reasons is items[1].reasons
    assert items[0].explain.anchors is items[1].explain.anchors
    assert [one.reasons for one in items] == [["pop"], ["pop"], ["pop", "cooc"], []]
    assert [one.explain.anchors for one in items[:3]] == [["x", "y"], ["x", "y"], ["x"]]
