"""From trials to the verdict: what runs, what is kept after every step, and what a resumed study does not do again."""

from __future__ import annotations

import shutil

import pytest
from kept_runs import BEFORE, edit
from made_study import measured, replace, study, suite, trial

from pytest_recsim.plan.keywords import plan_for
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.per_user import NAME, UserLine, write_lines
from pytest_recsim.record.tune import Expected, Learned, read_study
from pytest_recsim.testing import shop
from pytest_recsim.tune import finish as room
from pytest_recsim.tune.finish import Place, finish, tell_of_knobs
from pytest_recsim.tune.suites import Ask, made

SEGMENTS = {"power_users": 40, "new_users": 30}


class Runs:
    """Whole runs that are made up: better with some knobs, ready or not, and noted."""

    def __init__(self, gain=0.05, unready=(), harmed=0.0):
        self.gain, self.unready, self.harmed, self.made = gain, unready, harmed, []

    def __call__(self, _ask, folder, who, where, values, _progress):
        if (found := made(folder, who, where)) is not None:
            return found
        self.made.append((who, where))
        root = folder / "suites" / f"{where}-{who}" / "acme" / f"20261128T2200{len(self.made):02d}Z"
        shutil.copytree(BEFORE, root)
        bad = (who, where) in self.unready
        verdict = {"status": "must_not_go" if bad else "may_go", "failing": ["S4"] if bad else []}
        edit(root / "simulation_metadata.json", status="finished", verdict=verdict)
        write_lines(root / "artifacts" / NAME, self.lines(who))
        return Bundle(root)

    def lines(self, who):
        for segment, users in SEGMENTS.items():
            more = 0.0 if who == "start" else self.gain
            more -= self.harmed if who != "start" and segment == "new_users" else 0.0
            for number in range(users):
                value = 0.3 + number / 1000 + more * (number % 3)
                yield UserLine(user=f"{segment}{number}", segment=segment, values={"ndcg": value, "mrr": 0.5})


@pytest.fixture
def place(tmp_path):
    shop(users=2, items=5).settle(tmp_path)
    folder = tmp_path / "reports" / "acme" / "tune_20261128T221500Z"
    return Place(folder, tmp_path, Ask(tmp_path, ()))


def unfinished():
    trials = (trial(0, 0.9, values={"MMR_LAMBDA": "0.3"}), trial(1, 0.8, values={"MMR_LAMBDA": "0.4"}))
    return study(
        status="running", trials=trials, start=measured(0.48), finalists=(), winner=None, verdict=None, tuned=None,
        requests={"total": 5},
    )  # fmt: skip


@pytest.fixture
def rendered():
    """The folders whose pages were made."""
    return []


@pytest.fixture
def finished(place, monkeypatch, rendered):
    def call(runs=None, begun=None):
        monkeypatch.setattr(room, "run_suite", runs or Runs())
        monkeypatch.setattr(room, "render_study", rendered.append)
        return finish(begun or unfinished(), plan_for("acme", root=place.root), place)

    return call


def test_a_winner_that_is_better_ready_and_harmless_becomes_a_profile(finished, place, rendered):
    runs = Runs()
    found = finished(runs)
    assert runs.made == [("0", "tuning"), ("start", "verdict"), ("0", "verdict")]
    assert (found.status, found.winner, found.verdict.decision, found.tuned) == (
        "complete",
        0,
        "change",
        "acme_tuned",
    )
    assert (place.root / "profiles" / "acme_tuned.env").is_file()
    assert found.verdict.looks == 1
    assert [(one.metric, one.segment) for one in found.verdict.gains][:3] == [
        ("ndcg", ""), ("ndcg", "new_users"), ("ndcg", "power_users"),
    ]  # fmt: skip
    assert found.verdict.suites[1].run == "suites/verdict-0/acme/20261128T220003Z"
    assert found.requests["whole runs"] > 0
    assert found.requests["total"] == 5 + found.requests["whole runs"]
    assert read_study(place.folder) == found
    assert rendered == [place.folder]
    assert found.space[2].meaning == "most items per brand tag in a list, 0 is off"


def test_the_first_finalist_that_is_ready_wins(finished):
    found = finished(Runs(unready=[("0", "tuning")]))
    assert [(one.who, one.ready) for one in found.finalists] == [("0", False), ("1", True)]
    assert found.winner == 1


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        (Runs(unready=[("0", "verdict")]), "does not pass the whole suite on the verdict slice (S4)"),
        (Runs(gain=0.0), "cannot be told from chance"),
        (Runs(gain=-0.05), "cannot be told from chance"),
        (Runs(gain=0.05, harmed=0.08), "segment new_users loses"),
    ],
)
def test_anything_against_the_winner_keeps_the_profile(finished, place, runs, words):
    found = finished(runs)
    assert found.verdict.decision == "keep"
    assert words in found.verdict.sentence
    assert found.tuned is None
    assert not (place.root / "profiles").exists()


