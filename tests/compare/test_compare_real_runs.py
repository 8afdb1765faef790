"""On runs of customer-a: equal configurations are seldom called worse, and what was worsened is worse for whom it was."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import numpy as np
import pytest

from pytest_recsim import evaluate, plan_for
from pytest_recsim.compare.compare import compare
from pytest_recsim.compare.sides import read_run
from pytest_recsim.judge.paired import paired_difference

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
PAIRS = 200
QUALITY = ("ndcg", "mrr", "map", "hit_rate", "recall")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Judge customer-a with these knobs over its profile."""
    made = {}

    def of(*overrides):
        if overrides not in made:
            plan = plan_for("customer-a", root=ROOT, env_profile="customer_a", env_overrides=overrides)
            found = evaluate(plan, reports=tmp_path_factory.mktemp("reports"))
            made[overrides] = read_run(Path(found.bundle))
        return made[overrides]

    return of


def test_the_same_configuration_twice_is_the_same_everywhere(run):
    assert {one.outcome for one in compare(run(), run()).differences} == {"same"}


def test_a_knob_that_is_bad_for_one_segment_makes_that_segment_worse_and_no_other(run):
    found = compare(run(), run("BLEND_SEGMENT_OVERRIDES=power_users=0.05|0.05|1"))
    assert {one.segment for one in found.where("worse")} == {"", "power_users"}
    for metric in QUALITY:
        assert found.of(metric, "power_users").outcome == "worse"
        assert found.of(metric, "regulars").outcome == "same"


def test_equal_runs_on_other_users_are_seldom_called_worse_and_pairs_narrow_the_interval(run):
    """Two configurations' lists, handed out by coin to users drawn anew: whatever differs, neither side is better."""
    before, now = run(), run("PROFILE_BOOST=0.6")
    rng, widths, worst = np.random.default_rng(5), [], 0.0
    segments = ("", *sorted({line.segment for line in before.lines.values()}))
    for metric in QUALITY:
        for segment in segments:
            both = np.array(
                [
                    (line.values[metric], now.lines[user].values[metric])
                    for user, line in before.lines.items()
                    if metric in line.values and segment in ("", line.segment)
                ]
            )
            worse = 0
            for _ in range(PAIRS):
                drawn = both[rng.integers(0, len(both), len(both))]
                coin = rng.random(len(both)) < 0.5
                one, other = np.where(coin, drawn.T, drawn.T[::-1])
                found = paired_difference(one, other)
                worse += found.high < 0
                alone = 1.96 * np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / len(both))
                widths.append((found.high - found.low) / 2 / alone)
            worst = max(worst, worse / PAIRS)
    assert worst <= 0.05 + 2 * np.sqrt(
        0.025 * 0.975 / PAIRS
    )  # the largest of thirty shares, each of 200 draws
    assert median(widths) <= 0.6
