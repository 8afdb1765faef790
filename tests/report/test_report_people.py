"""People in the page for pull requests: a table each, and titles that cannot break out of it."""

from __future__ import annotations

from report_rows import tables

from pytest_recsim.record.people import People, Person, Thing
from pytest_recsim.report.people import people_section, then

HOSTILE = "a|b <script>[x](y)\n# no \u202e\x1b[2K"
PERSON = Person(
    user=HOSTILE,
    segment=HOSTILE,
    value=0.25,
    median=0.3,
    of=1040,
    without_hit=1001,
    past=(Thing(item="i1", title=HOSTILE, what="view", on="2026-10-01"),),
    past_events=7,
    shown=(Thing(item="i2"), Thing(item="i3", title="Three", chosen=True)),
    later=(
        Thing(item="i3", what="purchase", on="2026-11-01", chosen=True),
        Thing(item="i4", what="view", on="2026-11-02"),
    ),
    later_events=9,
)


def test_a_person_is_a_table_of_past_list_and_what_came_then():
    lines = list(people_section(People(rule="the rule", people=(PERSON,))))
    ((head, rows),) = tables(lines)
    assert head == ["before", "shown, first ten places", "afterwards"]
    assert [row[1:] for row in rows] == [
        ["i2", "i3 (purchase, 2026-11-01): place 2 of the list"],
        ["Three: then chosen", "i4 (view, 2026-11-02)"],
    ]
    assert rows[1][0] == ""
    assert lines[2].startswith("Chosen by a rule: the rule. Personal data")


def test_titles_and_ids_are_text_on_one_line():
    lines = list(people_section(People(rule="r", people=(PERSON,))))
    said = "\n".join(lines)
    assert not set("\u202e\x1b") & set(said)
    assert "<script" not in said
    assert "](y)" not in said.replace("]\\(y)", "")
    assert [line for line in lines if line.lstrip().startswith("# ")] == []
    ((_, rows),) = tables(lines)
    assert rows[0][0].startswith("a\0b &lt;script>"), "the stroke is escaped, or there would be a cell more"


def test_nobody_is_no_section():
    assert list(people_section(None)) == list(people_section(People(rule="r", people=()))) == []


def test_a_place_that_does_not_count_says_why():
    met_before = Thing(item="i2", what="view", on="2026-11-03")
    assert then(met_before, PERSON) == (
        "i2 (view, 2026-11-03): place 1 of the list, which is no hit: it was met before"
    )
