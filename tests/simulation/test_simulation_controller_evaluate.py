"""`evaluate`: one plan seeded once, judged, put back and returned; whatever ends it, nothing of it stays."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from pytest_recsim import Metric, RunRecord, evaluate, plan_for
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import dumps
from pytest_recsim.record.masking import masked
from pytest_recsim.simulation.controller import evaluate as room
from pytest_recsim.simulation.controller.evaluate import NotPutBack
from pytest_recsim.simulation.controller.judging import due
from pytest_recsim.simulation.session.simulation import SimulationFailed
from pytest_recsim.testing import LOOSE, shop

LENGTH = Metric(
    "length", "items in a list", lambda sim: {user: len(shown.ids) for user, shown in sim.lists.items()}
)
STRICT = LOOSE.replace("min_catalog_coverage: 0.3", "min_catalog_coverage: 1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a shop whose catalogue is not covered as its guardrails ask for."""
    place = tmp_path_factory.mktemp("shop")
    shop(guardrails=STRICT).settle(place)
    return place


@pytest.fixture(scope="module")
def plan(folder):
    """The plan of that shop."""
    return plan_for("acme", root=folder)


@pytest.fixture(scope="module")
def kept(folder):
    """One real evaluation with a bundle: its record, what was said, and the scratch folders that it left."""
    patch, said, steps = pytest.MonkeyPatch(), [], []
    (scratch := folder / "scratch").mkdir()
    patch.setattr(tempfile, "tempdir", str(scratch))
    plan = plan_for("acme", root=folder, metrics=[LENGTH])
    try:
        more = {"say": said.append, "progress": steps.append}
        record = evaluate(plan, metrics=iter([LENGTH]), reports=folder / "reports", **more)
    finally:
        patch.undo()
    left = list(scratch.glob("recsim-run-*"))
    return SimpleNamespace(record=record, said=said, steps=steps, plan=plan, scratch=left)


def test_the_record_has_every_guardrail_of_the_plan_in_the_order_of_judging(kept):
    assert [one.key for one in kept.record.guardrails] == [one.key for one in due(kept.plan)]
    assert kept.record.guardrail("availability").outcome == "passed"
    assert kept.record.guardrail("catalog_coverage") in kept.record.failing


def test_whoever_asks_hears_how_far_seeding_asking_and_judging_are(kept):
    ended = {step.what: (step.done, step.total) for step in kept.steps if step.over}
    asked = kept.record.quality.evaluated
    seeded = json.loads((Path(kept.record.bundle) / "artifacts/seed_manifest.json").read_text())["sent"]
    assert list(ended) == ["acme: seeding", "acme: asking for lists", "acme: judging the lists"]
    assert ended["acme: asking for lists"] == (asked - 2, asked - 2)  # two were asked for beforehand
    assert ended["acme: seeding"] == (sum(seeded.values()) - 1,) * 2  # without the probe item


def test_what_fails_is_explained_and_without_scenarios_the_verdict_says_so(kept):
    assert kept.record.verdict.status == "must_not_go"
    assert "catalog_coverage" in kept.record.verdict.failing
    assert "expected at least 1" in kept.record.guardrail("catalog_coverage").sentence
    assert kept.record.verdict.not_run == ("the scenarios",)


def test_custom_metrics_are_measured_and_knobs_shown(kept):
    assert kept.record.own["length"].figure.value == 20
    assert {row.status for row in kept.record.knobs} <= {"in effect", "started with it", "unknown"}
    assert "in effect" in {row.status for row in kept.record.knobs}


def test_requests_are_those_of_the_whole_evaluation_as_the_bundle_tells_them(kept):
    (told,) = [json.loads(Bundle(Path(kept.record.bundle)).metadata.read_text())["requests"]]
    assert kept.record.requests.total == told["total"] > kept.record.requests.recommendations
    assert kept.record.requests.recommendations >= kept.record.quality.evaluated == 12
    assert kept.record.requests.by_endpoint == told["by_endpoint"]


