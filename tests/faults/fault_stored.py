"""Faults in which the service did it, though the answer says otherwise, or the other way round."""

from __future__ import annotations

from fault_acts import (
    acts_then_answers,
    acts_then_resets,
    answers,
    delivers_twice,
    swallows_after_acting,
)
from fault_hits import EVENTS, IMPATIENT, OVERRIDE, RULE, hit
from fault_model import SURVIVED, TOLD, Fault

ACCEPTED = b'{"status":"accepted"}'

STORED = [
    Fault(
        "stored, but 503",
        "seeding",
        "2 batches of events are stored and answered 503",
        SURVIVED,
        hit(EVENTS, acts_then_answers(503, "unavailable"), 2),
        retries={"503": 2},
    ),
    Fault(
        "stored, but reset",
        "seeding",
        "the marker, the items and 2 batches are stored and reset",
        SURVIVED,
        hit("POST /v1/(items|users):upsert", acts_then_resets, 2) + hit(EVENTS, acts_then_resets, 2),
        retries={"dropped": 4},
    ),
    Fault(
        "stored, but never answered",
        "seeding",
        "2 batches of events are stored, no answer",
        SURVIVED,
        hit(EVENTS, swallows_after_acting, 2),
        retries={"timeout": 2},
        words=IMPATIENT,
    ),
    Fault(
        "delivered twice",
        "seeding",
        "every batch of events reaches the service two times",
        SURVIVED,
        hit(EVENTS, delivers_twice, None),
    ),
    Fault(
        "accepted and lost",
        "seeding",
        "a batch of events is answered 202 and not stored",
        TOLD,
        hit(EVENTS, answers(202, ACCEPTED)),
        "does not hold what was sent",
    ),
    Fault(
        "wiped, but reset",
        "seeding",
        "the deletes of the reset act and are reset",
        SURVIVED,
        hit("POST /v1/(events|items|users):delete", acts_then_resets, 3),
        retries={"dropped": 3},
    ),
    Fault(
        "rule made, but reset",
        "scenarios",
        "a rule is stored, its making is reset",
        SURVIVED,
        hit(RULE, acts_then_resets),
        retries={"dropped": 1},
    ),
    Fault(
        "override made, but reset",
        "scenarios",
        "an override is stored, its making is reset",
        SURVIVED,
        hit(OVERRIDE, acts_then_resets),
        retries={"dropped": 1},
    ),
    Fault(
        "override made, but 504",
        "scenarios",
        "an override is stored, a gateway answers 504",
        SURVIVED,
        hit(OVERRIDE, acts_then_answers(504, "gateway_timeout")),
        retries={"504": 1},
    ),
    Fault(
        "rule made, but 500",
        "scenarios",
        "a rule is stored, its making answers 500",
        TOLD,
        hit(RULE, acts_then_answers(500, "internal")),
        "answered 500 internal",
        failing=frozenset({"S2"}),
    ),
    Fault(
        "rule made twice",
        "scenarios",
        "the making of a rule reaches the service two times",
        TOLD,
        hit(RULE, delivers_twice),
        "slots with the tag after the rule is disabled",
        failing=frozenset({"S2"}),
    ),
    Fault(
        "switched off, but reset",
        "scenarios",
        "changing a rule and cancelling act and are reset",
        SURVIVED,
        hit("PUT /v1/admin/rules/.*", acts_then_resets) + hit(f"{OVERRIDE}/.*/cancel", acts_then_resets, 2),
        retries={"dropped": 3},
    ),
]
