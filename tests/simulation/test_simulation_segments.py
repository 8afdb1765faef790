"""Figures of single segments, held against plain Python, and when there is too little to tell."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pytest_recsim.judge import PADDING, UNKNOWN
from pytest_recsim.simulation.arrays import Observed
from pytest_recsim.simulation.figures import catalogue_figures
from pytest_recsim.simulation.segment_figures import segment_figures

LOOSE = "defaults: {quality: {min_segment_users: 1}}\n"


@pytest.fixture
def figures(make_world, tmp_path):
    """Figures of lists for u1 (vip), u2 (new_users), u3 (vip), as item positions."""

    def of(*lists, guardrails=LOOSE, clamped=0):
        (tmp_path / "guardrails.yml").write_text(guardrails)
        table = np.full((len(lists), 20), PADDING, dtype=np.int32)
        for row, items in enumerate(lists):
            table[row, : len(items)] = items
        observed = Observed(make_world(), tuple(range(len(lists))), table)
        sets = {which: observed.relevance(which) for which in ("unseen", "all")}
        return segment_figures(observed, sets, clamped)

    return of


def test_each_segment_has_its_own_novelty(figures):
    """Seeded events are 3, 2 and 1 for i1, i2 and i3: six events, three items."""
    found = figures([0, 1], [2], [0])
    bits = {item: -math.log2((count + 1) / 9) for item, count in ((0, 3), (1, 2), (2, 1))}
    vip, new = found["vip"]["novelty@20"], found["new_users"]["novelty@20"]
    assert vip.value == pytest.approx((2 * bits[0] + bits[1]) / 3)
    assert (new.value, vip.n, new.n) == (pytest.approx(bits[2]), 2, 1)


def test_similarity_and_recall_leave_out_users_that_have_none(figures):
    """u1 and u2 have i3 in the holdout; i1 and i3 share one of three tags; one item has no pair."""
    found = figures([0, 2], [0], [2])
    similar = found["vip"]["intra_list_similarity@10"]
    assert (similar.value, similar.n) == (pytest.approx(1 / 3), 1)
    assert found["new_users"]["intra_list_similarity@10"].value is None
    assert (found["vip"]["recall@20 (unseen)"].value, found["vip"]["recall@20 (unseen)"].n) == (1, 1)
    assert found["new_users"]["recall@20 (unseen)"].value == 0


def test_too_few_users_are_not_measured_whatever_their_value(figures):
    found = figures([0, 2], [0, 2], [0, 2], guardrails=LOOSE.replace("1", "2"))
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


def test_a_service_that_shortens_lists_leaves_only_what_is_measured_at_10(figures):
    found = figures([0, 2], [0, 2], [0, 2], clamped=10)["vip"]
    assert found["novelty@20"].value is found["recall@20 (all)"].value is None
    assert "at most 10 items" in found["novelty@20"].reason
    assert found["intra_list_similarity@10"].value is not None


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
    table = Observed(make_world(document=document), (0,), np.arange(20, dtype=np.int32)[None, :])
    order = np.arange(n_items, dtype=np.int32)
    return {one.name: one for one in catalogue_figures(table, order, 0)}["gini@20"]


@pytest.mark.parametrize(
    ("limit", "n_items", "measured"),
    [
        ("min_novelty: 1", 100, True),
        ("max_gini: 0.9", 100, True),
        ("max_gini: 0.8", 100, False),
        ("max_gini: 0", 20, False),
    ],
)
def test_slots_too_few_to_be_as_even_as_asked_are_not_measured(
    make_world, tmp_path, limit, n_items, measured
):
    """One user has 20 slots: at most 10 / (1 - threshold) items can be judged with room to spare."""
    found = gini(make_world, tmp_path, limit, n_items)
    assert (found.value is not None) == measured
    assert measured or "users would do" in found.reason