def test_the_bundle_is_that_of_a_run_of_pytest(kept):
    bundle = Bundle(Path(kept.record.bundle))
    assert bundle.root.parent.name == "acme"
    assert {one.key for one in bundle.results()} == {one.key for one in kept.record.guardrails}
    assert "Do not go live" in (bundle.root / "README.md").read_text()


def test_nothing_of_a_call_stays_and_nothing_is_said_where_nothing_is_to_be_waited_for(kept):
    assert kept.scratch == []
    assert kept.said == []


def test_what_a_restart_command_holds_is_a_secret_from_the_first_moment(folder, monkeypatch):
    (file := folder / "service.env").write_text("")
    restart = {"apply": "env-file", "env_file": file, "restart_command": "restart --token=swordfish-7"}
    plan = plan_for("acme", root=folder, base_url="http://127.0.0.1:9", **restart)
    monkeypatch.setattr(room, "_evaluated", lambda *_: masked("it was swordfish-7"))
    assert masked("it was swordfish-7") == "it was swordfish-7"
    assert "swordfish" not in evaluate(plan, reports=folder / "r")


def test_a_record_is_what_its_report_folder_holds(kept):
    found = RunRecord.load(kept.record.bundle)
    assert (found.metadata, found.quality) == (kept.record.metadata, kept.record.quality)
    assert dumps(found) == dumps(kept.record)


@pytest.mark.parametrize(("keep", "bundle"), [(True, "reports/acme/1"), (False, "")])
def test_a_record_names_a_bundle_only_where_it_is_kept(kept, keep, bundle):
    writer = SimpleNamespace(
        document=kept.record.metadata, results={"a": "passed"}, bundle=Bundle(Path("reports/acme/1"))
    )
    fleet = SimpleNamespace(writers={"acme": writer})
    record = room._complete(fleet, kept.plan, kept.record.quality, keep=keep)
    assert (record.bundle, record.checks, record.metadata) == (bundle, ("passed",), kept.record.metadata)


def refused(plan, **more):
    with pytest.raises(InputError) as caught:
        evaluate(plan, **more)
    return str(caught.value)


def test_something_that_is_no_plan_is_called_by_its_kind():
    assert "`plan` is a str; must be what plan_for returned" in refused("acme")
    assert "`plan` is nothing" in refused(None)


@pytest.mark.parametrize(
    ("argument", "value", "words"),
    [
        ("metrics", None, "`metrics` is nothing; must be a list of Metric"),
        ("metrics", 5, "`metrics` is an int; must be a list of Metric"),
        ("metrics", LENGTH, "`metrics` is a Metric; must be a list of Metric"),
        ("metrics", ["length", LENGTH, None], "`metrics` holds a str; must be a list of Metric"),
        ("reports", 5, "`reports` is an int; must be text, a path or None"),
        ("reports", b"kept", "`reports` is a bytes; must be text, a path or None"),
        ("say", "print", "`say` is a str; must be a function"),
        ("progress", True, "`progress` is a bool; must be a function"),
    ],
)
def test_an_argument_of_another_kind_is_told_by_its_name_before_anything_starts(plan, argument, value, words):
    assert refused(plan, **{argument: value}).startswith(f"evaluate: {words}")


def test_all_arguments_of_another_kind_are_told_together():
    told = refused("acme", metrics=7, reports=7, say=7)
    assert [line.partition("`")[2].partition("`")[0] for line in told.splitlines()] == [
        "plan",
        "metrics",
        "reports",
        "say",
    ]


def test_metrics_with_names_that_are_none_are_not_those_of_the_plan(folder):
    plan = plan_for("acme", root=folder, metrics=[LENGTH])
    odd = [Metric(5, "d", LENGTH.measure), LENGTH, Metric(["length"], "d", LENGTH.measure)]
    assert "metrics: must be the ones" in refused(plan, metrics=odd)


def test_an_address_that_cannot_be_used_is_told_first(plan, monkeypatch):
    monkeypatch.setattr(room, "_evaluated", lambda *_: pytest.fail("nothing is opened"))
    odd = replace(plan, base_url=replace(plan.base_url, value="ftp://x", origin="--base-url"))
    assert "does not start with `http://`" in refused(odd)


