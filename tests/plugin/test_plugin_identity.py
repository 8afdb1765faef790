"""Which check a test is, which threshold's severity and which waiver belong to it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_recsim.plugin.collect import _in_waves
from pytest_recsim.plugin.identity import Identity, identify, named, severity, waiver
from pytest_recsim.plugin.suite import suite_folder
from pytest_recsim.record.asked import Limit, WaiverNote


class Item:
    """A test item as far as it is looked at."""

    def __init__(self, nodeid: str, params: dict | None, ident: str = "", *marks: SimpleNamespace) -> None:
        self.nodeid, self.name = nodeid, nodeid.rpartition("::")[2]
        self.marks = {mark.name: mark for mark in marks}
        name = nodeid.partition("::")[0].removeprefix("scenarios/")
        shipped = suite_folder() / name
        self.path = shipped if shipped.exists() else Path("/home/me/scenarios") / name
        if params is not None:
            self.callspec = SimpleNamespace(params=params, id=ident)

    def get_closest_marker(self, name: str) -> SimpleNamespace | None:
        return self.marks.get(name)


def mark(name: str, *args: str, **kwargs: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, args=args, kwargs=kwargs)


def found(item: Item) -> tuple[str, str, str]:
    identity = identify(item)
    assert identity is not None
    return identity.key


def test_a_scenario_of_the_suite_is_named_by_its_marker() -> None:
    item = Item(
        "scenarios/test_s07_cold_start.py::test_x[acme]", {"sim": "acme"}, "acme", mark("scenario", "S7")
    )
    assert found(item) == ("acme", "S7", "")
    assert identify(item).scenario


def test_a_guardrail_carries_metric_and_segment() -> None:
    params = {"sim": "a-b", "segment": "new_users", "metric": "mrr"}
    item = Item(
        "scenarios/test_guardrails.py::test_lift[a-b-new_users-mrr]",
        params,
        "a-b-new_users-mrr",
        mark("guardrail", "segment_lift"),
    )
    assert found(item) == ("a-b", "segment_lift_mrr", "new_users")
    assert not identify(item).scenario


@pytest.mark.parametrize(
    ("ident", "case"),
    [("acme", ""), ("acme-5", "5"), ("5-acme", "5"), ("acme-acme", "acme"), ("x-acme-5", "x-acme-5")],
)
def test_an_own_check_is_named_by_file_and_function(ident: str, case: str) -> None:
    item = Item(f"scenarios/test_mine.py::TestX::test_rule[{ident}]", {"sim": "acme"}, ident)
    assert found(item) == ("acme", "test_mine.py::TestX::test_rule", case)


def test_a_threshold_of_an_own_metric_is_named_by_its_key_and_segment() -> None:
    params = {"sim": "acme", "threshold": "own.min_fit", "segment": "vip"}
    node = "scenarios/test_own_metrics.py::test_x[acme-own.min_fit-vip]"
    item = Item(node, params, "acme-own.min_fit-vip", mark("guardrail", "own"))
    assert found(item) == ("acme", "own.min_fit", "vip")


def test_an_own_check_with_a_marker_of_the_suite_keeps_its_own_name() -> None:
    item = Item("scenarios/test_mine.py::test_rule[acme]", {"sim": "acme"}, "acme", mark("scenario", "S1"))
    assert found(item) == ("acme", "test_mine.py::test_rule", "")


def test_a_test_that_does_not_ask_for_sim_is_no_check() -> None:
    assert identify(Item("tests/test_x.py::test_x", None)) is None
    assert identify(Item("tests/test_x.py::test_x[1]", {"n": 1}, "1")) is None


def test_markers_are_read_in_both_spellings() -> None:
    assert named(Item("a", None, "", mark("scenario", "S1")), "scenario") == "S1"
    assert named(Item("a", None, "", mark("scenario", id="S1")), "scenario") == "S1"
    assert named(Item("a", None, "", mark("scenario")), "scenario") == ""
    assert named(Item("a", None), "scenario") == ""


# --- severity ---


def plan(severities: dict[str, str], waivers: tuple[WaiverNote, ...] = ()) -> SimpleNamespace:
    limits = {key: Limit(key, 1, word, "g") for key, word in severities.items()}
    return SimpleNamespace(limits=limits, limit=lambda key, _segment=None: limits[key], waivers=waivers)


def check(name: str, case: str = "", *, scenario: bool = False) -> Identity:
    return Identity("acme", name, case, name, scenario)


def test_severity_is_that_of_the_checks_threshold() -> None:
    severities = {
        "min_catalog_coverage": "warn",
        "min_long_tail_share": "block",
        "max_unavailable_share": "warn",
    }
    assert severity(plan(severities), check("catalog_coverage")) == "warn"
    assert severity(plan(severities), check("long_tail_share")) == "block"
    assert severity(plan(severities), check("availability")) == "warn"


def test_severity_of_an_upper_limit_of_an_own_one_and_of_a_segments_own() -> None:
    severities = {"max_gini": "warn", "own.max_share": "warn", "min_recall": "block", "max_recall_x": "warn"}
    assert severity(plan(severities), check("gini")) == "warn"
    assert severity(plan(severities), check("own.max_share")) == "warn"
    assert severity(plan(severities), check("recall", "vip")) == "block"
    limits = {"": Limit("min_recall", 1, "block", "g"), "vip": Limit("min_recall", 1, "warn", "g")}
    there = SimpleNamespace(limits={"min_recall": limits}, limit=lambda _key, segment: limits[segment])
    assert [severity(there, check("recall", segment)) for segment in ("", "vip")] == ["block", "warn"]


def test_a_scenario_warns_only_when_all_its_thresholds_do() -> None:
    mixed = {"s7_min_avg_mrr": "warn", "s7_min_avg_categories": "block"}
    assert severity(plan(mixed), check("S7", scenario=True)) == "block"
    assert severity(plan(dict.fromkeys(mixed, "warn")), check("S7", scenario=True)) == "warn"


def test_a_check_without_a_threshold_blocks() -> None:
    severities = {"min_catalog_coverage": "warn", "s10_x": "warn"}
    assert severity(plan(severities), check("contract")) == "block"
    assert severity(plan(severities), check("test_mine.py::test_rule", scenario=True)) == "block"
    assert severity(plan(severities), check("S1", scenario=True)) == "block", "s10 is not s1"


# --- waivers ---


def test_a_waiver_holds_up_to_and_including_its_last_day() -> None:
    note = WaiverNote("S7", "why", "g:1", until="2026-11-23")
    there = plan({}, (note,))
    assert waiver(there, check("S7"), "2026-11-22") is note
    assert waiver(there, check("S7"), "2026-11-23") is note
    assert waiver(there, check("S7"), "2026-11-24") is None


def test_a_waiver_covers_its_check_and_its_segment_only() -> None:
    one = WaiverNote("segment_lift_mrr", "why", "g:1", segment="new_users")
    there = plan({}, (one,))
    assert waiver(there, check("segment_lift_mrr", "new_users"), "2026-01-01") is one
    assert waiver(there, check("segment_lift_mrr", "regulars"), "2026-01-01") is None
    assert waiver(there, check("segment_lift_ndcg", "new_users"), "2026-01-01") is None


def test_a_later_waiver_helps_when_the_first_has_ended() -> None:
    old, new = WaiverNote("S7", "old", "g:1", until="2020-01-01"), WaiverNote("S7", "new", "g:2")
    assert waiver(plan({}, (old, new)), check("S7"), "2026-01-01") is new


# --- order ---


def test_customers_take_turns_and_closing_checks_come_last() -> None:
    standing = "scenarios/test_standing.py::test_contract"
    items = [
        Item(f"{standing}[{name}]", {"sim": name}, name, mark("guardrail", "contract")) for name in ("a", "b")
    ]
    items += [
        Item(f"scenarios/test_m.py::test_{n}[{name}]", {"sim": name}, name) for name in "ab" for n in (1, 2)
    ]
    order = [item.name for item in _in_waves(items, ["a", "b"], 2)]
    assert order == [
        "test_1[a]",
        "test_1[b]",
        "test_2[a]",
        "test_2[b]",
        "test_contract[a]",
        "test_contract[b]",
    ]


def test_a_single_customers_order_is_kept() -> None:
    items = [Item(f"scenarios/test_m.py::test_{n}[a]", {"sim": "a"}, "a") for n in (3, 1, 2)]
    assert [item.name for item in _in_waves(items, ["a"], 1)] == ["test_3[a]", "test_1[a]", "test_2[a]"]


def test_customers_come_in_waves_and_each_wave_ends_with_its_closing_checks() -> None:
    names = ["a", "b", "c"]
    items = [Item(f"scenarios/test_m.py::test_1[{name}]", {"sim": name}, name) for name in names]
    closing = mark("guardrail", "contract")
    items = [
        Item(f"scenarios/test_standing.py::test_contract[{n}]", {"sim": n}, n, closing) for n in names
    ] + items
    order = [item.name for item in _in_waves(items, names, 2)]
    assert order == [
        "test_1[a]",
        "test_1[b]",
        "test_contract[a]",
        "test_contract[b]",
        "test_1[c]",
        "test_contract[c]",
    ]
