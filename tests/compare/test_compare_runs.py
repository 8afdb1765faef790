"""Two runs side by side: over the users of both, with an interval, and honest about what is not comparable."""

from __future__ import annotations

from itertools import cycle, islice

import pytest
from compared_runs import COVERAGE, FACTS, MANIFEST, people, write_run

from pytest_recsim.compare.compare import compare
from pytest_recsim.compare.sides import find_run, read_run
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.quality import Figure

LABEL = "ndcg@10 (unseen)"


def numbers(base, n, steps=(0.0,)):
    """``n`` numbers around ``base``."""
    return [base + step for step in islice(cycle(steps), n)]


@pytest.fixture
def held(tmp_path):
    """Compare two lists of people, each with more facts of its run."""

    def against(before, now, facts_before=None, facts_now=None):
        runs = (("a", before, facts_before), ("b", now, facts_now))
        return compare(
            *(read_run(write_run(tmp_path / name, lines, **(more or {}))) for name, lines, more in runs)
        )

    return against


def test_a_run_compared_with_itself_is_the_same_everywhere(held):
    lines = people(numbers(0.4, 30, (0.0, 0.1, 0.3))) + people(numbers(0.2, 25), segment="new")
    found = held(lines, lines)
    assert {one.outcome for one in found.differences} == {"same"}
    assert {(one.metric, one.segment) for one in found.differences} >= {
        ("ndcg", ""),
        ("ndcg", "vip"),
        ("ndcg", "new"),
    }
    assert (found.lists.items, found.lists.order, found.lists.overlap) == (0, 0, 1)
    assert (found.notes, found.changes, found.won, found.lost) == ((), {}, (), ())


def test_a_segment_that_lost_is_worse_and_the_others_are_not(held):
    before = people(numbers(0.5, 40, (0, 0.1))) + people(numbers(0.5, 40), segment="new")
    now = people(numbers(0.5, 40, (0, 0.1))) + people(numbers(0.2, 40, (0, 0.05)), segment="new")
    found = held(before, now)
    assert (found.of("ndcg", "new").outcome, found.of("ndcg", "vip").outcome) == ("worse", "same")
    assert found.of("ndcg", "new").difference == pytest.approx(-0.275)
    assert found.of("ndcg", "new").relative == pytest.approx(-0.55)
    assert found.of("ndcg", "new").lift_before == pytest.approx(0.0)
    assert found.of("ndcg", "new").lift_now == pytest.approx(-0.55)


def test_more_is_better_or_worse_as_the_metric_has_it(held):
    short, long = people(numbers(0.4, 30), items=("i1",)), people(numbers(0.4, 30), items=("i1", "i2", "i3"))
    assert held(short, long).of("list_length").outcome == "better"
    assert held(long, short).of("list_length").outcome == "worse"


def test_a_few_who_moved_either_way_cannot_be_told(held):
    moved = [0.9, 0.1, 0.8, 0.2, 0.4, *numbers(0.4, 30)]
    found = held(people(numbers(0.4, 35)), people(moved)).of("ndcg")
    assert found.outcome == "cannot tell"
    assert found.low < 0 < found.high


def test_a_difference_that_is_surely_tiny_is_the_same(held):
    now = numbers(0.5, 400, (0.001, -0.001, 0.001, -0.0008))
    assert held(people(numbers(0.5, 400)), people(now)).of("ndcg").outcome == "same"


def test_too_few_common_users_are_not_compared(held):
    found = held(people(numbers(0.4, 30)), people(numbers(0.6, 30), start=15))
    assert (found.common, found.only_before, found.only_now) == (15, 15, 15)
    assert found.of("ndcg").outcome == "not compared"
    assert found.of("ndcg").reason == "15 common users with a number, at least 20 are needed"


def test_a_run_may_need_more_or_fewer_common_users_per_segment(tmp_path):
    lines = people(numbers(0.4, 8)) + people(numbers(0.4, 8), segment="new")
    run = read_run(write_run(tmp_path / "a", lines))
    found = compare(run, run, lambda segment: {"": 5, "vip": 8, "new": 9}[segment])
    assert [found.of("ndcg", segment).outcome for segment in ("", "vip", "new")] == [
        "same",
        "same",
        "not compared",
    ]


def test_users_of_one_run_alone_are_in_no_mean(held):
    found = held(people(numbers(0.4, 30)), people(numbers(0.4, 30)) + people([9.0], start=30))
    assert (found.of("ndcg").outcome, found.of("ndcg").n, found.only_now) == ("same", 30, 1)


def test_whoever_the_profile_does_not_reach_is_left_out(held):
    found = held(
        people(numbers(0.4, 30)),
        people(numbers(0.4, 25)) + people(numbers(0.0, 5), start=25, in_effect=False),
    )
    assert (found.of("ndcg").outcome, found.of("ndcg").n) == ("same", 25)


def test_a_number_that_one_run_did_not_measure_is_not_compared(held):
    gone = {"figures": [Figure(name=LABEL, value=None, n=0, definition="d", reason="lists are short")]}
    lines = people(numbers(0.4, 30))
    assert held(lines, lines, facts_now=gone).of("ndcg").reason == "not measured now: lists are short"
    assert held(lines, lines, facts_before=gone).of("ndcg").reason == "not measured before: lists are short"


