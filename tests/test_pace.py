"""How far long work is: heard while it goes on, shown in words with a rate and an estimate, and gone when it is over."""

from __future__ import annotations

import io
import os
import select
import time
from types import SimpleNamespace

import pytest

from pytest_recsim import pace
from pytest_recsim.pace import Meter, Step, Stream, paced, silent
from pytest_recsim.plugin.progress import Terminal
from pytest_recsim.simulation.session import notes
from pytest_recsim.simulation.session.notes import Notes, noted


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step("lists", 400, 1300, 2.0), "lists: 400 of 1,300 (200 a second, about 4 s left)"),
        (Step("lists", 4, 100, 60.0), "lists: 4 of 100 (4 a minute, about 24 min left)"),
        (Step("lists", 0, 1300, 2.0), "lists: 0 of 1,300"),
        (Step("ratings", 5000, 0, 2.0), "ratings: 5,000 (2,500 a second)"),
        (Step("judging", 0, 0, 7.4), "judging, 7 s"),
        (Step("lists", 1300, 1300, 6.5, over=True), "lists: 1,300 of 1,300 in 6 s"),
    ],
)
def test_a_step_says_how_far_how_fast_and_how_long_still(step, words):
    assert str(step) == words


def test_work_is_reported_while_it_goes_on_and_at_its_end_also_when_it_fails(monkeypatch):
    monkeypatch.setattr(pace, "BEAT_S", 0.005)
    heard, done = [], []

    def work():
        with paced(heard.append, "lists", 5, lambda: len(done)):
            done.extend(range(3))
            while len(heard) < 2:
                time.sleep(0.001)
            done.extend(range(4))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert {(step.done, step.over) for step in heard[:-1]} <= {(0, False), (3, False), (5, False)}
    assert (heard[-1].done, heard[-1].over) == (5, True)
    count = len(heard)
    time.sleep(0.02)
    assert len(heard) == count


def test_nobody_is_woken_where_nobody_listens():
    with paced(silent, "lists", 5, lambda: pytest.fail("asked")):
        pass


class Paper:
    """A screen that keeps what was shown."""

    def __init__(self, *, live):
        self.live, self.shown = live, []

    def line(self, text):
        self.shown.append(text)

    def over(self, text):
        self.shown.append(f"~{text}")

    def clear(self):
        self.shown.append("clear")


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test moves."""
    now = SimpleNamespace(now=100.0)
    monkeypatch.setattr(pace, "monotonic", lambda: now.now)
    return now


def went(paper, clock, seconds, every=0.5):
    """Work of so many seconds, reported as it would be."""
    meter = Meter(paper)
    for tick in range(int(seconds / every)):
        clock.now += every
        meter(Step("lists", tick + 1, 1000, (tick + 1) * every))
    meter(Step("lists", 1000, 1000, seconds, over=True))
    return paper.shown


def test_without_a_terminal_there_is_a_line_now_and_then_and_none_for_what_is_soon_over(clock):
    assert went(Paper(live=False), clock, 4.5) == []
    shown = went(Paper(live=False), clock, 32)
    assert [line.partition(" (")[0] for line in shown] == [
        f"recsim: lists: {count} of 1,000" for count in (10, 30, 50)
    ]


def test_on_a_terminal_one_line_changes_and_goes_away(clock):
    assert went(Paper(live=True), clock, 0.9) == []
    shown = went(Paper(live=True), clock, 3)
    assert shown[0].startswith("~lists: 2 of 1,000 (")
    assert shown[-1] == "clear"
    assert shown.count("clear") == 1


def test_a_stream_that_is_no_terminal_gets_whole_lines(clock):
    stream = io.StringIO()
    meter = Meter(Stream(stream))
    meter(Step("lists", 10, 1000, 6.0))
    assert stream.getvalue() == "recsim: lists: 10 of 1,000 (2 a second, about 10 min left)\n"


# --- beside pytest's own output ---


class Emulator:
    """As much of a terminal as is used: rows, a cursor, erase, up and right."""

    def __init__(self):
        self.rows, self.row, self.column = [""], 0, 0

    def feed(self, text):
        while text:
            if text.startswith("\x1b["):
                code = next(place for place, char in enumerate(text) if char.isalpha())
                self._steer(text[2:code], text[code])
                text = text[code + 1 :]
            else:
                self._put(text[0])
                text = text[1:]

    def _steer(self, count, what):
        if what == "K":
            self.rows[self.row] = self.rows[self.row][: self.column]
        elif what == "A":
            self.row -= 1
        elif what == "C":
            self.column += int(count)

    def _put(self, char):
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.row, self.column = self.row + 1, 0
            self.rows += [""] * (self.row + 1 - len(self.rows))
        else:
            row = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = row[: self.column] + char + row[self.column + 1 :]
            self.column += 1


@pytest.fixture
def place():
    """A terminal that pytest is writing to, and ours beside it."""
    master, slave = os.openpty()
    writer = SimpleNamespace(width_of_current_line=0, _file=os.fdopen(slave, "w"))
    reporter = object.__new__(pytest.TerminalReporter)
    reporter.currentfspath = "a"
    config = SimpleNamespace(
        pluginmanager=SimpleNamespace(get_plugin=lambda _: reporter), get_terminal_writer=lambda: writer
    )
    ours = Terminal(config, live=True)

    def write(text):
        writer._file.write(text)
        writer._file.flush()
        writer.width_of_current_line += len(text)

    def shown():
        emulator = Emulator()
        while select.select([master], [], [], 0.1)[0]:
            emulator.feed(os.read(master, 100_000).decode())
        return emulator.rows

    yield SimpleNamespace(ours=ours, write=write, shown=shown, reporter=reporter)
    ours.close()
    writer._file.close()
    os.close(master)


def test_a_changing_line_leaves_pytests_own_line_as_it_was(place, monkeypatch):
    place.write("test_one.py .")
    place.ours.over("lists: 100 of 200")
    place.ours.over("lists: 7")
    place.ours.clear()
    place.write(".. [100%]")
    assert place.shown() == ["test_one.py ... [100%]", ""]


def test_a_whole_line_ends_pytests_own_and_what_steers_a_terminal_is_made_visible(place):
    place.write("test_one.py .")
    place.ours.line("recsim: \x1b[2Kone")
    place.ours.over("lists: 7")
    place.ours.line("recsim: two")
    place.ours.clear()
    place.write(".")
    assert place.shown() == ["test_one.py .", r"recsim: \x1b[2Kone", "recsim: two", "."]
    assert place.reporter.currentfspath is None


# --- from workers ---


def test_the_controller_reads_what_workers_are_at_and_forgets_one_that_died(tmp_path, monkeypatch):
    one, other = Notes(tmp_path, "gw0"), Notes(tmp_path, "gw1")
    step = Step("acme: lists", 3, 9, 1.5)
    one(step)
    other(Step("beta: lists", 1, 2, 0.5))
    other(Step("beta: lists", 2, 2, 0.9, over=True))
    (tmp_path / "pace-gw2.json").write_text("half a")
    assert list(noted(tmp_path)) == [step]
    later = notes.wall() + 60
    monkeypatch.setattr(notes, "wall", lambda: later)
    assert list(noted(tmp_path)) == []


def test_a_folder_that_takes_no_note_stops_nobody(tmp_path):
    (tmp_path / "file").touch()
    Notes(tmp_path / "file", "gw0")(Step("acme: lists", 3, 9, 1.5))
