"""False alarms on a service that we did not start: how they are counted, what the page says, and a tenth of the runs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from alarms_count import wilson
from served_count import Ended, Person, expected, unexplained
from served_page import document, page
from served_run import Chunk, run_chunk
from served_worlds import MODES, OWN, QUIRKS, STARTS, draw_served

from pytest_recsim.record.model import CheckResult

DOCS = Path(__file__).parents[2] / "docs"
WORLDS = draw_served(12, seed=2)
PEOPLE = (*[Person("vip", 9)] * 19, Person("vip", 1), *[Person("new_users", 2)] * 10)
UNAPPLIED = "not measured: the profile is not in effect for any of 20 users: ..."


def differing(*knobs: tuple[str, str]) -> tuple[dict[str, str], ...]:
    return tuple({"knob": knob, "moves": moves} for knob, moves in knobs)


def run_of(*results: CheckResult, rows=(), start=1) -> Ended:
    world = WORLDS[start]
    return Ended(world, "request", results, tuple(rows), PEOPLE, 3)


def lift(outcome: str, sentence: str = "", segment: str = "vip") -> CheckResult:
    return CheckResult(
        simulation="c", check="segment_lift_ndcg", case=segment, outcome=outcome, sentence=sentence
    )


@pytest.mark.parametrize(
    ("rows", "want"),
    [
        (differing(), "judged"),
        (differing(("RULES_ENABLE", "nobody's quality lists")), "judged"),
        (differing(("BRAND_CAP", "all users")), "not in effect"),
        (differing(("MMR_LAMBDA", "established users")), "not in effect"),
        (differing(("NEW_USER_MMR_LAMBDA", "sparse and new users")), "either"),
        (differing(("PROFILE_MIN_EVENTS_FOR_BOOST", "users whose number of recent items ...")), "either"),
        (differing(("RECOMMENDATION_MAX_K", "all users")), "either"),
    ],
)
def test_a_number_is_judged_where_no_visible_knob_moves_more_than_one_user_in_twenty(rows, want):
    """One of the twenty users of this segment is sparse: five percent, and no more."""
    assert expected(run_of(rows=rows), PEOPLE[:20]) == want


@pytest.mark.parametrize(
    ("result", "rows", "start", "told"),
    [
        (lift("passed"), (), 1, ""),
        (lift("failed"), differing(("BRAND_CAP", "all users")), 1, "judged, although a visible knob differs"),
        (lift("not_measured", UNAPPLIED), differing(("BRAND_CAP", "all users")), 1, ""),
        (lift("not_measured", "not measured: 3 users"), differing(("BRAND_CAP", "all users")), 1, ""),
        (lift("not_measured", UNAPPLIED), (), 1, "although no visible one differs"),
        (
            lift("not_measured", UNAPPLIED),
            differing(("BRAND_CAP", "all users")),
            0,
            "started with the customer's own",
        ),
        (lift("passed", segment="new_users"), differing(("MMR_LAMBDA", "established users")), 1, ""),
    ],
)
def test_what_the_record_shows_explains_what_is_judged_and_what_is_not(result, rows, start, told):
    found = list(unexplained(run_of(result, rows=rows, start=start)))
    assert [told in one["what"] for one in found] == ([True] if told else [])


def test_a_red_check_of_behaviour_is_an_alarm_and_its_run_is_counted_in_its_cell():
    alarm = CheckResult(simulation="c", check="S1", outcome="failed", sentence="S1 says")
    facts = document([WORLDS[1]], [run_of(alarm), run_of(lift("passed"))], seed=2)
    assert [one["check"] for one in facts["alarms"]] == ["S1"]
    cell = next(cell for cell in facts["cells"] if cell["runs"])
    assert (cell["mode"], cell["start"], cell["runs"], cell["with_alarm"]) == ("request", "prod", 2, 1)
    assert "In 1 of 2 runs a check of behaviour failed" in page(facts)


def test_worlds_meet_all_kinds_of_service_evenly():
    kinds = Counter((world.start, world.quirks) for world in draw_served(36, seed=1))
    assert set(kinds) == {(start, quirks) for start in STARTS for quirks in QUIRKS}
    assert set(kinds.values()) == {3}


SERVED = json.loads((DOCS / "false-alarms-served.json").read_text(encoding="utf-8"))


def test_the_page_is_made_from_its_json():
    assert (DOCS / "false-alarms-served.md").read_text(encoding="utf-8") == page(SERVED)


def test_the_worlds_behind_the_page_would_be_drawn_again():
    """A changed draw makes the figures those of other customers: run served_run.py again."""
    again = [f"{world.case.customer}: {world.told}" for world in draw_served(3, SERVED["seed"])]
    assert again == SERVED["first_worlds"]


def test_no_alarm_was_measured_and_every_kind_of_service_was_met():
    cells = SERVED["cells"]
    assert SERVED["runs"] == sum(cell["runs"] for cell in cells) == 3 * SERVED["worlds"]
    assert (SERVED["alarms"], SERVED["inconsistent"]) == ([], [])
    assert SERVED["worlds"] >= 200
    assert all(cell["runs"] > 0 for cell in cells)
    assert {cell["mode"] for cell in cells} == set(MODES)
    assert not sum(cell["numbers"]["knobs"] for cell in cells if cell["start"] == OWN)
    assert sum(cell["numbers"]["knobs"] for cell in cells if cell["mode"] == "request") > 0
    assert wilson(0, SERVED["runs"])[1] < 0.01


@pytest.mark.long
@pytest.mark.parametrize("number", [0, 1, 2, 5, 6, 8, 10])
def test_no_check_of_behaviour_fails_on_services_that_were_never_met_before(tmp_path, number):
    """Every mode without quirks and with them; services started with four profiles. The seed is not the page's."""
    world = WORLDS[number]
    runs = run_chunk(Chunk(tmp_path / "chunk", [world], number))
    facts = document([world], runs, seed=2)
    assert (facts["alarms"], facts["inconsistent"]) == ([], [])
    assert all(facts["checks"][name]["measured"] for name in ("S1", "S10", "contract"))
