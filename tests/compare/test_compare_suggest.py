"""Suggested thresholds: what the runs hold at the worse ends of their intervals, never stricter than what was measured."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept_runs import edit, run_at

from pytest_recsim.compare.snippet import behind, snippet
from pytest_recsim.compare.sound import sound_runs
from pytest_recsim.compare.suggest import rounded, suggest
from pytest_recsim.data.guardrails.guardrail_keys import THRESHOLDS
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.per_user import NAME, UserLine, write_lines


@pytest.fixture
def found(tmp_path):
    """Suggestions by key and segment, from runs of a folder."""

    def look(*runs):
        (sound,) = sound_runs([run.root for run in runs])
        return {(one.key.name, one.segment): one for one in suggest(sound).found}

    return look


KEYS = st.sampled_from(["min_map", "max_gini", "min_segment_lift_ndcg", "min_list_length", "max_p95_ms"])


@given(KEYS, st.floats(-1, 1000, allow_nan=False, allow_subnormal=False))
def test_rounding_goes_the_safe_way_and_stays_near(name, value):
    key = THRESHOLDS[name]
    value = min(max(value, key.low), key.high)
    got = rounded(value, key.direction, key)
    assert got <= value if key.direction == "min" else got >= value
    assert key.low <= got <= key.high
    assert abs(got - value) <= 0.1 * abs(value) + 1e-300
    assert len(f"{got:.15g}".lstrip("-").replace(".", "").strip("0").partition("e")[0]) <= 2 or got in (
        key.low,
        key.high,
    )


def test_a_lift_is_suggested_with_the_lower_end_of_its_interval_and_the_worst_of_the_runs(found, tmp_path):
    one, other = run_at(tmp_path, 1), run_at(tmp_path, 2)
    quality = one.read_quality()
    lift = quality.lift("bargain_hunters", "ndcg")
    lifts = [{f: getattr(old, f) for f in old.__struct_fields__} for old in quality.lifts]
    for each in lifts:
        if (each["segment"], each["metric"]) == (lift.segment, lift.metric):
            each.update(lift=lift.lift - 0.3, low=lift.low - 0.3)
    edit(other.artifacts / "quality_metrics.json", lifts=lifts)
    worst = found(one, other)["min_segment_lift_ndcg", "bargain_hunters"]
    assert (worst.runs, worst.n) == (2, 15)
    assert worst.measured == pytest.approx(lift.lift - 0.3)
    assert worst.bound == pytest.approx(lift.low - 0.3)
    assert worst.value == rounded(worst.bound, "min", worst.key) <= worst.bound
    told = " ".join(behind(worst))
    assert "the worst of 2 runs); catches a fall to below -0.67 in segment bargain_hunters" in told
    assert "do not show that it is better than popularity" in told


def test_means_over_users_get_an_interval_where_their_numbers_are_kept(found, tmp_path):
    run = run_at(tmp_path, 1)
    without = found(run)["min_map", "regulars"]
    figure = run.read_quality().segment_figures["regulars"]["map@10 (unseen)"]
    assert (without.bound, without.measured) == (None, figure.value)
    values = [figure.value - 0.01, figure.value + 0.01] * 8
    lines = [UserLine(user=f"u{n}", segment="regulars", values={"map": one}) for n, one in enumerate(values)]
    away = [UserLine(user="gone", segment="regulars", in_effect=False, values={"map": 0.0})]
    write_lines(run.artifacts / NAME, [*lines, *away])
    inside = found(run)["min_map", "regulars"]
    assert figure.value - 0.01 < inside.bound < figure.value
    assert inside.value < without.value


def test_no_suggestion_is_stricter_than_what_was_measured(found, tmp_path):
    for one in found(run_at(tmp_path, 1), run_at(tmp_path, 2)).values():
        lower = one.key.direction == "min"
        ends = [one.measured] + ([] if one.bound is None else [one.bound])
        assert all(one.value <= end if lower else one.value >= end for end in ends), one
        assert math.isfinite(one.value)


def test_what_would_catch_nothing_and_what_was_not_measured_is_named_and_left_out(tmp_path):
    run = run_at(tmp_path, 1)
    figures = {"regulars": {"recall@20 (unseen)": {"value": 0.0}, "map@10 (unseen)": {"value": None}}}
    edit(run.artifacts / "quality_metrics.json", segment_figures=figures)
    (sound,) = sound_runs([tmp_path])
    text = snippet([suggest(sound)])
    assert "min_recall of regulars: 0 was measured, so nothing would be caught" in text
    assert "not measured in these runs: " in text
    assert "min_map of regulars" in text


def test_what_makes_runs_unsound_is_said(tmp_path):
    run_at(tmp_path / "reports", 1, verdict=None)
    run_at(tmp_path / "reports", 2, fixture={"sha256": "e" * 64})
    broken = run_at(tmp_path / "reports", 3)
    broken.metadata.write_text("{")
    (sound,) = sound_runs([tmp_path / "reports"])
    assert len(sound.runs) == 1
    assert any("is of other data than" in text for text in sound.left_out)
    assert any("cannot be read" in text for text in sound.left_out)
    assert any("stand-in" in text for text in sound.notes)


def test_only_unsound_runs_are_refused_with_why(tmp_path):
    edit(run_at(tmp_path / "reports", 1).metadata, status="incomplete")
    with pytest.raises(InputError, match=r"no run there is fit: .* did not end \(incomplete\)"):
        sound_runs([tmp_path / "reports"])


def test_names_from_records_stay_comments_and_keys(tmp_path):
    import yaml

    run = run_at(tmp_path, 1, customer="off")
    figures = {"x\n evil: [": {"recall@20 (unseen)": {"name": "r", "value": 0.5, "n": 3, "definition": "d"}}}
    counts = {"users": 3, "with_history": 3, "evaluated": 3, "evaluated_with_history": 3}
    edit(run.artifacts / "quality_metrics.json", segment_figures=figures, segments={"x\n evil: [": counts})
    (sound,) = sound_runs([tmp_path])
    read = yaml.safe_load(snippet([suggest(sound)]))
    assert read["customers"]["off"]["segments"]["x\n evil: ["]["min_recall"] == 0.5


def test_what_the_runs_were_judged_by_stands_there_where_it_is_not_the_usual(tmp_path):
    import yaml

    def limit(key, value):
        return {"(all)": {"key": key, "value": value, "severity": "block", "origin": "guardrails.yml:3"}}

    settings = {"min_segment_users": 5.0, "relevance": "all", "split": 0.75, "weights": {"view": 0.5}}
    thresholds = {key: limit(key, value) for key, value in settings.items()}
    run_at(tmp_path, 1, guardrails={"thresholds": thresholds})
    (sound,) = sound_runs([tmp_path])
    quality = yaml.safe_load(snippet([suggest(sound)]))["customers"]["acme"]["quality"]
    kept = {key: value for key, value in quality.items() if key in settings}
    weights = {"view": 0.5, "click": 0.3, "add": 0.7, "purchase": 1.0, "custom": 0.2}
    assert kept == {"min_segment_users": 5, "relevance": "all", "weights": weights}
