"""Checks of somebody's own, one of every kind, and the thresholds and waivers they run under."""

OWN = '''\
"""Rules of ours."""
import math
import pytest


def test_passes(sim, check):
    """Somebody is asked."""
    check.at_least("users", len(sim.lists), 1, n=len(sim.lists), definition="evaluated users")
    check.show("first", sorted(sim.lists)[0])


def test_fails(sim, check):
    """Lists are long."""
    user, exchange = next(iter(sim.lists.items()))
    check.that("length", False, expected="30", got="20", who=f"user {user}", exchange=exchange, knob="MAX_K", n=7)
    check.at_most("share", 0.5, 0.25)


def test_needs(sim, check):
    check.that("something", False, expected="a", got="b")
    check.need(False, "there is no moon")


def test_skips_after_failing(sim, check):
    check.at_most("share", 0.5, 0.25)
    pytest.skip("not today")


def test_infinite(sim, check):
    check.at_least("fine", 1, 0)
    check.at_least("mean", math.inf, 0.1)


def test_nan_fact(sim, check):
    check.that("fits", math.nan, expected="a", got="b")


def test_waived_assert(sim, check):
    assert 1 + 1 == 3, "one and one"


def test_waived_without_check(sim):
    assert 1 + 1 == 3


def test_nothing(sim, check):
    """Compares nothing."""


def test_nan(sim, check):
    check.at_least("fine", 1, 0)
    check.at_least("mean of nothing", math.nan, 0.1)


def test_asserts(sim, check):
    check.at_least("fine", 1, 0)
    assert len(sim.items) == 3, "wrong number of items"


def test_breaks(sim, check):
    check.show("evidence", "kept")
    raise KeyError("no such thing")


def test_refused(sim, check):
    check.show("evidence", "kept")
    terms = {"surface": "s", "name": "n", "action": "BLOCK", "target_type": "TAG", "target_key": "t"}
    sim.service.put_rule("00000000-0000-0000-0000-00000000dead", **terms)


@pytest.mark.parametrize("k", [5, 6])
def test_cases(sim, check, k):
    check.at_most("k", k, 5)


@pytest.mark.parametrize("where", ["nested"])
class TestInside:
    def test_rule(self, sim, check, where, segment):
        check.at_least("users of the segment", len(sim.sample(1, segments=[segment])), 1)


def test_rule(sim, check):
    check.at_least("fine", 1, 0)


def test_plain_skip(sim):
    pytest.skip("not today")


def test_plain_xfail(sim):
    pytest.xfail("known since May")


@pytest.mark.xfail(reason="known since June")
def test_marked_xfail(sim, check):
    check.at_least("share", 0.25, 0.5)


@pytest.mark.xfail(reason="known since July")
def test_marked_xfail_that_works(sim, check):
    check.at_least("share", 0.5, 0.25)


@pytest.fixture
def untidy():
    yield
    raise OSError("disk full")


def test_untidy(sim, check, untidy):
    check.at_least("fine", 1, 0)


def test_hook_trips_over_a_passed_one(sim, check):
    check.at_least("lists", len(sim.lists), 1)


tries = []

def test_flaky(sim, check):
    tries.append(1)
    check.at_least("tries", len(tries), 2)
'''
SECOND = '''\
import pytest

def test_rule(sim, check):
    """The same function name as in the other file."""
    check.that("other", False, expected="x", got="y")


@pytest.mark.scenario(id="S1")
def test_borrowed_name(sim, check):
    check.at_least("fine", 1, 0)
'''
AGAIN = """\
import pathlib
from _pytest.runner import runtestprotocol

def pytest_recsim_result(item, result):
    \"\"\"Write every result down, as a reporter of the user's would; one of them breaks it.\"\"\"
    with pathlib.Path("results.txt").open("a") as stream:
        stream.write(f"{result.check}|{result.case}|{result.outcome}|{len(result.measures)}\\n")
    if "hook_trips" in item.name:
        raise ValueError("no dashboard")

def pytest_runtest_protocol(item, nextitem):
    \"\"\"As pytest-rerunfailures does it.\"\"\"
    if "flaky" in item.name:
        runtestprotocol(item, nextitem=nextitem)
        item._initrequest()
"""
GUARDRAILS = """\
defaults:
  quality:
    min_segment_users: 1
    min_catalog_coverage: 1
    min_long_tail_share: { value: 1, severity: warn }
  scenarios:
    s7_min_avg_mrr: 1
    s7_min_avg_categories: 1
customers:
  acme:
    waivers:
      - { check: catalog_coverage, reason: the shop is being rebuilt, until: 2999-12-31 }
      - { check: S7, reason: it was new once, until: 2020-01-01 }
      - { check: S6, reason: never needed }
      - { check: "test_mine.py::test_waived_assert", reason: mathematics }
      - { check: "test_mine.py::test_waived_without_check", reason: mathematics }
"""
SELECTION = "-k=mine or also or coverage or tail or S7"
