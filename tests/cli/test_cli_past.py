"""`recsim history` and `recsim open`: what they find, what they say of what cannot be compared, and how they refuse."""

from __future__ import annotations

import json
import sys
import webbrowser

import pytest
from kept_runs import run_at

from pytest_recsim.cli import main
from pytest_recsim.record.history import NAME
from pytest_recsim.simulation.bundle.folders import run_named
from pytest_recsim.simulation.bundle.history import remember


@pytest.fixture
def reports(tmp_path, monkeypatch):
    """The reports folder of the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "reports"


def told(capsys, *words, code=0):
    assert main(list(words)) == code
    return capsys.readouterr()


def ran(reports, day, **facts):
    bundle = run_at(reports, day, **facts)
    remember(reports, bundle)
    return bundle


def with_coverage(reports, day, value, **facts):
    """A run with so much of the catalogue covered."""
    bundle = run_at(reports, day, **facts)
    path = bundle.artifacts / "quality_metrics.json"
    document = json.loads(path.read_text())
    document["figures"]["catalogue_coverage@20"]["value"] = value
    path.write_text(json.dumps(document))
    remember(reports, bundle)
    return bundle


def test_a_history_is_a_table_with_the_change_against_the_run_before(reports, capsys):
    with_coverage(reports, 0, 0.5)
    with_coverage(reports, 1, 0.75, profile={"overrides": {"MMR_LAMBDA": {"text": "0.3", "origin": "x"}}})
    head, first, second = told(capsys, "history", "acme").out.splitlines()
    assert head.split("  ")[0] == "when (UTC)"
    assert first.startswith("2026-11-20 12:00  partial")
    assert "0.5  " in first
    assert "MMR_LAMBDA=0.3" in second
    assert "0.75 (+0.250)" in second


def test_variants_of_a_sweep_are_in_no_history_and_are_opened_by_their_own_name(reports, capsys):
    own = with_coverage(reports, 0, 0.5)
    variant = run_at(reports, 1, simulation="acme@MMR_LAMBDA=0.3")
    assert len(told(capsys, "history", "acme").out.splitlines()) == 2
    assert run_named("acme", reports).root == own.root
    assert run_named(variant.root.parent.name, reports).root == variant.root


def test_runs_that_cannot_be_compared_say_why_and_show_no_change(reports, capsys):
    with_coverage(reports, 0, 0.5)
    with_coverage(reports, 1, 0.75, fixture={"sha256": "b" * 64})
    last = told(capsys, "history", "acme").out.splitlines()[-1]
    assert last.endswith("not comparable: other data set")
    assert "(+" not in last


def test_a_killed_run_is_told_apart_and_nothing_is_held_against_it(reports, capsys):
    with_coverage(reports, 0, 0.5)
    run_at(reports, 1, status="started")
    run_at(reports, 2, status="incomplete", verdict={"status": "must_not_go", "failing": ["gini", "S4"]})
    with_coverage(reports, 3, 0.75)
    _, _, killed, cut_short, last = told(capsys, "history", "acme").out.splitlines()
    assert "killed, or still running" in killed
    assert "do not go (2 failed or not measured), interrupted" in cut_short
    assert "0.75 (+0.250)" in last


def test_only_the_last_runs_are_shown_where_asked_for_still_with_their_change(reports, capsys):
    with_coverage(reports, 0, 0.5)
    with_coverage(reports, 1, 0.75)
    _, only = told(capsys, "history", "acme", "--last", "1").out.splitlines()
    assert "0.75 (+0.250)" in only


def test_as_json_every_figure_and_segment_is_there(reports, capsys):
    with_coverage(reports, 0, 0.5)
    with_coverage(reports, 1, 0.75)
    first, second = json.loads(told(capsys, "history", "acme", "--json").out)
    assert (first["before"], first["changes"]) == (None, [])
    assert (second["before"], second["not_comparable"]) == (first["bundle"], [])
    changes = {(one["name"], one["segment"]): one["change"] for one in second["changes"]}
    assert changes["catalogue_coverage@20", ""] == 0.25
    assert {segment for _, segment in changes} > {""}


def test_runs_of_a_batch_under_another_id_belong_to_their_customer(reports, capsys):
    run_at(reports, 0)
    run_at(reports, 1, simulation="acme-more-variety", status="started")
    run_at(reports, 2, customer="beta")
    assert len(told(capsys, "history", "acme").out.splitlines()) == 3


def test_a_run_is_held_against_the_one_before_of_its_own_simulation_and_never_of_its_own_batch(
    reports, capsys
):
    for day, (base, more) in enumerate(((0.5, 0.6), (0.55, 0.8))):
        with_coverage(reports, day, more, simulation="acme-more")
        with_coverage(reports, day, base)
    first, *_, second = json.loads(told(capsys, "history", "acme", "--json").out)
    assert first["before"] is None
    assert second["before"].startswith("acme/")
    rows = told(capsys, "history", "acme").out.splitlines()[1:]
    assert ["(" in row for row in rows] == [False, False, True, True]
    assert "0.8 (+0.200)" in rows[2]
    assert "0.55 (+0.050)" in rows[3]


def test_of_one_check_that_failed_there_is_one(reports, capsys):
    ran(reports, 0, verdict={"status": "must_not_go", "failing": ["gini"]})
    assert "do not go (1 failed or not measured)  " in told(capsys, "history", "acme").out


def test_a_broken_line_is_said_beside_the_table(reports, capsys):
    ran(reports, 0)
    with (reports / "acme" / NAME).open("ab") as stream:
        stream.write(b"{oops\n")
    said = told(capsys, "history", "acme")
    assert said.err == "recsim: history.jsonl:2: this line is no run; the others are read\n"
    assert len(said.out.splitlines()) == 2


def test_what_steers_a_terminal_does_not_reach_it(reports, capsys):
    ran(reports, 0, profile={"name": {"value": "a\x1b[2Kb\u202e", "origin": "x"}})
    said = told(capsys, "history", "acme").out
    assert "a\\x1b[2Kb\\u202e" in said
    assert "\x1b" not in said + told(capsys, "history", "acme", "--json").out


@pytest.mark.parametrize("verb", ["history", "open"])
def test_a_customer_without_runs_is_one_sentence_with_the_nearest_name(reports, capsys, verb):
    ran(reports, 0)
    said = told(capsys, verb, "acne", code=4)
    assert said.err == "recsim: reports: no run of `acne`; did you mean `acme`?\n"
    assert said.out == ""


@pytest.mark.parametrize("last", ["0", "-1", "two", "\N{SUPERSCRIPT TWO}"])
def test_how_many_runs_is_a_whole_number(reports, capsys, last):
    said = told(capsys, "history", "acme", "--last", last, code=4).err
    assert f"recsim history: --last: `{last}`: must be a whole number of at least 1" in said


@pytest.fixture
def browser(monkeypatch):
    """Stands for a browser: what it was asked to open."""
    opened = []
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    return opened


def paged(bundle):
    (bundle.root / "report.html").write_text("page")
    return bundle


def test_the_newest_page_is_opened_and_its_path_is_printed(reports, capsys, browser):
    paged(run_at(reports, 0))
    newest = paged(run_at(reports, 2, customer="beta"))
    paged(run_at(reports, 1))
    for words in ((), ("latest",), ("beta",), ("reports/beta",), (str(newest.root),), ("reports",)):
        said = told(capsys, "open", *words)
        assert (said.out, said.err) == (f"reports/beta/{newest.root.name}/report.html\n", "")
    assert browser == [(newest.root / "report.html").as_uri()] * 6
    assert told(capsys, "open", "acme").out == "reports/acme/20261121T120000Z/report.html\n"
    paged(run_at(reports, 3, simulation="acme-b"))
    assert told(capsys, "open", "acme").out == "reports/acme-b/20261123T120000Z/report.html\n"
    assert told(capsys, "open", "acme-b").out == "reports/acme-b/20261123T120000Z/report.html\n"


def test_without_a_display_the_path_is_printed_and_nothing_is_opened(reports, capsys, browser, monkeypatch):
    paged(run_at(reports, 0))
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    said = told(capsys, "open")
    assert said.out == "reports/acme/20261120T120000Z/report.html\n"
    assert said.err == "recsim: no display here, so nothing was opened\n"
    assert browser == []


def test_a_browser_that_does_not_start_is_said(reports, capsys, browser, monkeypatch):
    def missing(_):
        raise webbrowser.Error("could not locate runnable browser")

    paged(run_at(reports, 0))
    for broken in (missing, lambda _: False):
        monkeypatch.setattr(webbrowser, "open", broken)
        assert "no browser could be started" in told(capsys, "open").err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["latest", "--reports-dir", "nowhere"], "nowhere: no run has reported here"),
        (["reports/acme/20261120T120000Z/artifacts"], "did you mean `reports/acme/20261120T120000Z`?"),
        (["acme"], "no report.html; `recsim report reports/acme/20261120T120000Z` makes it"),
    ],
)
def test_where_there_is_no_page_it_is_one_sentence(reports, capsys, browser, words, said):
    run_at(reports, 0)
    shown = told(capsys, "open", *words, code=4)
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert browser == []


def test_of_a_customer_whose_folders_are_gone_there_is_nothing_to_open(reports, capsys, browser):
    ran(reports, 0)
    (reports / "acme" / "20261120T120000Z").rename(reports.parent / "away")
    assert "no report folder of `acme` is left" in told(capsys, "open", "acme", code=4).err
    assert len(told(capsys, "history", "acme").out.splitlines()) == 2
