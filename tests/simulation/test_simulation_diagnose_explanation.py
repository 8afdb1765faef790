"""What is told with a failure beyond its number, and that an explanation never changes or hides what it explains."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest
from truth_answers import answered

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.record.model import Measure
from pytest_recsim.record.previous import Change, Previous
from pytest_recsim.service.contract.wire import Blend, Explain, Signals
from pytest_recsim.simulation.checks.check import Check, Conclusion
from pytest_recsim.simulation.diagnose.explanation import Named, explained
from pytest_recsim.simulation.diagnose.likely_cause import CAVEAT
from pytest_recsim.simulation.session.preparation import Prepared

POPULAR = Explain(blend=Blend(alpha=1.0, contrib=Signals(pop=1.0)))
FAILED = Conclusion("failed", "as it was told first")


class Sim(SimpleNamespace):
    """What is read of a simulation; like one it is the same as itself alone."""

    __hash__ = object.__hash__


def measure(**more):
    facts = {"name": "recall", "ok": False, "got": 0.0, "expected": "at least 0.5", "metric": "recall"}
    return Measure(**facts | {"about": "ranking", "knobs": ("MMR_LAMBDA",)} | more)


@pytest.fixture(scope="module")
def world(shared_make_world):
    return shared_make_world("MMR_LAMBDA=0.9")


@pytest.fixture
def sim(world, tmp_path):
    """The small world, asked: u1 and u3 are vip, u2 is a new user; everything comes from popularity."""
    shown = {"u1": ("i1",), "u2": ("i1", "i2"), "u3": ("i3",)}
    return Sim(
        plan=world.plan,
        world=world,
        prepared=Prepared(),
        quality=SimpleNamespace(judged_relevance="all"),
        lists={user: answered(user, *items, explain=POPULAR) for user, items in shown.items()},
        users={user.user_id: user for user in world.fixture.users},
        available=frozenset({"i1", "i3"}),
        established_answer=lambda _: True,
        context=SimpleNamespace(bundle=Bundle(tmp_path)),
    )


@pytest.fixture
def explain(sim, tmp_path):
    """Return what is told of some measures, and the measures afterwards; ``previous`` is what the record keeps."""

    def of(name, *measures, previous=None, case="", scenario=False):
        facts = None if previous is None else msgspec.to_builtins(previous)
        write_json(tmp_path / "simulation_metadata.json", {"previous": facts})
        check = Check(measures=list(measures))
        told = explained(sim, Named(name, case, scenario), check, FAILED)
        return told, check.measures

    return of


def test_a_failing_number_gets_who_stands_behind_it_the_request_the_knobs_and_a_likely_cause(explain):
    told, (one,) = explain("recall", measure())
    assert one.worst == "lowest of 2 users: u1 0, u2 0"
    assert one.curl.startswith("curl ")
    assert '"user_id":"u1"' in one.curl.replace(" ", "")
    assert one.values == "MMR_LAMBDA=0.9 (--env-override)"
    assert one.likely == f"3 of these 3 lists hold fewer than 10 items, so there is little to hit {CAVEAT}"
    for fact in (one.worst, one.values, one.likely, one.curl):
        assert fact in told.sentence


@pytest.mark.parametrize("ok", [True, None])
def test_only_what_failed_is_explained(explain, ok):
    fine = measure(name="fine", ok=ok)
    _, (first, second) = explain("recall", fine, measure())
    assert first == fine
    assert second.worst


@pytest.mark.parametrize("outcome", ["failed", "not_measured"])
def test_the_outcome_stays_what_it_was(sim, tmp_path, outcome):
    write_json(tmp_path / "simulation_metadata.json", {})
    told = explained(sim, Named("recall"), Check(measures=[measure()]), Conclusion(outcome, "x"))
    assert told.outcome == outcome
    assert "most affected: lowest of 2 users" in told.sentence
    assert told.sentence.startswith("recall: expected at least 0.5, got 0")


def test_an_explanation_that_breaks_is_a_line_and_the_failure_is_told_all_the_same(explain, sim):
    sim.lists = None
    told, (one,) = explain("recall", measure())
    assert one == measure()
    first, *_, last = told.sentence.splitlines()
    assert first == "recall: expected at least 0.5, got 0"
    assert last.startswith("  what stands behind it could not be worked out: AttributeError: ")


def test_what_a_check_has_found_itself_is_kept(explain):
    _, (one,) = explain("recall", measure(worst="u9", curl="curl theirs"))
    assert (one.worst, one.curl) == ("u9", "curl theirs")
    assert one.likely


def test_a_number_that_no_list_shows_best_has_no_request(explain):
    _, (one,) = explain("catalog_coverage", measure(metric="catalog_coverage"))
    assert one.worst.startswith("0 of 2 available items are in no list")
    assert one.curl == ""


def segment_of(explain, name, **more):
    """Whose lists a hint is read from, by how many there are of them; None for no hint at all."""
    _, (one,) = explain(name, measure(about="ranking", metric=""), **more)
    return {"": None, "3": "all", "2": "vip", "1": "new_users"}[one.likely[:1]]


@pytest.mark.parametrize(
    ("name", "more", "whose"),
    [
        ("recall", {}, "all"),
        ("recall", {"case": "vip"}, "vip"),
        ("recall", {"case": "no segment"}, "all"),
        ("S7", {"scenario": True}, "new_users"),
        ("S2", {"scenario": True}, None),
        ("S2", {"scenario": True, "case": "vip"}, None),
        ("contract", {}, None),
        ("availability", {}, None),
        ("profile", {}, None),
        ("test_mine.py::test_own", {"case": "vip"}, None),
    ],
)
def test_lists_that_were_judged_are_looked_at_and_no_others(explain, name, more, whose):
    assert segment_of(explain, name, **more) == whose


def test_new_users_are_found_however_their_segment_is_spelt(explain, sim):
    facts = sim.plan.fixture
    spelt = msgspec.structs.replace(facts, segments={"vip": 2, "New_Users": 1})
    sim.plan = msgspec.structs.replace(sim.plan, fixture=spelt)
    sim.users["u2"] = SimpleNamespace(segment="New_Users")
    assert segment_of(explain, "S7", scenario=True) == "new_users"
    sim.plan = msgspec.structs.replace(sim.plan, fixture=msgspec.structs.replace(facts, segments={"vip": 3}))
    assert segment_of(explain, "S7", scenario=True) is None


def test_knobs_are_told_with_what_is_in_effect_where_no_list_was_judged_too(explain, sim):
    row = KnobRow("MMR_LAMBDA", "0.9", "--env-override", "0.2", "differs", "explain")
    sim.prepared = Prepared(knobs=(row,))
    _, (one,) = explain("S2", measure(), scenario=True)
    assert one.values == "MMR_LAMBDA=0.9 (--env-override), but 0.2 in effect"
    assert (one.worst, one.likely) == ("", "")


def before(*changes, outcomes=None):
    return Previous(
        bundle="20261121T100000Z", verdict="", changes=changes, outcomes=outcomes or {}, quality={}
    )


def test_what_changed_since_the_run_before_is_the_last_line_its_knobs_and_thresholds_first(explain):
    others = [Change(f"OTHER_{n}", "1", "2") for n in range(4)]
    changes = (
        *others,
        Change("max_gini", "1", "2"),
        Change("min_recall", "1", "2"),
        Change("MMR_LAMBDA", "1", "2"),
    )
    previous = before(*changes, outcomes={"recall [vip]": "passed", "recall": "failed"})
    told, _ = explain("recall", measure(), previous=previous, case="vip")
    assert told.sentence.splitlines()[-1] == (
        "  since 20261121T100000Z (where it passed): min_recall 1 -> 2; MMR_LAMBDA 1 -> 2; OTHER_0 1 -> 2; "
        "OTHER_1 1 -> 2 and 3 more; the data set is the same"
    )


def test_knobs_of_what_passed_are_not_put_first(explain):
    changes = (Change("OTHER", "1", "2"), Change("BRAND_CAP", "1", "2"))
    passed = measure(name="fine", ok=True, knobs=("BRAND_CAP",))
    told, _ = explain("S2", passed, measure(knobs=()), previous=before(*changes), scenario=True)
    assert "OTHER 1 -> 2; BRAND_CAP 1 -> 2" in told.sentence


def test_a_first_run_has_nothing_to_compare_with(explain):
    told, _ = explain("recall", measure())
    assert "since" not in told.sentence
    assert "could not be worked out" not in told.sentence
    assert told.sentence == told.sentence.rstrip()