def test_everything_that_is_wrong_on_paper_is_told_together(folder):
    plan = plan_for(
        "acme", root=folder, skip=["quality"], base_url="http://127.0.0.1:9", apply="admin", metrics=[LENGTH]
    )
    told = refused(plan)
    assert "leaves the quality out" in told
    assert "metrics: must be the ones that plan_for was given" in told
    assert "reports: must name a folder: apply mode `admin` changes the service" in told


@pytest.mark.parametrize("facts", [{"seed_only": True}, {"skip": ("quality",)}])
def test_a_plan_that_judges_no_quality_is_refused(plan, facts):
    told = refused(replace(plan, **facts))
    assert told == "plan: leaves the quality out, and evaluate does nothing else than judge it"


@pytest.mark.parametrize(
    ("metrics", "fits"),
    [
        ([LENGTH], True),
        ([], False),
        ([LENGTH, LENGTH], False),
        ([Metric("width", "w", LENGTH.measure)], False),
        ([Metric("length", "items in a list", LENGTH.measure, per_user=False)], False),
    ],
)
def test_metrics_must_be_those_of_the_plan(folder, monkeypatch, metrics, fits):
    monkeypatch.setattr(room, "_evaluated", lambda *_: "went on")
    plan = plan_for("acme", root=folder, metrics=[LENGTH])
    if fits:
        assert evaluate(plan, metrics=metrics) == "went on"
    else:
        assert "metrics: must be the ones" in refused(plan, metrics=metrics)


@pytest.mark.parametrize(
    ("mode", "url", "reports", "fits"),
    [
        ("admin", "http://127.0.0.1:9", None, False),
        ("admin", "http://127.0.0.1:9", "r", True),
        ("request", "http://127.0.0.1:9", None, True),
        ("admin", None, None, True),
    ],
    ids=["the note would be lost", "it is kept", "nothing is changed", "the stand-in goes anyway"],
)
def test_a_service_is_only_changed_where_the_note_of_it_survives(
    folder, monkeypatch, mode, url, reports, fits
):
    monkeypatch.setattr(room, "_evaluated", lambda *_: "went on")
    place = {} if url is None else {"base_url": url}
    plan = plan_for("acme", root=folder, apply=mode, **place)
    if fits:
        assert evaluate(plan, reports=reports) == "went on"
    else:
        assert "must name a folder" in refused(plan, reports=reports)


class Fleet:
    """Stands for the fleet: steps fail on demand, and everything is written down."""

    fails: dict[str, BaseException]
    alarms_at_the_end: tuple[str, ...]

    def __init__(self, resolved, reports, scratch, complain, *, html):
        (plan,) = resolved.plans
        self.html = html
        self.plan, self.reports, self.scratch, self.complain = plan, reports, scratch, complain
        self.steps, self.alarms, self.writers, self.finished, self.opened = [], [], {}, [], {}
        Fleet.last = self

    def _step(self, name):
        self.steps.append(name)
        if name in self.fails:
            raise self.fails[name]

    def start(self, _):
        self._step("start")
        self.writers[self.plan.id] = SimpleNamespace()

    def turn_to(self, _):
        self._step("turn")
        raise SimulationFailed("seeding failed")  # as far as this fleet goes

    def finish(self, name, keys, left_out):
        self.finishing = (name, len(keys), left_out)
        self._step("finish")

    def restore(self):
        self._step("restore")
        self.alarms += self.alarms_at_the_end

    def stop(self):
        self._step("stop")


