"""`recsim tune`: what it refuses, what it leaves, how it goes on, and what --show tells; on a bench that measures nothing."""

from __future__ import annotations

import shlex
from contextlib import contextmanager

import pytest
from made_bench import SPACE, MadeBench, study
from msgspec.structs import replace

from pytest_recsim.cli import main
from pytest_recsim.cli.tune import _command, tune
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.trial import Trial
from pytest_recsim.record.tune import Moved, Verdict, read_study, write_study
from pytest_recsim.testing import shop
from pytest_recsim.tune import tuning
from pytest_recsim.tune.folders import alone, new_folder
from pytest_recsim.tune.showing import best_line
from pytest_recsim.tune.tuning import Wanted

WORDS = ("tune", "acme", "--knob", "PROFILE_BOOST=0.1..2:log", "--knob", "MMR_LAMBDA=0.1..1", "--trials", "6")


class Desk:
    """Benches as they are opened: with what, how often, and where Ctrl-C hits the next one."""

    def __init__(self):
        self.asked, self.benches, self.interrupted_at = [], [], None

    @contextmanager
    def __call__(self, plan, space, **how):
        self.asked.append((space, how))
        bench = MadeBench(dies_at=self.interrupted_at)
        by_name = {one.knob: one for one in SPACE}
        bench.space = tuple(by_name[one.knob] for one in space)
        bench.measured = lambda values, own=bench.measured: own(
            {one.knob: one.start for one in SPACE} | values
        )
        bench.left_out = {"BRAND_CAP": "BRAND_CAP cannot travel"}
        self.benches.append(bench)
        yield bench


@pytest.fixture
def desk(tmp_path, monkeypatch):
    shop(users=20).settle(tmp_path)
    monkeypatch.chdir(tmp_path)
    desk = Desk()

    def ended(study, plan, place, *, say, progress):
        sentence = "On the verdict slice trial 1 is better."
        done = replace(
            study, status="complete", verdict=Verdict(decision="change", sentence=sentence, looks=1)
        )
        write_study(place.folder, done)
        return done

    monkeypatch.setattr(tuning, "open_bench", desk)
    monkeypatch.setattr(tuning, "finish", ended)
    monkeypatch.setattr(tuning, "tell_of_knobs", lambda study, plan, bench, place, **_: study)
    monkeypatch.setattr("made_bench.PowerCutError", KeyboardInterrupt)
    return desk


def told_to_whole_runs(monkeypatch):
    """The words of the command line that whole runs would get."""
    words = []
    ended = tuning.finish

    def noting(study, plan, place, **how):
        words.extend(place.ask.words)
        return ended(study, plan, place, **how)

    monkeypatch.setattr(tuning, "finish", noting)
    return words


def folder_of(root):
    (found,) = root.glob("reports/acme/tune_*")
    return found


def test_a_study_leaves_its_record_and_says_how_it_ended(desk, tmp_path, capsys):
    assert main(WORDS) == 0
    out, err = capsys.readouterr()
    found = read_study(folder_of(tmp_path))
    assert (found.wanted, len(found.trials), found.status, found.profile) == (6, 6, "complete", "prod")
    assert found.left_out == {"BRAND_CAP": "BRAND_CAP cannot travel"}
    assert "note: BRAND_CAP cannot travel" in err
    assert "study: reports/acme/tune_" in err
    assert out.splitlines()[1] == "On the verdict slice trial 1 is better."
    assert "best on the tuning slice: trial " in out
    assert found.command == shlex.join(["recsim", *WORDS])
    assert not (folder_of(tmp_path) / ".lock").exists()


def test_after_ctrl_c_it_goes_on_and_ends_as_if_nothing_had_been(desk, tmp_path, capsys):
    assert main(WORDS) == 0
    whole = read_study(folder_of(tmp_path)).trials
    desk.interrupted_at = 4
    assert main([*WORDS, "--reports-dir", "others"]) == 130
    (cut,) = tmp_path.glob("others/acme/tune_*")
    assert f"to go on: recsim tune others/acme/{cut.name} --resume" in capsys.readouterr().err
    assert read_study(cut).trials == whole[:4]
    desk.interrupted_at = None
    assert main(["tune", "acme", "--reports-dir", "others", "--resume"]) == 0
    found = read_study(cut)
    assert found.trials == whole
    assert len(desk.benches[-1].asked) == 2
    assert found.requests["total"] == 60


def test_a_resumed_study_can_get_more_trials(desk, tmp_path):
    desk.interrupted_at = 4
    assert main(WORDS) == 130
    desk.interrupted_at = None
    assert main(["tune", str(folder_of(tmp_path)), "--resume", "--trials", "8"]) == 0
    assert len(read_study(folder_of(tmp_path)).trials) == 8


