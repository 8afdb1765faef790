"""What is wrong only when everything of a plan is known, and can still be found before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.slices import TUNING
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.names import broken
from pytest_recsim.data.input.problems import Problem, nearest

if TYPE_CHECKING:
    from pytest_recsim.data.fixtures.model import Fixture
    from pytest_recsim.plan.model import Plan

HALF_LIVES_ALLOWED = 1000  # beyond about 1,075 the real service answers 422 for the whole namespace
OWN_SURFACES = "recsim-"
SLICES = ("verdict", TUNING)
_DAY_US = 86_400e6


def on_paper(plan: Plan, fixture: Fixture) -> Iterator[Problem]:
    """Yield every such problem."""
    if plan.surface.startswith(OWN_SURFACES) or broken(plan.surface):
        what = f"`{quoted(plan.surface)}`: must be a name without control characters that does not start with"
        yield Problem("--recsim-surface", f"{what} `{OWN_SURFACES}`: such surfaces are the scenarios' own")
    if plan.slice not in ("", *SLICES):
        near = nearest(plan.slice, SLICES)
        what = f"`{quoted(plan.slice)}` is no slice; must be {' or '.join(SLICES)}{near}"
        yield Problem("--recsim-slice", what)
        return
    half_life = plan.knob("POPULARITY_HALFLIFE_DAYS")
    if plan.stand_in or "seed" in plan.skip or not half_life:
        return
    if sentence := span_problem(_seeded_days(plan, fixture), float(half_life)):
        yield Problem(plan.fixture.path, sentence)


def span_problem(span_days: float, half_life_days: float) -> str:
    """Return a sentence when the seeded events reach back too many half-lives, else an empty string."""
    if span_days <= HALF_LIVES_ALLOWED * half_life_days:
        return ""
    return (
        f"the seeded events span {span_days:,.0f} days, more than {HALF_LIVES_ALLOWED:,} half-lives of "
        f"{half_life_days:g} days (POPULARITY_HALFLIFE_DAYS); a real service answers 422 for the whole "
        "namespace then: use --recsim-window-days"
    )


def _seeded_days(plan: Plan, fixture: Fixture) -> float:
    table = columns(fixture)
    times = table.ts[split_events(table, plan.split, plan.window_days).seeded]
    return float(times.max() - times.min()) / _DAY_US if times.size else 0.0