@pytest.fixture
def fleet(monkeypatch, tmp_path):
    """Return the class that stands for the fleet; ``last`` is the one that was made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(Fleet, "fails", {}, raising=False)
    monkeypatch.setattr(Fleet, "alarms_at_the_end", (), raising=False)
    monkeypatch.setattr(room, "Fleet", Fleet)
    return Fleet


def ended(plan, error, **more):
    with pytest.raises(error) as caught:
        evaluate(plan, **more)
    return caught.value


def test_a_preparation_that_failed_is_closed_judged_restored_and_stopped(plan, fleet):
    ended(plan, SimulationFailed)
    assert fleet.last.steps == ["start", "turn", "finish", "restore", "stop"]
    name, count, left_out = fleet.last.finishing
    assert (name, left_out) == ("acme", ("the scenarios",))
    assert count == len(due(fleet.last.plan))


@pytest.mark.parametrize("error", [InputError(Problem("n", "not ours.")), KeyboardInterrupt()])
def test_what_was_never_opened_has_no_record_to_close_and_is_let_go_all_the_same(plan, fleet, error):
    fleet.fails["start"] = error
    assert ended(plan, type(error)) is error
    assert fleet.last.steps == ["start", "restore", "stop"]


@pytest.mark.parametrize("step", ["finish", "restore"])
def test_a_closing_that_breaks_off_keeps_nothing_from_being_put_back_and_let_go(plan, fleet, step):
    fleet.fails[step] = KeyboardInterrupt()
    ended(plan, KeyboardInterrupt)
    assert fleet.last.steps == ["start", "turn", "finish", "restore", "stop"]


def test_what_could_not_be_put_back_is_a_note_of_the_error_that_ended_it(plan, fleet):
    fleet.alarms_at_the_end = ("BRAND_CAP stayed.", "run recsim restore.")
    error = ended(plan, SimulationFailed)
    assert error.__notes__ == ["BRAND_CAP stayed.", "run recsim restore."]


def test_a_scratch_folder_is_made_for_the_call_and_goes_with_it(plan, fleet, tmp_path):
    ended(plan, SimulationFailed)
    assert fleet.last.scratch.parent == tmp_path
    assert fleet.last.reports == fleet.last.scratch / "reports"
    assert list(tmp_path.glob("recsim-run-*")) == []


def test_scratch_folders_of_runs_that_were_killed_go_first(plan, fleet, tmp_path):
    (tmp_path / "recsim-run-killed.going").mkdir()
    ended(plan, SimulationFailed)
    assert list(tmp_path.glob("recsim-run-*")) == []


def test_reports_go_where_they_are_asked_for_and_complaints_to_whoever_listens(plan, fleet, tmp_path):
    heard = []
    ended(plan, SimulationFailed, reports=str(tmp_path / "kept"), say=heard.append)
    assert fleet.last.reports == tmp_path / "kept"
    assert fleet.last.html
    fleet.last.complain("a note.")
    assert heard == ["a note."]


def test_nobody_draws_a_page_that_goes_with_the_scratch_folder(plan, fleet):
    ended(plan, SimulationFailed)
    assert not fleet.last.html


def test_where_no_scratch_folder_can_be_made_it_is_one_sentence(plan, folder, fleet, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "gone"))
    assert "no scratch folder can be made: No such file or directory" in str(ended(plan, InputError))


def test_what_was_measured_stands_also_where_something_could_not_be_put_back(plan, fleet, monkeypatch):
    fleet.alarms_at_the_end = ("BRAND_CAP stayed.", "run recsim restore.")
    monkeypatch.setattr(room, "_judged", lambda *_: "judged")
    monkeypatch.setattr(room, "_complete", lambda _fleet, _plan, quality, *, keep: (quality, keep))
    error = ended(plan, NotPutBack)
    assert str(error) == "BRAND_CAP stayed.\nrun recsim restore."
    assert error.record == ("judged", False)
    fleet.alarms_at_the_end = ()
    assert evaluate(plan, reports="r") == ("judged", True)


def test_a_finished_simulation_is_not_finished_again(plan, fleet, monkeypatch):
    def judged(made, plan, *_):
        made.start(None)
        made.finished.append(plan.id)

    monkeypatch.setattr(room, "_judged", judged)
    monkeypatch.setattr(room, "_complete", lambda *_, keep: keep)
    evaluate(plan)
    assert fleet.last.steps == ["start", "restore", "stop"]
