"""``python -m benchmarks``: its table is whole, its verdicts are right and can fail, and its files keep other parts' rows."""

import json
import resource
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from benchmarks import page, part_customers, part_fixtures, part_growth, part_million, record, sizes, standins
from benchmarks.__main__ import main
from benchmarks.part_growth import series
from benchmarks.parts import Bench, Part
from benchmarks.rows import NotMeasured, Row, Target
from benchmarks.table import PARTS
from benchmarks.town import Finished
from benchmarks.watched import Watched

PATHS = {
    "run",
    "million",
    "shell",
    "start",
    "standin",
    "client",
    "service",
    "metrics",
    "bootstrap",
    "seeding",
    "fixtures",
}
FAST = Target("made-fast", "made", "rows | per second", 2, at_most=False, unit="per s", beside="theirs")
LEAN = Target("made-lean", "made", "memory", 60, at_most=True, unit="MB", held="difference", beside="idle")
GONE = Target("made-gone", "made", "what this machine lacks", 1, at_most=True, unit="s", held="figure")


def made(ours: list[float]) -> Part:
    def measure(bench: Bench) -> Iterator[Row]:
        assert bench.scratch.is_dir()
        yield FAST.row(ours[: bench.repeat], [10.0, 20.0, 10.0][: bench.repeat])
        yield LEAN.row([100.0], [40.0])
        raise NotMeasured("there is no such thing here")

    return Part("made", "made up", (FAST, LEAN, GONE), measure)


def measured(part: Part, folder, *more: str) -> tuple[int, dict[str, Row], str]:
    code = main([part.name, "--out", str(folder), *more], [part])
    rows = {row.name: row for row in record.load(folder / "performance.json").rows}
    return code, rows, (folder / "performance.md").read_text()


def test_every_row_of_the_table_is_listed_once_with_its_goal(capsys):
    assert main(["--list"]) == 0
    said = capsys.readouterr().out
    names = [target.name for part in PARTS for target in part.targets]
    assert len(names) == len(set(names)) == 34
    assert {part.name for part in PARTS} == PATHS | {"generator", "batch", "customers", "growth"}
    for part in PARTS:
        for target in part.targets:
            assert f"  {target.name} " in said
            assert target.goal in said


def test_a_goal_is_held_to_the_median_of_the_turns_not_to_the_best_one(tmp_path):
    code, rows, page = measured(made([30.0, 30.0, 25.0]), tmp_path, "--repeat", "3")
    row = rows["made-fast"]
    assert (row.figure, row.against, row.ratio, row.spread) == (30, 10, 2.5, (1.5, 3.0))
    assert (row.verdict, row.turns, rows["made-lean"].verdict) == ("reached", 3, "reached")
    assert (
        "rows \\| per second, per s (`made-fast`) | 30 | 10 (theirs) | 2.5 | at least 2 x | reached |" in page
    )
    assert code == 1  # one row was not measured


def test_a_row_short_of_its_goal_is_not_reached_and_one_without_figures_not_measured(tmp_path):
    _, rows, page = measured(made([19.0]), tmp_path, "--repeat", "1")
    assert rows["made-fast"].verdict == "not reached"
    assert (rows["made-gone"].verdict, rows["made-gone"].figure) == ("not measured", None)
    assert "not measured: there is no such thing here" in page
    assert "Of 3 rows: 1 reached, 1 not reached, 1 not measured." in page


