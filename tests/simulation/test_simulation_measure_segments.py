"""Figures of single segments, held against plain Python, and when there is too little to tell."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pytest_recsim.judge import PADDING, UNKNOWN
from pytest_recsim.simulation.measure.basis import Basis
from pytest_recsim.simulation.measure.figures import figures_of
from pytest_recsim.simulation.truth.slates import Slates

LOOSE = "defaults: {quality: {min_segment_users: 1}}\n"


@pytest.fixture
def figures(make_world, tmp_path):
    """Figures of lists for u1 (vip), u2 (new_users), u3 (vip), as item positions."""

    def of(*lists, guardrails=LOOSE, clamped=0):
        (tmp_path / "guardrails.yml").write_text(guardrails)
        table = np.full((len(lists), 20), PADDING, dtype=np.int32)
        for row, items in enumerate(lists):
            table[row, : len(items)] = items
        observed = Slates(make_world(), tuple(range(len(lists))), table)
        return figures_of(Basis(observed, observed.world.popularity, clamped))[1]

    return of


def test_each_segment_has_its_own_novelty(figures):
    """Seeded events are 3, 2 and 1 for i1, i2 and i3: six events, three items."""
    found = figures([0, 1], [2, 2], [0, 1, 1])
    bits = {item: -math.log2((count + 1) / 9) for item, count in ((0, 3), (1, 2), (2, 1))}
    vip, new = found["vip"]["novelty@20"], found["new_users"]["novelty@20"]
    assert vip.value == pytest.approx((2 * bits[0] + 3 * bits[1]) / 5)
    assert (new.value, vip.n, new.n) == (pytest.approx(bits[2]), 2, 1)


def test_similarity_and_recall_leave_out_users_that_have_none(figures):
    """u1 and u2 have i3 in the holdout; i1 and i3 share one of three tags; one item has no pair."""
    found = figures([0, 2], [0, UNKNOWN], [2, UNKNOWN])
    similar = found["vip"]["intra_list_similarity@10"]
    assert (similar.value, similar.n) == (pytest.approx(1 / 3), 1)
    assert found["new_users"]["intra_list_similarity@10"].value is None
    assert (found["vip"]["recall@20 (unseen)"].value, found["vip"]["recall@20 (unseen)"].n) == (1, 1)
    assert found["new_users"]["recall@20 (unseen)"].value == 0


def test_too_few_users_are_not_measured_whatever_their_value(figures):
    found = figures([0, 1], [0, 1], [0, 1], guardrails=LOOSE.replace("1", "2"))
    assert found["vip"]["novelty@20"].value is not None
    for name in ("novelty@20", "intra_list_similarity@10", "recall@20 (all)"):
        assert found["new_users"][name].value is None
        assert found["new_users"][name].reason == "not enough data: 1 users, at least 2 are needed"


@pytest.mark.parametrize("nothing", [[], [UNKNOWN, UNKNOWN]])
def test_lists_without_a_known_item_are_nothing_to_measure(figures, nothing):
    found = figures(nothing, nothing, nothing)
    assert {
        found[name][key].value for name in found for key in ("novelty@20", "intra_list_similarity@10")
    } == {None}


# --- gini ---


def gini(make_world, tmp_path, limit, n_items):
    """The Gini figure of one user's list in a shop of that many items."""
    (tmp_path / "guardrails.yml").write_text(f"defaults: {{quality: {{{limit}}}}}\n")
    document = {
        "items": [{"item_id": f"i{n}"} for n in range(n_items)],
        "users": [{"user_id": "u1", "traits": {"segment": "vip"}}],
        "events": [
            {"user_id": "u1", "item_id": f"i{n}", "type": 0, "ts": f"2026-11-0{n + 1}T00:00:00Z"}
            for n in range(4)
        ],
    }
    table = Slates(make_world(document=document), (0,), np.arange(20, dtype=np.int32)[None, :])
    order = np.arange(n_items, dtype=np.int32)
    return figures_of(Basis(table, order))[0]["gini@20"]


@pytest.mark.parametrize(
    ("limit", "n_items", "measured"),
    [
        ("min_novelty: 1", 100, True),
        ("max_gini: 0.9", 100, True),
        ("max_gini: 0.8", 100, False),
        ("max_gini: 0", 21, False),
    ],
)
def test_slots_too_few_to_be_as_even_as_asked_are_not_measured(
    make_world, tmp_path, limit, n_items, measured
):
    """One user has 20 slots: at most 10 / (1 - threshold) items can be judged with room to spare."""
    found = gini(make_world, tmp_path, limit, n_items)
    assert (found.value is not None) == measured
    assert measured or "users would do" in found.reason


# --- catalogues that leave nothing to choose ---


def figures_of_whole_catalogues(make_world, n_items, length, split="0.75"):
    """Catalogue figures and segment figures of one user whose list holds the first ``length`` items."""
    document = {
        "items": [{"item_id": f"i{n:02}", "tags": ["a"]} for n in range(n_items)],
        "users": [{"user_id": "u1", "traits": {"segment": "vip"}}],
        "events": [
            {"user_id": "u1", "item_id": f"i{n:02}", "type": 0, "ts": f"2026-11-{n + 1:02}T00:00:00Z"}
            for n in (0, 1, 2, 3)
        ],
    }
    world = make_world(document=document)
    lists = np.full((1, 20), PADDING, dtype=np.int32)
    lists[0, :length] = np.arange(length)
    table = Slates(world, (0,), lists)
    found, segments = figures_of(Basis(table, world.popularity))
    return found, segments["vip"]


@pytest.mark.parametrize("n_items", [5, 10, 15, 20])
def test_lists_that_hold_the_whole_catalogue_prove_nothing_about_it(make_world, tmp_path, n_items):
    (tmp_path / "guardrails.yml").write_text(LOOSE)
    run, vip = figures_of_whole_catalogues(make_world, n_items, n_items)
    names = ["catalogue_coverage@20", "long_tail_share@20", "novelty@20", "gini@20"]
    found = [run[name] for name in names] + [vip["novelty@20"], vip["recall@20 (all)"]]
    if n_items <= 10:
        found += [run["intra_list_similarity@10"], vip["intra_list_similarity@10"]]
    assert {one.value for one in found} == {None}
    assert all(f"holds all {n_items} available items" in one.reason for one in found)


@pytest.mark.parametrize(
    ("n_items", "sure"),
    [(21, [True, True]), (33, [True, True]), (34, [False, True]), (36, [False, False]), (41, [False, False])],
)
def test_a_threshold_that_a_single_full_list_keeps_is_not_measured(make_world, tmp_path, n_items, sure):
    (tmp_path / "guardrails.yml").write_text(
        LOOSE.replace("}", ", min_catalog_coverage: 0.6, min_long_tail_share: 0.65}", 1)
    )
    run, _ = figures_of_whole_catalogues(make_world, n_items, 20)
    reasons = run["catalogue_coverage@20"].reason, run["long_tail_share@20"].reason
    assert [("already shows" in reasons[0]), ("whatever the ranking" in reasons[1])] == sure


def test_nothing_seeded_leaves_no_figure_of_the_catalogue(make_world, tmp_path):
    (tmp_path / "guardrails.yml").write_text(LOOSE.replace("}", ", split: 2020-01-01T00:00:00Z}", 1))
    run, vip = figures_of_whole_catalogues(make_world, 60, 20)
    for one in (
        *(run[name] for name in ("catalogue_coverage@20", "long_tail_share@20", "novelty@20", "gini@20")),
        vip["novelty@20"],
    ):
        assert one.value is None
        assert one.reason.startswith("no event was seeded")
