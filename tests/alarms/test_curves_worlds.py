"""Worlds whose truth is known: it is what they say it is."""

from __future__ import annotations

import numpy as np
import pytest
from curves_coverage import coverage, worlds
from curves_shape import SHAPE, measure
from curves_worlds import Invented, Shop, draw_users, observed_rows, rows_of, tilted


@pytest.mark.parametrize("lift", [-0.2, 0.1, 0.6])
def test_a_tilted_shop_has_exactly_the_lift_it_is_asked_for(lift):
    means = tilted(lift) @ observed_rows()
    assert means[:2] / means[2:] - 1 == pytest.approx([lift, lift], abs=1e-9)
    assert tilted(lift).min() > 0


@pytest.mark.long
def test_the_shape_is_still_the_one_of_customer_as_run(tmp_path):
    """When this fails customer_a has changed: curves_shape.py and curves_run.py are to be run again."""
    measure(tmp_path / "shape.json")
    now, kept = rows_of(tmp_path / "shape.json"), rows_of(SHAPE)
    assert now.shape == kept.shape
    assert now.mean(axis=0) == pytest.approx(kept.mean(axis=0), abs=0.001)
    assert now.std(axis=0) == pytest.approx(kept.std(axis=0), abs=0.001)


def test_drawing_many_users_gives_the_truth():
    sample = draw_users(np.random.default_rng(1), 0.3, 300_000).mean(axis=0)
    assert sample[:2] / sample[2:] - 1 == pytest.approx([0.3, 0.3], abs=0.02)


@pytest.mark.parametrize("size", ["like MRR", "like NDCG", "heavy-tailed"])
def test_an_invented_world_has_the_lift_and_the_rate_it_says(size):
    world = Invented(size, rate=0.35, times=1.5, together=0.7, alike=0.7)
    values, baseline = world.draw(np.random.default_rng(2), (200_000, 3))
    assert values.mean() / baseline.mean() - 1 == pytest.approx(world.truth, abs=0.02)
    assert (baseline > 0).mean() == pytest.approx(0.35, abs=0.005)
    assert np.corrcoef(values[:, 0], baseline[:, 0])[0, 1] > 0.4


def test_every_size_is_measured_on_real_and_invented_worlds():
    assert {world.name for world in worlds(40)} < {world.name for world in worlds(1000)}
    assert len(worlds(1000)) == 6 + 81
    assert any(isinstance(world, Shop) for world in worlds(40))


LONG = [
    (users, world)
    for users in (40, 60, 100, 300, 1000)
    for world in (
        Shop("ndcg", -0.2),
        Shop("ndcg", 0.1),
        Shop("mrr", 0.6),
        Invented("like MRR", 0.35, 1.0, 0.0),
        Invented("like NDCG", 0.6, 0.7, 0.7),
        Invented("heavy-tailed", 0.35, 1.5, 0.0),
        Invented("like MRR", 0.35, 1.0, 0.7, 0.7),
    )
]


@pytest.mark.long
@pytest.mark.parametrize(("users", "world"), LONG, ids=[f"{users}-{world.name}" for users, world in LONG])
def test_the_interval_covers_the_truth_in_93_to_97_of_100_samples(users, world):
    found = coverage(world, users, runs=4000, seed=5)
    assert 0.93 <= found.inside <= 0.97