def test_without_a_finalist_that_is_ready_the_nearest_is_judged_on_the_verdict_slice_and_that_is_said(
    finished,
):
    runs = Runs(unready=[("0", "tuning"), ("1", "tuning")])
    found = finished(runs)
    assert [where for _, where in runs.made] == ["tuning", "tuning", "verdict", "verdict"]
    assert found.verdict.looks == 1
    assert any(
        "came nearest to keeping everything on the tuning slice and missed" in note for note in found.notes
    )


def test_what_misses_on_both_slices_is_never_recommended(finished):
    runs = Runs(unready=[("0", "tuning"), ("1", "tuning"), ("0", "verdict"), ("1", "verdict")])
    found = finished(runs)
    assert found.verdict.decision == "keep"
    assert found.tuned is None


def test_without_any_candidate_no_whole_run_is_made(finished):
    runs = Runs()
    found = finished(runs, replace(unfinished(), trials=(trial(0, 0.9, coverage=0.5),)))
    assert runs.made == []
    assert "Of 1 trial none was better" in found.verdict.sentence


@pytest.mark.parametrize("step", range(1, 4))
def test_a_study_that_was_interrupted_goes_on_and_counts_nothing_twice(finished, place, step):
    class Interrupted(Runs):
        def __call__(self, *more):
            if len(self.made) == step - 1:
                raise KeyboardInterrupt
            return super().__call__(*more)

    broken, whole = Interrupted(), Runs()
    with pytest.raises(KeyboardInterrupt):
        finished(broken)
    begun = read_study(place.folder) if (place.folder / "study.json").exists() else unfinished()
    found = finished(whole, begun)
    assert len(broken.made) + len(whole.made) == 3
    assert (found.verdict.decision, found.verdict.looks) == ("change", 1)
    again = finished(Runs(), found)
    assert again.tuned == "acme_tuned"
    assert len(list((place.root / "profiles").iterdir())) == 1


def test_a_second_study_of_the_same_slice_is_a_second_look(finished, place, monkeypatch):
    finished()
    other = Place(place.folder.with_name("tune_20261129T221500Z"), place.root, place.ask)
    monkeypatch.setattr(room, "run_suite", Runs())
    found = finish(unfinished(), plan_for("acme", root=place.root), other)
    assert found.verdict.looks == 2
    assert found.tuned == "acme_tuned-2"


class Slice:
    """A bench in which one knob is dead."""

    space, start = study().space, measured()
    requests = {"total": 100}  # noqa: RUF012

    def trial(self, number, values, beat, *, room=True, expected=()):
        self.requests["total"] += 7
        self.expected = expected
        return trial(number, values=values, measured=replace(measured(), changed=0.0))


def test_dead_knobs_are_told_and_what_that_took_is_counted(place, monkeypatch, rendered):
    monkeypatch.setattr(room, "render_study", rendered.append)
    monkeypatch.setattr(room, "run_suite", Runs())
    said, bench = [], Slice()
    expected = Expected(check="S7", case="", seen=-0.1, error=0.0, spread=0.1, n=9, by=-0.1)
    begun = replace(unfinished(), effects=(), learned=Learned(studies=("x",), expected=(expected,)))
    plan = plan_for("acme", root=place.root)
    found = finish(tell_of_knobs(begun, plan, bench, place, say=said.append), plan, place, say=said.append)
    assert bench.expected == (expected,), "a knob that is moved alone is held to what the start is held to"
    assert {one.kind for one in found.effects} == {"dead"}
    assert found.requests["knobs moved alone"] == 35
    assert said[0] == "without effect on these data: PROFILE_BOOST, MMR_LAMBDA, BRAND_CAP"


def test_suites_are_in_the_record_as_soon_as_they_are_made(place, monkeypatch):
    class Once(Runs):
        def __call__(self, *more):
            if self.made:
                raise KeyboardInterrupt
            return super().__call__(*more)

    monkeypatch.setattr(room, "run_suite", Once())
    with pytest.raises(KeyboardInterrupt):
        finish(unfinished(), plan_for("acme", root=place.root), place)
    kept = read_study(place.folder)
    assert (kept.status, kept.winner, [one.who for one in kept.finalists]) == ("running", 0, ["0"])
    assert kept.finalists[0] != suite("0", "tuning")
