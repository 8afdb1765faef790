"""The pages of a tuning study: the decision first, everything from study.json alone, text of others inert."""

from __future__ import annotations

import re

import pytest
from made_study import gain, held, measured, replace, study, suite, trial, verdict
from published import breaches

from pytest_recsim.cli.main import main
from pytest_recsim.record.trial import Goal
from pytest_recsim.record.tune import read_study, write_study
from pytest_recsim.report.html.tune import render_study
from pytest_recsim.report.tune import study_page
from pytest_recsim.report.tune_front import front
from pytest_recsim.report.tune_words import headline


def test_a_study_is_read_as_it_was_written(tmp_path):
    write_study(tmp_path, study())
    assert read_study(tmp_path) == study()
    assert breaches(tmp_path) == []


def test_the_decision_stands_first_with_its_reason():
    lines = study_page(study()).splitlines()
    assert lines[0] == "# acme: Change profile prod: the knobs of trial 17 are better"
    assert lines[2] == study().verdict.sentence
    keep = study(verdict=verdict("keep", sentence="S4 fails there."), tuned=None)
    assert study_page(keep).startswith("# acme: Keep profile prod\n\nS4 fails there.\n")
    assert "What trial 17 would have changed" in study_page(keep)
    assert "recsim profile diff" not in study_page(keep)


def test_notes_and_what_the_start_does_not_keep_stand_in_the_head_as_sentences():
    start = replace(measured(), held=(held(value=0.5), held("S", "vip", None, margin=None, reason="r" * 200)))
    head = study_page(study(start=start, notes=("trial 3 came nearest",))).split("##")[0]
    kept = "The starting profile itself does not keep everything on the tuning slice: catalogue_coverage@20 0.5; "
    assert f"{kept}catalogue_coverage@20 [vip] not measured (rrr" in head
    assert "r" * 150 not in head
    assert "\nTrial 3 came nearest.\n" in head


def test_a_study_that_still_runs_or_was_killed_promises_nothing():
    running = study(
        status="running", trials=study().trials[:9], verdict=None, winner=None, finalists=(), tuned=None
    )
    page = study_page(running)
    assert headline(running) == "Not finished: 9 of 60 trials so far"
    assert "goes on where it is" in page
    for absent in ("## What changes", "## What it gains", "## Promised", "## Whole runs"):
        assert absent not in page


def test_a_study_in_which_nothing_could_be_recommended_keeps_the_profile():
    bad = tuple(trial(number, coverage=0.5) for number in range(3))
    page = study_page(
        study(trials=bad, winner=None, verdict=None, finalists=(), effects=(), tuned=None, wanted=3)
    )
    assert page.startswith("# acme: Keep profile prod")
    assert "0 kept everything that has to hold" in page
    assert "No trial keeps everything that has to hold." in page


@pytest.mark.parametrize(
    ("looks", "words"), [(1, "first study that has looked"), (3, "Warning: 3 studies have looked")]
)
def test_how_often_the_verdict_slice_was_looked_at_is_told_and_warned_of(looks, words):
    page = study_page(study(verdict=verdict(looks=looks)))
    assert words in page
    assert ("better by chance there" in page) == (looks > 1)


def test_the_front_is_of_trials_that_keep_everything_and_that_none_beats_in_every_goal():
    kept = [trial(0, 0.5, 0.7), trial(1, 0.6, 0.65), trial(2, 0.5, 0.65), trial(3, 0.9, 0.5)]
    stopped = trial(4, 0.95, 0.9, "stopped")
    equal = trial(5, 0.6, 0.65)
    found = front(study(trials=(*kept, stopped, equal)))
    assert [one.number for one in found] == [1, 5, 0]


def test_less_is_better_where_a_goal_says_so():
    goals = (
        Goal(metric="lift_ndcg", label="lift"),
        Goal(metric="catalogue_coverage", label="c", better="lower"),
    )
    found = front(study(goals=goals, trials=(trial(0, 0.5, 0.7), trial(1, 0.5, 0.65))))
    assert [one.number for one in found] == [1]


