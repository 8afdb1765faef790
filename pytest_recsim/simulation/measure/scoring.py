"""Judging the quality lists: from answers to lifts per segment and figures of the whole run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pytest_recsim.record.quality import Noise, Quality, RelevanceName, SegmentCount
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.measure.basis import SETS, Basis
from pytest_recsim.simulation.measure.early import Looks
from pytest_recsim.simulation.measure.early_lifts import early_figures, early_lifts, early_overall
from pytest_recsim.simulation.measure.figures import figures_of
from pytest_recsim.simulation.measure.lifts import Chance, compared_of, overall_lifts, segment_lifts
from pytest_recsim.simulation.measure.money import money_of
from pytest_recsim.simulation.measure.spread import exposure_of, lengths_of
from pytest_recsim.simulation.truth.applied import Applied
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.slates import Slates, observed


def score(
    world: Dataset,
    exchanges: Sequence[Exchange],
    *,
    clamped: int,
    noise: Mapping[str, Noise] | None = None,
    applied: Applied | None = None,
    basis: Basis | None = None,
    looks: Looks | None = None,
) -> Quality:
    """Judge the quality lists.

    Args:
        world: fixture, split and knobs in effect.
        exchanges: one answer per evaluated user.
        clamped: the service's own upper bound on k, 0 for none.
        noise: how equal answers to equal questions are, by user class.
        applied: for whom the profile is in effect, None for everybody.
        basis: the lists as ``basis_of`` gives them, where they are at hand.
        looks: how asking went where it stopped early.
    """
    applied, basis = applied or Applied(), basis or basis_of(world, exchanges, clamped)
    table = basis.table
    chance = Chance(np.array([world.established_answer(one) for one in exchanges], dtype=bool), noise or {})
    rivals = basis.rivals
    core = None if looks is None else looks.core(table)
    figures, of_segments = figures_of(basis, applied, core)
    judged: RelevanceName = world.plan.limit("relevance").value
    part, popular = (basis, rivals.popular) if core is None else (basis.of(core), rivals.popular[core])
    standing = applied.standing(part.table.user_ids())
    kept = np.flatnonzero([] if standing.reason else standing.kept)
    sound = part.of(kept)
    compared = {which: compared_of(basis, rivals, which) for which in SETS}
    return Quality(
        judged_relevance=judged,
        evaluated=len(table.rows),
        sampled=world.plan.sample_users is not None,
        segments=_segments(table),
        lifts=tuple(
            figure
            for which in SETS
            for figure in (
                segment_lifts(basis, compared[which], which, chance, applied)
                if looks is None
                else early_lifts(looks, basis, compared[which], which, chance)
            )
        ),
        overall=tuple(
            figure
            for which in SETS
            for figure in (
                overall_lifts(basis, compared[which], which, chance, applied)
                if looks is None
                else early_overall(looks, basis, compared[which], which)
            )
        ),
        figures=figures if looks is None else early_figures(figures, looks),
        segment_figures=of_segments,
        lengths=lengths_of(sound),
        exposure=exposure_of(sound, popular[kept]),
        money=money_of(part, popular, judged, standing),
        early=None if looks is None else looks.facts(stopped=True),
    )


def basis_of(world: Dataset, exchanges: Sequence[Exchange], clamped: int) -> Basis:
    """Return the quality lists with what follows from them; arguments as for :func:`score`."""
    return Basis(observed(world, exchanges), world.popularity, clamped)


def _segments(table: Slates) -> dict[str, SegmentCount]:
    history = table.world.history
    evaluated = set(table.rows)
    return {
        name: SegmentCount(
            users=len(members),
            with_history=sum(user in history for user in members),
            evaluated=sum(user in evaluated for user in members),
            evaluated_with_history=sum(user in evaluated and user in history for user in members),
        )
        for name, members in table.world.fixture.segments.items()
    }
