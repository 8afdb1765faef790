"""A made tuning study: sixty trials with a winner, for the tests of its pages."""

from __future__ import annotations

import random

from msgspec.structs import replace

from pytest_recsim.record.trial import Dimension, Gain, Goal, Held, Measured, Trial
from pytest_recsim.record.tune import Effect, Optimism, Slice, Study, Suite, Verdict

SEGMENTS = ("power_users", "new_users", "trend_seekers")


def gain(difference=0.02, segment="", metric="ndcg", **more):
    facts = {"n": 400, "before": 0.1, "now": 0.1 + difference, "low": difference - 0.008}
    facts["high"] = difference + 0.008
    return Gain(metric=metric, segment=segment, difference=difference, **facts | more)


def held(check="catalog_coverage", case="", value=0.7, **more):
    facts = {"label": "catalogue_coverage@20", "threshold": 0.6, "margin": 0.6 - (value or 0)}
    return Held(check=check, case=case, value=value, **facts | more)


def measured(lift=0.5, coverage=0.7, users=400, **more):
    facts = {"gains": (gain(lift / 10),), "changed": 0.8, "asked": 380, "shared": 20, "seconds": 1.5}
    goals = {"lift_ndcg": lift, "catalogue_coverage": coverage}
    return Measured(users=users, of=400, goals=goals, held=(held(value=coverage),), **facts | more)


def trial(number=0, lift=0.5, coverage=0.7, state="complete", **more):
    facts = {"values": {"PROFILE_BOOST": "0.9", "MMR_LAMBDA": "0.5"}}
    users = 400 if state == "complete" else 120
    return Trial(number=number, state=state, **facts | {"measured": measured(lift, coverage, users)} | more)


def trials(count=60, seed=7):
    dice = random.Random(seed)
    for number in range(count):
        boost, lam = round(dice.uniform(0.1, 2), 3), round(dice.uniform(0.1, 1), 3)
        lift = 0.55 - 0.2 * (boost - 0.9) ** 2 + 0.3 * lam + dice.gauss(0, 0.02)
        coverage = 0.78 - 0.2 * lam + 0.04 * boost + dice.gauss(0, 0.01)
        state = "stopped" if lift < 0.5 else "complete"
        values = {"PROFILE_BOOST": str(boost), "MMR_LAMBDA": str(lam), "BRAND_CAP": str(dice.randint(0, 4))}
        reason = "no better than trial 3 after 120 users" if state == "stopped" else ""
        yield trial(number, lift, coverage, state, values=values, reason=reason)


SPACE = (
    Dimension(
        knob="PROFILE_BOOST", kind="float", start="0.4", travels=True, low=0.1, high=2.0, log=True,
        meaning="strength of the boost by tag overlap, 0 is off",
    ),
    Dimension(knob="MMR_LAMBDA", kind="float", start="0.8", travels=True, low=0.1, high=1.0, meaning="relevance against diversity"),
    Dimension(knob="BRAND_CAP", kind="int", start="0", travels=True, low=0, high=4, step=1),
)  # fmt: skip
EFFECTS = (
    Effect(knob="PROFILE_BOOST", kind="matters", importance=0.62, changed=0.94, sentence="Its two ends change 94 % of the lists."),
    Effect(knob="MMR_LAMBDA", kind="matters", importance=0.35, changed=0.5, sentence="Low values break catalogue coverage."),
    Effect(knob="BRAND_CAP", kind="dead", importance=0.03, changed=0.0, sentence="Not one list of 100 users changed at either end."),
)  # fmt: skip
SLICES = (
    Slice(name="seeded", after=None, until="2026-09-01T00:00:00Z", events=30000, users=900),
    Slice(name="tuning", after="2026-09-01T00:00:00Z", until="2026-10-01T00:00:00Z", events=9000, users=400),
    Slice(name="verdict", after="2026-10-01T00:00:00Z", until=None, events=10000, users=500),
)


def suite(who="start", where="verdict", ready=True, **more):
    facts = {
        "run": f"suites/{where}-{who}/acme/20261128T220000Z",
        "verdict": "Ready to go live: all 25 checks ran and passed."
        if ready
        else "Do not go live: 1 of 25 checks failed.",
        "figures": {
            "lift of NDCG@10": 0.5,
            "catalogue_coverage@20": 0.71,
            "margin of hits, purchases": 3.25,
            "novelty@20": None,
        },
        "failing": () if ready else ("S4",),
    }
    return Suite(who=who, slice=where, ready=ready, **facts | more)


def verdict(decision="change", **more):
    gains = (
        gain(0.02),
        *(gain(0.01 * place, segment) for place, segment in enumerate(SEGMENTS)),
        gain(0.012, metric="mrr"),
    )
    facts = {
        "sentence": "Better by NDCG@10, every check passes, and no segment is harmed.",
        "looks": 1,
        "suites": (suite(), suite("17")),
        "gains": gains,
        "optimism": (
            Optimism(metric="ndcg", segment="", promised=0.031, shown=0.02),
            Optimism(metric="ndcg", segment="new_users", promised=0.02, shown=None),
        ),
    }
    return Verdict(decision=decision, **facts | more)


def study(**more):
    """A study that ended with a change."""
    facts = {
        "status": "complete", "customer": "acme", "simulation": "acme", "profile": "prod",
        "service": "the embedded stand-in", "started_at": "2026-11-28T22:15:00Z", "sampler": "tpe", "seed": 7,
        "jobs": 1, "wanted": 60, "harm": 0.05, "space": SPACE, "slices": SLICES, "start": measured(0.48, 0.66),
        "goals": (
            Goal(metric="lift_ndcg", label="lift of NDCG@10"),
            Goal(metric="catalogue_coverage", label="catalogue coverage@20"),
        ),
        "left_out": {"RULES_MAX_PIN_SLOTS": "it cannot travel with a request, and this service is shared"},
        "trials": tuple(trials()), "effects": EFFECTS, "finalists": (suite("3", "tuning", ready=False), suite("17", "tuning")),
        "winner": 17, "verdict": verdict(), "requests": {"start": 400, "trials": 17000, "suites": 2400, "total": 19800},
        "seconds": 341.0, "tuned": "acme_tuned", "command": "recsim tune acme --space relevance --trials 60 --seed 7",
    }  # fmt: skip
    return Study(**facts | more)


__all__ = ["gain", "held", "measured", "replace", "study", "suite", "trial", "trials", "verdict"]