def test_what_was_not_measured_is_told_with_its_reason():
    unknown = held(
        "segment_lift_ndcg", "vip", None, margin=None, label="lift of NDCG@10", reason="7 users only"
    )
    odd = trial(0, measured=replace(measured(), held=(unknown,)))
    page = study_page(study(trials=(odd,), winner=None, verdict=None))
    assert "lift of NDCG@10 [vip] not measured (7 users only)" in page


def test_both_pages_are_made_of_the_file_alone_and_are_the_same_bytes_each_time(tmp_path):
    write_study(tmp_path, study())
    assert render_study(tmp_path) == tmp_path / "README.md"
    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert {"README.md", "report.html", "charts/front.svg", "charts/trials.svg"} < found.keys()
    assert {"charts/knobs.svg", "charts/gains.svg"} < found.keys()
    render_study(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in found} == found
    page = found["report.html"].decode()
    assert "<h1>Change profile prod: the knobs of trial 17 are better</h1>" in page
    assert 'class="verdict good"' in page
    assert page.count('role="img"') == 4
    assert "http:" not in page.replace("http://www.w3.org/", "")
    assert 'href="suites/verdict-17/acme/20261128T220000Z/README.md"' in page
    for anchor in re.findall('href="#([^"]+)"', page):
        assert f'id="{anchor}"' in page


def test_a_picture_says_in_words_what_it_shows(tmp_path):
    write_study(tmp_path, study())
    render_study(tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    told = dict(re.findall('role="img" aria-label="([^"]*?)\\. ([^"]*)"', page))
    assert told["Gain in NDCG@10 per segment"].startswith(
        "everybody +0.0200 (+0.0120 to +0.0280), promised +0.0310"
    )
    assert (
        "PROFILE_BOOST 62%; MMR_LAMBDA 35%; BRAND_CAP 3%"
        in told["How much of lift of NDCG@10 each knob decides"]
    )
    assert "the starting profile 0.480" in told["lift of NDCG@10, trial by trial"]


def test_one_goal_alone_is_drawn_against_the_guardrail_that_shows_its_price(tmp_path):
    write_study(tmp_path, study(goals=study().goals[:1]))
    render_study(tmp_path)
    assert "lift of NDCG@10 against catalogue_coverage@20" in (tmp_path / "report.html").read_text()


def test_text_of_others_is_inert_in_both_pages(tmp_path):
    odd = "<script>x</script>|`\x1b\u202e](x)"
    bad = trial(1, values={odd: odd}, reason=odd, measured=replace(measured(), gains=(gain(segment=odd),)))
    space = tuple(replace(one, knob=odd, start=odd, meaning=odd) for one in study().space[:1])
    effects = tuple(replace(one, knob=odd, sentence=odd) for one in study().effects[:1])
    found = study(
        customer=odd, profile=odd, service=odd, trials=(bad,), winner=1, space=space, effects=effects,
        left_out={odd: odd}, notes=(odd,), command=odd, tuned=odd, sampler=odd,
        finalists=(suite(odd, run=odd, verdict=odd, failing=(odd,), figures={odd: 1.0}),),
        goals=(Goal(metric=odd, label=odd), Goal(metric="catalogue_coverage", label=odd)),
        verdict=verdict(sentence=odd, gains=(gain(segment=odd),), optimism=()),
    )  # fmt: skip
    write_study(tmp_path, found)
    render_study(tmp_path)
    for name in ("README.md", "report.html"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "<script" not in text
        assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)


def test_an_empty_study_has_pages_too(tmp_path):
    empty = study(
        status="running", trials=(), winner=None, verdict=None, finalists=(), effects=(), slices=(), requests={},
        space=(), left_out={}, goals=(), start=None, tuned=None,
    )  # fmt: skip
    write_study(tmp_path, empty)
    render_study(tmp_path)
    assert "Not finished: 0 of 60 trials" in (tmp_path / "README.md").read_text()


def test_recsim_report_renders_a_study_again_and_recsim_open_finds_its_page(tmp_path, capsys):
    write_study(tmp_path, study())
    assert main(["report", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "README.md")
    assert main(["open", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip().endswith("report.html")


def test_a_damaged_study_is_a_sentence(tmp_path, capsys):
    (tmp_path / "study.json").write_text('{"status": "done"}', encoding="utf-8")
    assert main(["report", str(tmp_path)]) == 4
    assert "study.json cannot be rendered" in capsys.readouterr().err
