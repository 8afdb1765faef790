"""Contract sections 2.1, 6 and 7: rerank, similar items and the embeddings behind them."""

import hashlib

import pytest


def code(response):
    return response.status_code, response.json()["error"]


def test_equal_text_is_similar_and_other_text_is_not(start, make):
    client = start()
    texts = ["red shoe", "Red Shoe", "blue hat", "green sock"]
    client.items(*(make.item(f"i{n}", description=text) for n, text in enumerate(texts)), make.item("bare"))
    near = client.ok("GET", "/v1/items/i0/similar?namespace=n&k=2")
    assert near[0] == {"item_id": "i1", "score": 1.0, "reasons": ["embedding_similarity"]}
    assert abs(near[1]["score"]) < 0.2
    assert client.ok("GET", "/v1/items/unknown/similar?namespace=n") == []
    assert client.ok("GET", "/v1/items/bare/similar?namespace=n") == []


def test_similar_falls_back_to_co_visits_and_drops_unavailable_items_late(client, make):
    client.items(make.item("a"), make.item("b"), make.item("c", available=False))
    client.events(
        *(make.event("v", item, day) for item, day in (("a", 1), ("a", 2), ("b", 1), ("c", 1), ("c", 2)))
    )
    assert client.ok("GET", "/v1/items/a/similar?namespace=n&k=1") == []
    found = client.ok("GET", "/v1/items/a/similar?namespace=n&k=x")
    assert found == [{"item_id": "b", "score": 2.0, "reasons": ["co_visitation"]}]


def test_client_embeddings_are_compared_by_cosine(client, make):
    def axis(n):
        return [1.0 if place in (0, n) else 0.0 for place in range(384)]

    client.items(*(make.item(f"i{n}", embedding=axis(n)) for n in (1, 2, 3)))
    scores = [row["score"] for row in client.ok("GET", "/v1/items/i1/similar?namespace=n")]
    assert scores == pytest.approx([0.5, 0.5])


def test_derived_embeddings_follow_the_hash_of_the_contract(client, make):
    client.items(make.item("a", brand="Acme", description=" Text "), make.item("b", "other", "tags"))

    def vector(text):
        blocks = [hashlib.sha256(text)] + [hashlib.sha256(text + bytes([n])) for n in range(1, 12)]
        return [byte / 127.5 - 1 for block in blocks for byte in block.digest()]

    a, b = vector(b"acme  text"), vector(b"other tags")
    norm = (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
    expected = sum(x * y for x, y in zip(a, b, strict=True)) / norm
    assert client.ok("GET", "/v1/items/a/similar?namespace=n")[0]["score"] == pytest.approx(
        expected, abs=1e-9
    )


def test_rerank_keeps_unknown_ids_and_uses_the_scores_sent(shop):
    body = {
        "namespace": "n",
        "user_id": "u",
        "items": [{"item_id": " ghost ", "score": 4}, {"item_id": "i0"}, {"item_id": "ghost"}],
    }
    answer = shop.ok("POST", "/v1/rerank", body | {"blend": {"pop": 1}})
    assert [row["item_id"] for row in answer["items"]] == ["ghost", "i0"]
    assert answer["items"][0]["score"] == pytest.approx(0.8)
    assert set(answer["trace"]["extras"]["candidate_sources"]) == {
        "prefetched",
        "merged",
        "post_exclusion",
        "post_constraints",
    }
    limited = shop.ok("POST", "/v1/rerank", body | {"constraints": {"price_between": [0]}})
    assert [row["item_id"] for row in limited["items"]] == ["i0"]


def test_rerank_refuses_lists_without_ids(client):
    assert code(client.post("/v1/rerank", {"user_id": "u"})) == (400, "empty_items")
    assert code(client.post("/v1/rerank", {"user_id": "u", "items": [{"item_id": " "}]})) == (
        400,
        "invalid_items",
    )
