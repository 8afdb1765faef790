"""The pages about false alarms and statistics say what was measured, and what was measured can be measured again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alarms_count import wilson
from alarms_page import page
from alarms_worlds import draw_cases
from curves_chart import chart
from curves_operating import curves
from curves_page import HIGH, LOW, fill

from pytest_recsim.judge.bootstrap import MOST_RESAMPLES
from pytest_recsim.judge.holm import resamples_for
from pytest_recsim.judge.lift import LiftRules
from pytest_recsim.record.model import Measure, borderline_words

DOCS = Path(__file__).parents[2] / "docs"
ALARMS = json.loads((DOCS / "false-alarms.json").read_text(encoding="utf-8"))
STATISTICS = json.loads((DOCS / "statistics.json").read_text(encoding="utf-8"))


def test_the_page_of_false_alarms_is_made_from_its_json():
    assert (DOCS / "false-alarms.md").read_text(encoding="utf-8") == page(ALARMS)


def test_the_readme_tells_what_was_counted():
    readme = " ".join((DOCS.parent / "README.md").read_text(encoding="utf-8").split())
    runs, wrong = ALARMS["runs"], ALARMS["runs_with_an_alarm"]
    assert f"On {runs} healthy customers {wrong} runs had a false alarm" in readme
    assert f"with 95 % confidence that is at most {100 * wilson(wrong, runs)[1]:.1f} %" in readme


def test_the_tables_and_the_chart_of_statistics_are_made_from_their_json():
    text = (DOCS / "statistics.md").read_text(encoding="utf-8")
    assert fill(text, STATISTICS) == text
    assert (DOCS / "operating-curve.svg").read_text(encoding="utf-8") == chart(STATISTICS["curves"])


def test_a_page_without_a_place_for_a_table_is_refused():
    with pytest.raises(ValueError, match="0 places for shape"):
        fill("no marks here", STATISTICS)


def test_the_words_of_statistics_are_those_of_the_judge():
    text, rules = (DOCS / "statistics.md").read_text(encoding="utf-8"), LiftRules()
    assert f"Below {rules.min_segment_users} users, or {rules.min_baseline_hits} users for whom" in text
    assert f"drawing the users again, {resamples_for(10):,} to {MOST_RESAMPLES:,} times" in text
    assert borderline_words(Measure(name="m", ok=False, got=0.1, expected="", users_needed=900)) in text


def test_the_interval_keeps_its_word_in_nearly_all_worlds():
    inside = [row["inside"] for row in STATISTICS["coverage"]]
    assert len(inside) > 350
    assert min(row["users"] for row in STATISTICS["coverage"]) == 40
    assert sum(LOW <= share <= HIGH for share in inside) >= 0.95 * len(inside)
    assert 0.945 <= sum(inside) / len(inside) <= 0.96
    assert 0.92 <= min(inside) <= max(inside) <= 0.98


def test_the_runs_behind_the_page_would_be_drawn_again():
    """A changed draw makes the figures those of other customers: run alarms_run.py again."""
    again = [f"{case.customer}: {case.told}" for case in draw_cases(5, ALARMS["seed"])]
    assert again == ALARMS["first_cases"]


def test_the_measured_false_alarms_are_few_and_rest_on_enough_runs():
    assert ALARMS["runs"] >= 200
    assert ALARMS["runs_with_an_alarm"] == 0
    behaviour = {name: check for name, check in ALARMS["checks"].items() if name in ("S1", "S10", "contract")}
    assert len(behaviour) == 3
    assert all(check["measured"] >= 0.9 * check["runs"] for check in behaviour.values())


@pytest.mark.parametrize("users", [STATISTICS["checked"]["users"]])
def test_the_first_runs_of_a_curve_come_out_again(users):
    """Counts may differ by one: the last bit of a float32 product is the machine's."""
    checked = STATISTICS["checked"]
    for before, now in zip(checked["rows"], curves(checked["runs"], users), strict=True):
        for scope in ("segment", "run"):
            for rule, counts in before[scope].items():
                assert abs(counts["failed"] - now[scope][rule]["failed"]) <= 1, (before["lift"], scope, rule)


def test_harmful_cries_less_than_point_and_point_less_than_confident():
    for row in STATISTICS["curves"]:
        failed = [row["segment"][rule]["failed"] for rule in ("harmful", "point", "confident")]
        assert failed == sorted(failed), (row["users"], row["lift"])