def test_a_number_of_all_lists_together_has_no_interval(held):
    moved = {"figures": [Figure(name=COVERAGE, value=0.5, n=100, definition="d")]}
    lines = people(numbers(0.4, 30))
    found = held(lines, lines, facts_now=moved).of("catalog_coverage")
    assert (found.before, found.now, found.outcome, found.low) == (0.7, 0.5, "cannot tell", None)
    assert "no interval" in found.reason


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"facts": {"fixture": {"sha256": "b" * 64, "events": 301}}}, "data sets"),
        ({"facts": {"customer": "other"}}, "customers"),
        ({"facts": {"options": {"window_days": 30.0, "surface": "default"}}}, "windows"),
        ({"facts": {"options": {"window_days": None, "surface": "home"}}}, "surfaces"),
        ({"facts": {"service": {"kind": "service", "url": "http://x"}}}, "kinds of service"),
        ({"relevance": "all"}, "kinds of relevance"),
        ({"split": MANIFEST["split"] | {"cut": "2026-11-01T00:00:00Z"}}, "splits"),
        (
            {"facts": {"guardrails": {"thresholds": {"weights": {"(all)": {"value": {"view": 2.0}}}}}}},
            "weights of events",
        ),
    ],
)
def test_what_makes_two_runs_incomparable_is_said(held, more, what):
    lines = people(numbers(0.4, 30))
    found = held(lines, lines, facts_now=more)
    assert len(found.notes) == 1
    assert f"The {what} are not the same" in found.notes[0]


def test_an_earlier_versions_record_of_the_same_file_is_of_the_same_data_set(held):
    lines = people(numbers(0.4, 30))
    today = {"facts": {"fixture": {"sha256": "b" * 64, "file_sha256": "a" * 64, "events": 300}}}
    assert held(lines, lines, facts_now=today).notes == ()


def test_runs_without_a_common_user_say_so(held):
    found = held(people(numbers(0.4, 30)), people(numbers(0.4, 30), segment="new"))
    assert "no user in common" in found.notes[-1]
    assert found.lists.users == 0


def test_knobs_that_changed_are_named_also_those_that_are_gone(held):
    asked = {"profile": FACTS["profile"] | {"asked": {"MMR_LAMBDA": "0.9", "CATEGORY_CAP": "3"}}}
    found = held(people([0.4]), people([0.4]), facts_now={"facts": asked})
    assert found.changes == {
        "BRAND_CAP": ("2", None),
        "CATEGORY_CAP": (None, "3"),
        "MMR_LAMBDA": ("0.35", "0.9"),
    }


def test_items_that_gained_and_lost_lists_are_counted(held):
    before = people(numbers(0.4, 20), items=("i1", "i2")) + people(
        numbers(0.4, 5), start=20, items=("i3", "i2")
    )
    now = people(numbers(0.4, 20), items=("i2", "i4")) + people(numbers(0.4, 5), start=20, items=("i2", "i3"))
    found = held(before, now)
    assert [(one.item, one.before, one.now) for one in found.won] == [("i4", 0, 20)]
    assert [(one.item, one.before, one.now) for one in found.lost] == [("i1", 20, 0)]
    assert (found.lists.items, found.lists.order, found.lists.overlap) == (0.8, 0.2, pytest.approx(0.6))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda root: (root / "simulation_metadata.json").unlink(), "is no report folder"),
        (lambda root: (root / "artifacts/per_user.jsonl.gz").unlink(), "shared without ids, or made before"),
        (lambda root: (root / "artifacts/quality_metrics.json").unlink(), "did not get as far"),
        (lambda root: (root / "artifacts/seed_manifest.json").unlink(), "No such file"),
        (lambda root: (root / "artifacts/per_user.jsonl.gz").write_bytes(b"{}"), "no gzip file"),
        (
            lambda root: (root / "simulation_metadata.json").write_text("{}"),
            r"cannot be read as a report folder \(it has no 'profile'\)",
        ),
    ],
)
def test_a_folder_that_cannot_be_compared_is_one_sentence(tmp_path, spoil, words):
    root = write_run(tmp_path / "a", people([0.4]))
    spoil(root)
    with pytest.raises(InputError, match=words):
        read_run(root)


def test_a_customers_folder_stands_for_its_newest_finished_run(tmp_path):
    for stamp, status in (
        ("20261128T100000Z", "finished"),
        ("20261128T110000Z", "finished"),
        ("20261128T120000Z", "started"),
    ):
        write_run(tmp_path / "acme" / stamp, people([0.4]), facts={"status": status})
    assert find_run(tmp_path / "acme").name == "20261128T110000Z"
    assert find_run(tmp_path / "acme" / "20261128T100000Z").name == "20261128T100000Z"


def test_a_folder_that_is_not_there_names_the_nearest(tmp_path):
    write_run(tmp_path / "acme", people([0.4]))
    with pytest.raises(InputError, match="did you mean `acme`"):
        find_run(tmp_path / "amce")
    with pytest.raises(InputError, match="is a file; must be a report folder"):
        find_run(tmp_path / "acme" / "simulation_metadata.json")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no finished run"):
        find_run(tmp_path / "empty")