def test_a_run_of_some_parts_replaces_only_their_rows_and_every_row_says_its_run(tmp_path):
    measured(made([30.0]), tmp_path, "--repeat", "1")
    page = tmp_path / "performance.md"
    page.write_text(page.read_text() + "\nWritten by hand.\n")
    other = Part(
        "other",
        "",
        (Target("other", "o", "w", 1, at_most=True, unit="s", held="figure"),),
        lambda _: iter(()),
    )
    old = record.load(tmp_path / "performance.json")
    assert main(["other", "--out", str(tmp_path)], [made([1.0]), other]) == 1
    new = record.load(tmp_path / "performance.json")
    assert new.rows[:3] == old.rows
    assert (new.rows[3].name, new.rows[3].reason) == ("other", "the part ended without it")
    assert {row.run for row in new.rows} == {run.name for run in new.runs}
    main(["made", "--repeat", "1", "--out", str(tmp_path / "fresh")], [made([1.0]), other])
    assert record.load(tmp_path / "fresh" / "performance.json").rows[3].reason == "its part has not been run"
    assert page.read_text().endswith("Written by hand.\n")
    (run, *_) = json.loads((tmp_path / "performance.json").read_text())["runs"]
    assert run["machine"]["cores"] >= 1
    assert run["machine"]["versions"]["numpy"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["clinet"], "clinet: is no part of the table; did you mean `client`?\n"),
        (["--repeat", "0"], "--repeat: must be 1 or more.\n"),
        (["--against", "nowhere"], "nowhere: is no checkout of this project.\n"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(words, sentence, capsys):
    assert main(words) == 4
    assert capsys.readouterr().err == sentence


def test_turns_of_two_sides_belong_together():
    with pytest.raises(ValueError, match="2 turns of ours, 1 of what stands beside"):
        FAST.row([1.0, 2.0], [1.0])


def test_growth_is_shown_as_points_and_as_a_picture_and_what_did_not_end_is_told(tmp_path):
    target = Target("grown", "g", "runs", 1.3, at_most=True, unit="ms", beside="of the smallest")

    def one(size: int) -> Watched:
        if size > 100:
            raise NotMeasured("did not end within 900 s")
        return Watched(size / 5, 90.0, size + 90.0, 1.0)

    row = series(target, (10, 100, 1000), one)
    assert row.points == ((10, 2.0, 100.0), (100, 20.0, 190.0))
    assert (row.verdict, row.ratio) == ("not reached", 1)
    assert "1,000: did not end within 900 s" in row.reason
    assert series(target, (10, 100), one).verdict == "reached"
    page.write(record.Record(rows=(row,)), tmp_path / "performance.md")
    assert "| 100 | 20 | 190 |" in (tmp_path / "performance.md").read_text()
    picture = ET.fromstring((tmp_path / "grown.svg").read_text())
    assert len(picture.findall("{*}polyline")) == 4


class Runs:
    """Runs of the sizes without running them: a second for a hundred events, or for a customer."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.endless = ""

    def whole(self, checkout, folder, *more, most_s) -> Watched:
        self.made.append(" ".join([folder.name, *more]))
        if folder.name == self.endless:
            raise NotMeasured(f"did not end within {most_s:g} s")
        size = int(folder.name.partition("-")[2])
        return Watched(5.0 if more else size / 100, 90.0, size / 1000, 1.0)

    def batch(self, folder, reports, *words, most_s) -> Finished:
        self.made.append(folder.name)
        size = int(folder.name.partition("-")[2])
        return Finished(Watched(float(size), 90.0 + size / 100, 200.0, 1.0), dict.fromkeys(range(size)), {})


@pytest.fixture
def runs(monkeypatch):
    found = Runs()
    monkeypatch.setattr(sizes, "world", lambda *numbers: numbers)
    monkeypatch.setattr(sizes, "write", lambda made, folder: folder.mkdir(parents=True))
    monkeypatch.setattr(sizes, "build", lambda folder, size, **_: None)
    monkeypatch.setattr(sizes, "whole", found.whole)
    monkeypatch.setattr(sizes, "run", found.batch)
    return found


LONGEST = (part_million.PART, part_customers.PART, part_growth.PART)


def rows_of(folder, *names: str) -> dict[str, Row]:
    main([*names, "--out", str(folder)], LONGEST)
    return {row.name: row for row in record.load(folder / "performance.json").rows}


def test_parts_that_show_the_same_runs_make_each_of_them_once(runs, tmp_path):
    rows = rows_of(tmp_path)
    assert sorted(runs.made) == sorted(
        [f"events-{size}" for size in (10_000, 30_000, 100_000, 300_000, 1_000_000)]
        + [f"customers-{size}" for size in (10, 30, 100, 300, 1_000)]
        + ["events-1000000 --recsim-sample-users=5000"]
    )
    assert {name: (row.figure, row.against) for name, row in rows.items()} == {
        "million-finishes": (10_000, None), "million-time": (10_000, 10_000), "million-memory": (1, 1),
        "million-sample": (5, 10_000), "customers-time": (1, 1), "customers-memory": (100, 90.1),
        "growth-events": (10, 10), "growth-customers": (1000, 1000),
    }  # fmt: skip
    assert [size for size, _, _ in rows["growth-customers"].points] == [10, 30, 100, 300, 1_000]


@pytest.mark.parametrize(("name", "count"), [("million", 3), ("customers", 2), ("growth", 10)])
def test_each_of_those_parts_alone_makes_the_runs_that_it_shows(runs, tmp_path, name, count):
    rows = rows_of(tmp_path, name)
    assert len(runs.made) == count
    told = {row.name: row.reason for row in rows.values() if row.verdict == "not measured"}
    assert {"its part has not been run"} == set(told.values())
    assert not any(one.startswith(f"{name}-") for one in told)


def test_a_run_that_does_not_end_leaves_its_reason_with_every_row_and_is_not_tried_again(runs, tmp_path):
    runs.endless = "events-1000000"
    rows = rows_of(tmp_path)
    why = "did not end within 1800 s"
    assert (rows["million-finishes"].verdict, rows["million-finishes"].reason) == ("not reached", why)
    assert (rows["million-sample"].verdict, rows["million-sample"].reason) == ("not measured", why)
    assert rows["growth-events"].verdict == "not reached"
    assert rows["growth-events"].reason == f"up to 300,000. 1,000,000: {why}"
    assert runs.made.count("events-1000000") == 1
    assert rows["customers-time"].verdict == "reached"


def test_the_memory_of_a_measured_process_is_its_own_and_not_that_of_a_larger_parent(tmp_path):
    ballast = len(b"x" * 200_000_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > ballast  # what every child starts with
    _, least = part_fixtures.read("def reading(folder): pass", tmp_path)
    _, most = part_fixtures.read("def reading(folder): len(b'x' * 100_000_000)", tmp_path)
    assert least * 1e6 < ballast / 2
    assert 95 < most - least < 105


def test_a_stand_in_whose_lists_are_not_full_is_not_measured(monkeypatch):
    class Connection:
        def __init__(self, port):
            self.port = port

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def send(self, message):
            return json.dumps({"items": [{}] * int(message)}).encode()

    monkeypatch.setattr(standins, "Connection", Connection)
    standins.try_out(1, [b"20", b"20"])
    with pytest.raises(NotMeasured, match="a list has 0 of 20 items"):
        standins.try_out(1, [b"20", b"0"])


def test_items_that_do_not_say_whether_they_are_available_are_seeded_as_such():
    rows = {"items": [{"item_id": "a"}, {"item_id": "b", "available": False}], "users": [], "events": []}
    (message,) = standins.writes(rows)
    sent = json.loads(message.partition(b"\r\n\r\n")[2])
    assert [item["available"] for item in sent["items"]] == [True, False]