def test_show_tells_how_far_a_study_is_and_how_to_go_on(desk, tmp_path, capsys):
    desk.interrupted_at = 4
    assert main(WORDS) == 130
    folder = folder_of(tmp_path)
    capsys.readouterr()
    assert main(["tune", "acme", "--show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("acme, profile prod, on the embedded stand-in: interrupted, 4 of 6 trials")
    assert f"to go on: recsim tune reports/acme/{folder.name} --resume" in lines
    with alone(folder):
        assert main(["tune", f"reports/acme/{folder.name}", "--show"]) == 0
        assert "running, 4 of 6 trials" in capsys.readouterr().out
        assert main(["tune", "acme", "--resume"]) == 4
        assert "somebody is at work on this study" in capsys.readouterr().err


def test_a_start_that_measures_otherwise_than_before_is_told(desk, tmp_path, capsys):
    desk.interrupted_at = 2
    assert main(WORDS) == 130
    folder = folder_of(tmp_path)
    study = read_study(folder)
    write_study(folder, replace(study, start=replace(study.start, goals={"lift": 0.1, "coverage": 0.2})))
    desk.interrupted_at = None
    assert main(["tune", "acme", "--resume"]) == 0
    assert "does not measure as when the study began (coverage 0.2 then" in capsys.readouterr().err
    assert len(read_study(folder).notes) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["tune"], "recsim tune: CUSTOMER is missing"),
        (["tune", "acme"], "nothing is to be tried; must have --space FILE or NAME, or --knob"),
        (["tune", "acmo", "--space", "relevance"], "did you mean `acme`?"),
        (["tune", "acme", "--space", "relevanze"], "did you mean `relevance`?"),
        (["tune", "acme", "--knob", "PROFILE_BOST=1..2"], "did you mean `PROFILE_BOOST`?"),
        (["tune", "acme", "--space", "margin", "--sampler", "tpx"], "--sampler: `tpx`: must be one of gp, tpe, random, nsga2"),
        (["tune", "acme", "--space", "margin", "--trials", "0"], "--trials: 0: must be 1 to 5000"),
        (["tune", "acme", "--space", "margin", "--jobs", "99"], "--jobs: 99: must be 1 to 32"),
        (["tune", "acme", "--space", "margin", "--harm", "nan"], "--harm: nan: must be a share, 0 to 1"),
        (["tune", "acme", "--show"], "reports: no study of `acme`; must be a customer that has one"),
        (["tune", "acme", "--resume"], "reports: no study of `acme`"),
        (["tune", "acme", "--apply"], "there is no option `--apply`"),
        (["tune", "acme", "--space", "margin", "--mode", "envv"], "recsim: --mode: `envv`: must be one of env"),
        (["tune", "acme", "--space", "margin", "--sample-users", "0"], "recsim: --sample-users: `0`: must be"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_sentence_and_leaves_nothing(desk, tmp_path, capsys, words, sentence):
    assert main(words) == 4
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "reports").exists()
    assert not desk.asked


def test_a_complete_study_is_not_gone_on_with_and_a_resumed_one_takes_no_other_knobs(desk, capsys):
    assert main(WORDS) == 0
    assert main(["tune", "acme", "--resume"]) == 4
    assert "the study is complete" in capsys.readouterr().err
    assert main(["tune", "acme", "--resume", "--knob", "MMR_LAMBDA=0..1"]) == 4
    assert "--knob: a study goes on as it was begun" in capsys.readouterr().err


@pytest.mark.parametrize(
    "typed", [("--seed", "1"), ("--jobs", "2"), ("--harm", "0.1"), ("--sampler", "random"), ("--goal", "recall"),
              ("--env-override", "MMR_LAMBDA=1"), ("--base-url", "http://127.0.0.1:9")]
)  # fmt: skip
def test_a_resumed_study_refuses_what_it_would_not_heed(desk, capsys, typed):
    desk.interrupted_at = 2
    assert main(WORDS) == 130
    assert main(["tune", "acme", "--resume", *typed]) == 4
    assert f"{typed[0]}: a study goes on as it was begun" in capsys.readouterr().err


def test_how_to_go_on_can_be_typed_where_a_folder_has_a_space_in_its_name(desk, tmp_path, capsys):
    desk.interrupted_at = 2
    assert main([*WORDS, "--reports-dir", "all reports"]) == 130
    (cut,) = tmp_path.glob("all reports/acme/tune_*")
    told = f"to go on: recsim tune 'all reports/acme/{cut.name}' --resume"
    assert told in capsys.readouterr().err
    assert main(["tune", "acme", "--reports-dir", "all reports", "--show"]) == 0
    lines = capsys.readouterr().out
    assert told in lines
    assert f"page: recsim report 'all reports/acme/{cut.name}'" in lines


def test_what_a_foreign_namespace_asks_for_is_an_option_that_is_there(monkeypatch, desk, capsys):
    @contextmanager
    def foreign(*_, **__):
        raise InputError(
            Problem("namespace `acme`", "to wipe it all the same, add --recsim-allow-reset acme")
        )
        yield

    monkeypatch.setattr(tuning, "open_bench", foreign)
    assert main(WORDS) == 4
    assert "all the same, add --allow-reset acme\n" in capsys.readouterr().err


def test_a_damaged_study_is_told(desk, tmp_path, capsys):
    folder = tmp_path / "reports/acme/tune_20261128T000000Z"
    folder.mkdir(parents=True)
    (folder / "study.json").write_text("{")
    assert main(["tune", "acme", "--show"]) == 4
    assert "study.json: cannot be read" in capsys.readouterr().err


def test_two_studies_of_one_second_have_folders_of_their_own(tmp_path):
    from pytest_recsim.clock import utc_now

    now = utc_now()
    first, second = (new_folder(tmp_path, "acme", now) for _ in range(2))
    assert second.name == f"{first.name}-2"


def test_the_command_that_is_kept_means_what_was_typed():
    words = [
        "acme", "--knob", "MMR_LAMBDA=0..1", "--goal", "a b", "--env-override", "BRAND_CAP=1", "--env-override", "BRAND_CAP=2",
        "--jobs", "2", "--mode", "request", "--base-url", "http://127.0.0.1:1", "--reports-dir", "other",
    ]  # fmt: skip
    with tune.make_context("recsim tune", list(words)) as context:
        given = context.params
    with tune.make_context("recsim tune", shlex.split(_command(given))[2:]) as context:
        assert context.params == given


def test_spaces_are_listed(capsys):
    assert main(["tune", "--spaces"]) == 0
    out = capsys.readouterr().out
    assert "relevance: Better lists for everybody." in out
    assert "  MMR_LAMBDA=0.2..1" in out


def test_a_goal_that_the_start_does_not_show_is_refused_before_anything_is_tried(
    desk, tmp_path, monkeypatch, capsys
):
    @contextmanager
    def blind(plan, space, **how):
        bench = MadeBench()
        bench.start = replace(bench.start, goals={"lift": None, "coverage": 0.8})
        yield bench

    monkeypatch.setattr(tuning, "open_bench", blind)
    assert main(WORDS) == 4
    assert "--goal: lift: the starting profile shows none on the tuning slice" in capsys.readouterr().err
    assert not (tmp_path / "reports").exists()


def test_what_is_wanted_has_the_defaults_of_the_command():
    with tune.make_context("recsim tune", ["acme"]) as context:
        given = context.params
    wanted = Wanted(customer="acme")
    for name in ("space", "knobs", "goals", "harm", "trials", "jobs", "sampler", "seed"):
        assert getattr(wanted, name) == given[name]


def test_of_a_study_that_has_ended_nothing_is_said_to_be_so_far():
    bench = MadeBench()
    running = study(bench)
    assert best_line(running).startswith("no trial so far is better")
    assert best_line(replace(running, status="complete")).startswith("no trial is better")


@pytest.mark.parametrize("mode", ["", "request"])
def test_whole_runs_reach_a_service_as_trials_do_and_never_change_it(desk, monkeypatch, mode):
    words = told_to_whole_runs(monkeypatch)
    typed = ["--mode", mode] if mode else []
    assert main([*WORDS, "--base-url", "http://127.0.0.1:1", *typed]) == 0
    assert words.count("--recsim-apply") == 1, "also where nothing is typed: an ini file may name another one"
    assert words[words.index("--recsim-apply") + 1] == "request"


def test_whole_runs_on_stand_ins_are_started_with_every_knob_as_trials_are(desk, monkeypatch):
    words = told_to_whole_runs(monkeypatch)
    assert main([*WORDS]) == 0
    assert words[words.index("--recsim-apply") + 1] == "env"


def other_study(root):
    """A complete study of another customer below its reports folder."""
    place = root / "theirs" / "other" / "tune_20261128T221500Z"
    place.mkdir(parents=True)
    what = Moved(check="catalog_coverage", case="", label="coverage", tuning=0.6, verdict=0.7, by=-0.1)
    verdict = Verdict(decision="change", sentence="Better.", looks=1, moved=(what,))
    trials = (Trial(number=0, values={"PROFILE_BOOST": "1.1", "MMR_LAMBDA": "0.6"}, state="complete"),)
    done = replace(study(MadeBench()), customer="other", status="complete", trials=trials, winner=0)
    write_study(place, replace(done, verdict=verdict))
    return place


def test_what_won_for_another_customer_is_tried_first_also_after_a_resume(desk, tmp_path, capsys):
    other_study(tmp_path)
    desk.interrupted_at = 0
    assert main([*WORDS, "--learn-from", "theirs"]) == 130
    assert "note: learned from 1 study of other customers: 1 set" in capsys.readouterr().err
    desk.interrupted_at = None
    assert main(["tune", "acme", "--resume"]) == 0
    found = read_study(folder_of(tmp_path))
    assert found.learned.studies == ("theirs/other/tune_20261128T221500Z",)
    assert found.trials[0].values == {"PROFILE_BOOST": "1.1", "MMR_LAMBDA": "0.6"}
    assert found.command.endswith("--learn-from theirs")


def test_studies_to_learn_from_that_are_not_there_are_told_before_anything_is_sent(desk, tmp_path, capsys):
    assert main([*WORDS, "--learn-from", "nowhere"]) == 4
    assert "--learn-from nowhere: is no folder; must be one with studies" in capsys.readouterr().err
    assert desk.asked == []
