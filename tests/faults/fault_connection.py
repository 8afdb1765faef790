"""Faults of connections and of time."""

from __future__ import annotations

from fault_acts import babbles, breaks_off, resets, shuts, swallows, waits
from fault_hits import EVENTS, IMPATIENT, ITEMS, OVERRIDE, RECOMMEND, RULE, hit
from fault_model import REFUSED, SURVIVED, TOLD, Fault
from fault_proxy import Hit, When

CONNECTION = [
    Fault(
        "nobody listens",
        "pre-flight",
        "every connection is refused",
        REFUSED,
        hit("GET /health", shuts(60)),
        "gives no answer",
        quick=True,
    ),
    Fault(
        "something else listens",
        "pre-flight",
        "the port speaks SSH",
        REFUSED,
        hit("GET /health", babbles, None),
        "does not speak HTTP",
    ),
    Fault(
        "connections refused for a while",
        "scenarios",
        "all connections break, 0.7 s long no new one is taken",
        SURVIVED,
        hit(RECOMMEND, shuts(0.7), phase="scenarios", skip=2),
        retries={"dropped": 1, "unreachable": 1},
    ),
    Fault(
        "reset before the answer",
        "pre-flight",
        "2 of the first reads are reset",
        SURVIVED,
        hit(ITEMS, resets, 2),
        retries={"dropped": 2},
    ),
    Fault(
        "reset before the answer",
        "seeding",
        "2 batches of events are reset unseen",
        SURVIVED,
        hit(EVENTS, resets, 2),
        retries={"dropped": 2},
    ),
    Fault(
        "reset before the answer",
        "observing",
        "3 lists are reset",
        SURVIVED,
        hit(RECOMMEND, resets, 3, phase="observing", skip=4),
        retries={"dropped": 3},
    ),
    Fault(
        "reset before the answer",
        "scenarios",
        "the making of a rule and of an override are reset unseen",
        SURVIVED,
        hit(RULE, resets) + hit(OVERRIDE, resets),
        retries={"dropped": 2},
    ),
    Fault(
        "reset in the middle of the body",
        "seeding",
        "2 answers to batches break off",
        SURVIVED,
        hit(EVENTS, breaks_off, 2),
        retries={"dropped": 2},
    ),
    Fault(
        "reset in the middle of the body",
        "observing",
        "3 lists break off",
        SURVIVED,
        hit(RECOMMEND, breaks_off, 3, phase="observing", skip=4),
        retries={"dropped": 3},
        quick=True,
    ),
]
TIME = [
    Fault(
        "slow",
        "all the time",
        "every fifth answer takes 0.3 s",
        SURVIVED,
        tuple(Hit(When(".*", skip=skip), waits(0.3)) for skip in range(0, 150, 5)),
    ),
    Fault(
        "slower than the time-out",
        "observing",
        "3 answers take 3 s, the time-out is 1 s",
        SURVIVED,
        hit(RECOMMEND, waits(3), 3, phase="observing", skip=2),
        retries={"timeout": 3},
        words=IMPATIENT,
    ),
    Fault(
        "black hole",
        "pre-flight",
        "nobody ever answers",
        REFUSED,
        hit("GET /health", swallows, None),
        "did not answer within 1 s",
        words=IMPATIENT,
    ),
    Fault(
        "black hole",
        "seeding",
        "2 batches of events are swallowed",
        SURVIVED,
        hit(EVENTS, swallows, 2),
        retries={"timeout": 2},
        words=IMPATIENT,
    ),
    Fault(
        "black hole",
        "scenarios",
        "one surface never answers",
        TOLD,
        hit(RECOMMEND, swallows, None, surface="recsim-s2"),
        "did not answer within 1 s",
        {"timeout": 4},
        frozenset({"S2"}),
        IMPATIENT,
    ),
]
CLOCKS = [
    Fault(
        "clock skew",
        "all the time",
        "the service's clock is 3 h ahead",
        SURVIVED,
        clock_hours=3,
        says="3 h 0 min ahead of this machine's",
    ),
    Fault(
        "clock skew",
        "all the time",
        "the service's clock is 3 h behind",
        SURVIVED,
        clock_hours=-3,
        says="3 h 0 min behind this machine's",
        quick=True,
    ),
]
