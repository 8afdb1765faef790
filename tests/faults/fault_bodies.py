"""Faults of what an answer is made of."""

from __future__ import annotations

from typing import Any

from fault_acts import (
    HTML,
    answers,
    edited,
    relabelled,
    replaced,
)
from fault_hits import PAGE, RECOMMEND, hit
from fault_model import REFUSED, SURVIVED, TOLD, Fault

SCORE = b'"score":'


def scored(text: bytes) -> Any:
    """The first score is another piece of text."""
    return replaced(lambda body: body.replace(SCORE, SCORE + text + b',"was":', 1))


def one(act: Any) -> Any:
    return hit(RECOMMEND, act, phase="observing", skip=3)


BODIES = [
    Fault(
        "truncated JSON",
        "observing",
        "a list of the announced length ends in the middle",
        TOLD,
        one(replaced(lambda body: body[: len(body) // 2])),
        "JSON that is broken off after",
    ),
    Fault(
        "HTML instead of JSON",
        "pre-flight",
        "`/version` is a page, status 200",
        REFUSED,
        hit("GET /version", answers(200, PAGE, HTML)),
        "instead of JSON",
    ),
    Fault(
        "HTML instead of JSON",
        "observing",
        "a list is a page, status 200",
        TOLD,
        one(replaced(PAGE, HTML)),
        "instead of JSON",
    ),
    Fault(
        "wrong content type",
        "all the time",
        "lists and listings are called `text/html`",
        SURVIVED,
        hit(RECOMMEND, relabelled("text/html"), None) + hit("GET .*", relabelled("text/html"), None),
    ),
    Fault(
        "empty body", "observing", "a list is empty, status 200", TOLD, one(replaced(b"")), "an empty body"
    ),
    Fault(
        "redirect",
        "pre-flight",
        "`/health` answers 302",
        REFUSED,
        hit("GET /health", answers(302, b"", (("Location", "https://login.example/"),))),
        "a redirect to https://login.example/",
    ),
    Fault(
        "redirect",
        "scenarios",
        "one surface answers 307",
        TOLD,
        hit(RECOMMEND, answers(307, b"", (("Location", "/elsewhere"),)), None, surface="recsim-s2"),
        "redirects are not followed",
        failing=frozenset({"S2"}),
    ),
    Fault(
        "wrong types",
        "observing",
        "an item's score is a text",
        TOLD,
        one(edited(lambda answer: answer | {"items": [answer["items"][0] | {"score": "high"}]})),
        "JSON that breaks the contract",
    ),
    Fault(
        "wrong types",
        "after seeding",
        "`max_k` of the configuration is a text",
        TOLD,
        hit(
            "GET /v1/admin/recommendation/config",
            edited(lambda d: d | {"config": d["config"] | {"max_k": "many"}}),
            phase="seeding|observing",
        ),
        "JSON that breaks the contract",
    ),
    Fault("NaN", "observing", "a score is NaN", TOLD, one(scored(b"NaN")), "JSON that is malformed at byte"),
    Fault(
        "Infinity",
        "observing",
        "a score is Infinity",
        TOLD,
        one(scored(b"Infinity")),
        "JSON that is malformed at byte",
    ),
    Fault(
        "a score of 1e999",
        "observing",
        "a number beyond all floats",
        TOLD,
        one(scored(b"1e999")),
        "out of range",
    ),
    Fault(
        "no UTF-8",
        "observing",
        "a byte of a list is 0xFF",
        TOLD,
        one(replaced(lambda body: body.replace(b'"item_id":"', b'"item_id":"\xff', 1))),
        "is not UTF-8",
    ),
]
