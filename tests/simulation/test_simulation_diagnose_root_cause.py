"""Data that can show next to nothing: one cause for everything that was not measured, and a next step for each check."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pytest_recsim.record.causes import causes_of
from pytest_recsim.record.model import BLOCKING
from pytest_recsim.simulation.checks import needs
from pytest_recsim.simulation.checks.check import Conclusion
from pytest_recsim.simulation.controller.judging import due, judged
from pytest_recsim.simulation.diagnose.root_cause import rooted
from pytest_recsim.testing import LOOSE, shop
from pytest_recsim.testing.shop import Shop

HERE = Path(__file__).parents[2]
ALL_ON = LOOSE.replace(
    "  quality:\n",
    "  quality:\n    min_novelty: 1\n    max_gini: 0.9\n    min_hit_rate: 0\n    min_recall: 0\n    min_map: 0\n"
    "    max_intra_list_similarity: 1\n    max_short_lists: 1\n    min_list_length: 1\n"
    "    max_rank_instability: 1\n    max_p95_ms: 100000\n    max_error_rate: 1\n",
)
SMALL = shop(users=6, items=30, guardrails=ALL_ON)


def with_rows(items=None, events=None, quality="") -> Shop:
    """The small shop with each of its rows changed."""
    changed = Shop.of(
        {
            "items": [one | (items or {}) for one in SMALL.items],
            "users": SMALL.users,
            "events": [] if events is None else [one | events for one in SMALL.events],
        }
    )
    return changed.with_guardrails(ALL_ON.replace("  quality:\n", f"  quality:\n    {quality}\n"))


WORLDS = {
    "nothing_available": with_rows(items={"available": False}, events={}),
    "no_events": with_rows(),
    "one_instant": with_rows(events={"ts": "2026-01-01T00:00:00Z"}),
    "no_holdout": with_rows(events={}, quality="split: 2036-01-01T00:00:00Z"),
    "nothing_seeded": with_rows(events={}, quality="split: 2020-01-01T00:00:00Z"),
    "no_weight": with_rows(events={"value": 0}),
}


@pytest.mark.parametrize("cause", WORLDS)
def test_data_that_show_nothing_are_one_cause_and_every_check_says_what_to_do(open_town, cause):
    sim, _ = open_town(WORLDS[cause])
    results = list(judged(sim, due(sim.plan)))
    unmeasured = [one for one in results if one.outcome == "not_measured"]
    root = causes_of(results)[0]
    assert root.cause == cause
    elsewhere = {one.label: one.cause for one in unmeasured if one.label not in root.checks}
    assert set(elsewhere.values()) <= {"too_few_users", "small_catalogue"}, elsewhere
    assert all(one.cause and one.next_step for one in unmeasured)
    assert all(one.next_step for one in results if one.outcome in BLOCKING)
    assert all(one.why.cause and one.why.next_step for one in sim.quality.lifts if one.lift is None)
    assert all(
        one.why.cause and one.why.next_step for one in sim.quality.figures.values() if one.value is None
    )


def test_what_does_not_follow_from_the_data_keeps_its_own_cause(open_town):
    sim, _ = open_town(WORLDS["no_holdout"])
    nobody = Conclusion("not_measured", "nobody has holdout events", "nobody", "add events")
    assert rooted(sim, nobody).cause == "no_holdout"
    assert rooted(sim, nobody).sentence == nobody.sentence
    margins = Conclusion("not_measured", "0 items have a margin", "margins", "add margins")
    assert rooted(sim, margins) == margins
    failed = Conclusion("failed", "too low", "nobody")
    assert rooted(sim, failed) == failed


def test_sound_data_are_no_cause(sim):
    few = Conclusion("not_measured", "5 users", "too_few_users", "merge segments")
    assert sim.world.root == ""
    assert rooted(sim, few) == few


CARRIED = {"NOBODY", "rules_off", "unapplied"}
"""Reasons that bring their next step along."""
TELLS = {"next_step", "knob", "advice"}


def calls(*names):
    """Every call of these in the suite and in the checks: where it is, the call."""
    files = [*(HERE / "scenarios").glob("*.py"), *(HERE / "pytest_recsim/simulation/checks").glob("*.py")]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) in names:
                yield f"{path.name}:{node.lineno}", node


def _name(node):
    return getattr(node, "attr", getattr(node, "id", ""))


def carried(node):
    """Whether what is said is a reason with its next step: one of `needs`, or one that is made there."""
    name = _name(node.func if isinstance(node, ast.Call) else node)
    reason = getattr(needs, name, None)
    return name in CARRIED or callable(reason) or bool(reason and reason.next_step)


def test_no_need_of_a_check_is_without_a_next_step():
    found = list(calls("need"))
    assert len(found) > 25
    without = [
        place
        for place, call in found
        if "next_step" not in {one.arg for one in call.keywords} and not carried(call.args[1])
    ]
    assert without == []


def test_no_reason_in_words_of_ours_is_without_a_next_step():
    """One that takes over another's text takes its next step along; the shortage of a segment gets it in the same module."""
    without = []
    for path in (HERE / "pytest_recsim").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) == "Reason" and node.args:
                worded = isinstance(node.args[0], ast.Constant | ast.JoinedStr)
                told = len(node.args) > 2 or "next_step" in {one.arg for one in node.keywords}
                if worded and not told and path.name != "lift.py":
                    without.append(f"{path.name}:{node.lineno}")
    assert without == []


def test_no_measure_of_a_check_is_without_a_next_step():
    found = list(calls("that", "at_least", "at_most", "none_of"))
    assert len(found) > 40
    assert [place for place, call in found if not _tells(call)] == []


def _tells(call):
    given = {one.arg: one.value for one in call.keywords}
    holds = getattr(given.get("ok"), "value", None) is True  # it cannot fail: others of its kind have
    handed_on = None in given  # by somebody who has them from such a call
    return bool(TELLS.intersection(given)) or holds or handed_on
