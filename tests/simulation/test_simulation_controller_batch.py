"""The summary of a batch: what a row says of a simulation, when it is written, and what earlier ones tell of durations."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.resolve import Resolved
from pytest_recsim.record.batch import BatchRecord, Row, read_batch, write_batch
from pytest_recsim.record.model import CheckResult, Verdict
from pytest_recsim.simulation.controller import batch, keeping_up
from pytest_recsim.simulation.controller.batch import BatchWriter, earlier_seconds, row_of

NOW = datetime(2026, 11, 27, 23, 50, tzinfo=UTC)


def result(check, outcome, case=""):
    return CheckResult(simulation="acme", check=check, case=case, outcome=outcome)


def writer(
    *results, name="acme", reports=Path("reports"), status="may_go", seeded=False, url="", forgotten=False
):
    """What the controller keeps of one simulation."""
    chosen = SimpleNamespace
    plan = chosen(
        id=name,
        customer=name.partition("-")[0],
        profile=chosen(value="prod"),
        stand_in=not url,
        base_url=chosen(value=url),
        overrides={"MMR_LAMBDA": chosen(text="0.9")},
        variant=None,
    )
    verdict = Verdict(status=status, sentence="Words.", counts={"passed": 1}, failing=("gini",))
    return chosen(
        opened=chosen(plan=plan),
        verdict=verdict,
        results={one.key: one for one in results},
        seeded=seeded,
        bundle=chosen(root=reports / name / "20261127T235000Z"),
        seconds=4.5,
        figures={"lift": 0.5},
        forgotten=forgotten,
    )


class Run:
    """A fleet as far as a summary looks at it."""

    html = True

    def __init__(self, reports=Path("reports"), *writers, finished=()):
        self.reports, self.now, self.run_id, self.finished = reports, NOW, "run-1", list(finished)
        self.writers = {one.opened.plan.id: one for one in writers}
        self.alarms, self.complaints = [], []

    def complain(self, sentence):
        self.complaints.append(sentence)

    def alarm(self, sentences):
        self.alarms += sentences


def status(*results, finished=True, **facts):
    one = writer(*results, **facts)
    return row_of(
        one, Run(Path("reports"), one, finished=["acme"] if finished else []), finished=False
    ).status


PASSED = result("gini", "passed")


def test_a_row_sums_up_what_a_reader_of_the_batch_asks_for():
    one = writer(
        PASSED, result("recall", "failed", "vip"), name="acme-eu", status="must_not_go", url="http://x"
    )
    row = row_of(one, Run(Path("reports"), one), finished=True)
    assert row == Row(
        id="acme-eu",
        customer="acme",
        status="must_not_go",
        sentence="Words.",
        counts={"passed": 1},
        failing=("gini",),
        checks={"gini": "passed", "recall [vip]": "failed"},
        bundle="acme-eu/20261127T235000Z",
        seconds=4.5,
        profile="prod",
        service="http://x",
        overrides={"MMR_LAMBDA": "0.9"},
        figures={"lift": 0.5},
    )


def test_a_stand_in_is_called_that_and_not_by_an_address_that_is_gone():
    one = writer(PASSED)
    assert row_of(one, Run(Path("reports"), one), finished=True).service == "stand-in"


@pytest.mark.parametrize("verdict", ["may_go", "must_not_go", "incomplete", "partial"])
def test_a_finished_simulation_has_the_status_of_its_verdict(verdict):
    assert status(PASSED, status=verdict) == verdict


def test_a_simulation_that_is_still_running_is_incomplete_whatever_its_verdict_so_far():
    assert status(PASSED, finished=False) == "incomplete"
    one = writer(PASSED)
    assert row_of(one, Run(Path("reports"), one), finished=True).status == "may_go", "the whole run has ended"


@pytest.mark.parametrize("outcomes", [(), ("missing",), ("skipped", "missing")])
def test_a_simulation_of_which_nothing_reported_did_not_run(outcomes):
    assert status(*(result(f"c{n}", outcome) for n, outcome in enumerate(outcomes))) == "not_run"


def test_one_report_among_missing_ones_is_a_run():
    assert status(result("a", "missing"), result("b", "failed"), status="must_not_go") == "must_not_go"


def test_seeding_alone_is_neither_a_verdict_nor_a_run_that_did_not_happen():
    assert status(seeded=True) == "seeded"
    assert status(PASSED, seeded=True, status="must_not_go") == "seeded"


@pytest.fixture
def pen(tmp_path):
    """Return a factory: writers -> the pen of their batch, and the run."""

    def make(*writers, finished=(), left_out=(), elsewhere=(), name="nightly"):
        facts = SimpleNamespace(name=name, left_out=left_out, path="nightly.yml", sha256="abc")
        run = Run(tmp_path, *writers, finished=finished)
        return BatchWriter(Resolved([], None, facts, elsewhere), run, "1/2"), run

    return make


def test_a_summary_says_of_which_manifest_run_and_slice_it_is(pen):
    made, _ = pen(writer(PASSED))
    record = made.write(finished=False)
    assert made.path.name == "nightly_20261127T235000Z.json"
    assert (record.name, record.manifest, record.manifest_sha256) == ("nightly", "nightly.yml", "abc")
    assert (record.run_id, record.shard, record.started_at) == ("run-1", "1/2", "2026-11-27T23:50:00+00:00")
    assert read_batch(made.path) == record


def test_a_killed_batch_leaves_a_summary_that_does_not_say_finished(pen):
    made, run = pen(writer(PASSED), writer(name="beta"), finished=["acme"])
    told = made.write(finished=False)
    assert (told.status, told.may_go) == ("started", False)
    assert {row.id: row.status for row in told.rows} == {"acme": "may_go", "beta": "not_run"}
    run.finished.append("beta")
    run.writers["beta"].results[PASSED.key] = PASSED
    assert made.write(finished=True).may_go
    assert read_batch(made.path).status == "finished"


def test_who_was_left_out_or_runs_in_another_slice_is_named_and_the_worst_stands_first(pen):
    bad = writer(result("gini", "failed"), name="beta", status="must_not_go")
    made, _ = pen(writer(PASSED), bad, left_out=("old",), elsewhere=("zeta", "gamma"))
    rows = made.write(finished=True).rows
    assert [(row.id, row.status) for row in rows] == [
        ("beta", "must_not_go"),
        ("gamma", "elsewhere"),
        ("zeta", "elsewhere"),
        ("old", "left_out"),
        ("acme", "may_go"),
    ]
    assert (rows[1].customer, rows[1].bundle, rows[1].service) == ("gamma", "", "")


def test_the_page_stands_beside_the_summary_and_tells_the_same(pen):
    made, _ = pen(writer(result("gini", "failed"), status="must_not_go"))
    made.write(finished=True)
    page = made.path.with_suffix(".md").read_text()
    assert "nightly" in page
    assert "**do not go**" in page
    assert "acme/20261127T235000Z" in page
    assert "do not go" in made.path.with_suffix(".html").read_text()


def test_the_browser_page_is_written_at_the_end_only_and_where_it_is_wanted(pen):
    made, run = pen(writer(PASSED))
    made.write(finished=False)
    run.html = False
    made.write(finished=True)
    assert not made.path.with_suffix(".html").exists()


def test_a_browser_page_that_cannot_be_written_is_told_and_the_summary_stands(pen):
    made, run = pen(writer(PASSED))
    made.path.with_suffix(".html").mkdir()
    assert made.write(finished=True).rows
    assert run.complaints == [f"{made.path.stem}.html could not be written: Is a directory"]
    assert run.alarms == []


def test_the_time_of_a_batch_is_counted_from_its_beginning(pen, monkeypatch):
    clock = iter([100.0, 107.25])
    monkeypatch.setattr(batch, "monotonic", lambda: next(clock))
    made, _ = pen(writer(PASSED))
    assert made.write(finished=True).seconds == 7.25


def test_two_batches_in_one_second_have_a_summary_each(pen):
    first, second = pen(writer(PASSED))[0], pen(writer(PASSED))[0]
    assert first.path != second.path


def test_a_folder_that_takes_no_summary_is_told_before_anything_runs(pen, tmp_path):
    (tmp_path / "batches").write_text("a file")
    with pytest.raises(InputError, match="no summary can be written there: File exists"):
        pen(writer(PASSED))


def test_a_disk_that_takes_nothing_more_is_an_alarm_and_no_end_of_the_run(pen, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    made, run = pen(writer(PASSED))
    monkeypatch.setattr(batch, "write_batch", full)
    assert made.write(finished=True).status == "finished"
    (sentence,) = run.alarms
    assert "the batch's summary is not complete" in sentence
    assert "No space left on device" in sentence


def summary(reports, name, stamp, **seconds):
    folder = reports / "batches"
    folder.mkdir(exist_ok=True)
    rows = tuple(Row(id=one, customer=one, status="may_go", seconds=took) for one, took in seconds.items())
    record = BatchRecord(
        name=name,
        status="finished",
        manifest="m.yml",
        manifest_sha256="",
        run_id="r",
        started_at="",
        rows=rows,
    )
    write_batch(folder / f"{name}_{stamp}.json", record)
    return folder / f"{name}_{stamp}.json"


def test_durations_are_those_of_the_newest_summary_of_that_batch(tmp_path):
    assert earlier_seconds(tmp_path, "nightly") == {}
    summary(tmp_path, "nightly", "20261102T000000Z", acme=2.0, beta=0.0)
    summary(tmp_path, "nightly", "20261101T000000Z", acme=1.0)
    summary(tmp_path, "weekly", "20261103T000000Z", acme=3.0)
    assert earlier_seconds(tmp_path, "nightly") == {"acme": 2.0}


def test_a_batch_whose_name_begins_like_this_ones_is_another_batch(tmp_path):
    summary(tmp_path, "nightly", "20261101T000000Z", acme=1.0)
    summary(tmp_path, "nightly_eu", "20261102T000000Z", acme=9.0)
    assert earlier_seconds(tmp_path, "nightly") == {"acme": 1.0}


def test_of_two_summaries_of_one_second_the_second_is_the_newer(tmp_path):
    for attempt, took in (("", 1.0), ("-2", 2.0), ("-10", 10.0)):
        summary(tmp_path, "nightly", f"20261101T000000Z{attempt}", acme=took)
    assert earlier_seconds(tmp_path, "nightly") == {"acme": 10.0}


def test_a_summary_that_cannot_be_read_leaves_the_word_to_the_one_before(tmp_path):
    summary(tmp_path, "nightly", "20261101T000000Z", acme=1.0)
    cut = summary(tmp_path, "nightly", "20261102T000000Z", acme=2.0)
    cut.write_bytes(cut.read_bytes()[:40])
    (tmp_path / "batches" / "nightly_20261103T000000Z.json").mkdir()
    assert earlier_seconds(tmp_path, "nightly") == {"acme": 1.0}


def test_while_a_batch_runs_its_summary_is_renewed_but_takes_only_a_part_of_the_time(pen, monkeypatch):
    clock, written = [100.0], []
    monkeypatch.setattr(keeping_up, "monotonic", lambda: clock[0])
    made, _ = pen(writer(PASSED))

    def slow(*_):
        written.append(clock[0])
        clock[0] += 2.0

    monkeypatch.setattr(batch, "render_batch", slow)
    for now in (100.0, 103.0, 201.9, 202.0, 202.1):
        clock[0] = max(clock[0], now)
        made.keep_up()
    assert written == [100.0, 202.0], "a summary that takes 2 s is made again after 100 s"


def test_of_a_thousand_customers_only_those_that_still_run_are_looked_at_again(pen, monkeypatch):
    looked = []
    made, run = pen(writer(PASSED, forgotten=True), writer(name="beta"), finished=["acme"])
    real = row_of
    monkeypatch.setattr(
        batch, "row_of", lambda one, *a, **k: looked.append(one.opened.plan.id) or real(one, *a, **k)
    )
    made.write(finished=False)
    made.write(finished=False)
    assert looked == ["acme", "beta", "beta"]
    run.writers["acme"].verdict = Verdict(status="must_not_go", sentence="Words.", counts={})
    run.writers["acme"].forgotten = False
    assert made.write(finished=True).rows[0].status == "must_not_go", "something has reported since"
