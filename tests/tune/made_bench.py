"""A bench that measures nothing: a smooth hill, a coverage that falls on its slope, and a power cut wherever one wants it."""

from __future__ import annotations

from msgspec.structs import replace

from pytest_recsim.record.trial import Dimension, Goal, Held, Measured, Trial
from pytest_recsim.record.tune import Study
from pytest_recsim.tune.moving import by_check, shifted

SPACE = (
    Dimension(knob="PROFILE_BOOST", kind="float", start="0.3", travels=True, low=0.1, high=2.0, log=True),
    Dimension(knob="MMR_LAMBDA", kind="float", start="0.8", travels=True, low=0.1, high=1.0),
    Dimension(knob="BRAND_CAP", kind="int", start="2", travels=True, low=0, high=5),
    Dimension(
        knob="RULE_EXCLUDE_EVENTS", kind="choice", start="true", travels=True, choices=("true", "false")
    ),
)
GOALS = (Goal(metric="lift", label="lift"), Goal(metric="coverage", label="coverage"))


class PowerCutError(BaseException):
    """As sudden as `kill -9`: nothing that the study does afterwards is of use."""


class MadeBench:
    """A bench; ``dies_at`` is the measurement that the power cut hits, ``blind`` says which trials cannot be measured."""

    goals, slices, space, left_out = GOALS, (), SPACE, {}

    def __init__(self, dies_at=None, blind=lambda values: False, threshold=0.5):
        self.dies_at, self.blind, self.threshold = dies_at, blind, threshold
        self.asked: list[int] = []
        self.beats: dict[int, Trial | None] = {}
        self.start = self.measured({one.knob: one.start for one in SPACE})

    @property
    def requests(self):
        return {"trials": 10 * len(self.asked), "total": 10 * len(self.asked)}

    def measured(self, values):
        boost, lam = float(values["PROFILE_BOOST"]), float(values["MMR_LAMBDA"])
        lift = 0.6 - (boost - 1.1) ** 2 - (lam - 0.6) ** 2 + 0.01 * int(values["BRAND_CAP"])
        coverage = 0.9 - 0.25 * boost
        unseen = self.blind(values)
        held = Held(
            check="catalog_coverage", case="", label="coverage", threshold=self.threshold,
            value=None if unseen else coverage, margin=None if unseen else self.threshold - coverage,
            reason="nothing to measure" if unseen else "",
        )  # fmt: skip
        return Measured(users=9, of=9, goals={"lift": lift, "coverage": coverage}, held=(held,))

    def trial(self, number, values, beat, *, room=True, expected=()):
        if len(self.asked) == self.dies_at:
            raise PowerCutError
        self.asked.append(number)
        self.beats[number] = beat
        measured = self.measured(values)
        held = tuple(shifted(one, by_check(expected)) for one in measured.held)
        measured = replace(measured, held=held)
        if beat and measured.goals["lift"] < beat.measured.goals["lift"] - 0.5:
            return Trial(number=number, values=values, state="stopped", measured=replace(measured, users=3))
        return Trial(number=number, values=values, state="complete", measured=measured)


def study(bench, wanted=16, jobs=1, sampler="tpe", seed=7):
    return Study(
        status="running", customer="acme", simulation="acme", profile="prod", service="stand-in",
        started_at="2026-11-28T00:00:00Z", sampler=sampler, seed=seed, jobs=jobs, wanted=wanted, harm=0.05,
        goals=GOALS, space=bench.space, start=bench.start,
    )  # fmt: skip
