"""From what a check amounts to, to the outcome that counts: whose severity holds, and what is shown."""

from __future__ import annotations

import msgspec
import pytest

from pytest_recsim.plan.model import OwnFacts
from pytest_recsim.record import masking
from pytest_recsim.record.masking import MASK
from pytest_recsim.simulation.checks.check import BROKEN, Check, Conclusion
from pytest_recsim.simulation.checks.settling import sentence_of, settled_as, severity_of

GUARDRAILS = """\
defaults:
  quality: {max_gini: {value: 0.9, severity: warn}, min_recall: 0.1, max_unavailable_share: {value: 0, severity: warn}}
  scenarios:
    s7_min_avg_mrr: {value: 0.2, severity: warn}
    s7_min_avg_categories: {value: 4, severity: warn}
    s9_min_margin_span: {value: 0.1, severity: warn}
customers:
  acme:
    segments:
      new_users: {min_recall: {value: 0.05, severity: warn}}
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory, shared_make_world):
    folder = tmp_path_factory.mktemp("settling")
    (folder / "guardrails.yml").write_text(GUARDRAILS)
    return shared_make_world(guardrails_file=str(folder / "guardrails.yml")).plan


@pytest.fixture
def severity(plan):
    return lambda check, case="", scenario=False: severity_of(plan, check, case, scenario=scenario)


def test_a_guardrail_warns_where_its_threshold_says_so(severity):
    assert (severity("gini"), severity("catalog_coverage")) == ("warn", "block")


def test_a_segment_may_warn_where_the_customer_blocks(severity):
    assert (severity("recall", "new_users"), severity("recall", "vip")) == ("warn", "block")


def test_a_scenario_warns_only_when_all_that_it_compares_with_does(severity):
    assert severity("S7", scenario=True) == "warn"
    assert severity("S9", scenario=True) == "block", "one of its two thresholds still blocks"


def test_a_scenario_without_thresholds_blocks(severity):
    assert severity("S1", scenario=True) == "block"


def test_a_scenarios_name_is_no_beginning_of_another_ones(plan):
    """S1 is not judged by what S10 is configured as, whatever keys there will be."""
    limits = plan.limits | {"s10_min_x": plan.limits["s7_min_avg_mrr"]}
    plan = msgspec.structs.replace(plan, limits=limits)
    assert severity_of(plan, "S1", "", scenario=True) == "block"
    assert severity_of(plan, "S10", "", scenario=True) == "warn"


def test_availability_goes_by_the_share_of_unavailable_items(severity):
    assert severity("availability") == "warn"


@pytest.mark.parametrize("check", ["contract", "profile", "own_metrics"])
def test_checks_without_a_threshold_always_block(severity, check):
    assert severity(check) == "block"


def test_a_guardrail_of_ones_own_has_its_own_severity(make_world, tmp_path):
    (tmp_path / "guardrails.yml").write_text(
        "customers: {acme: {own: {min_fit: {value: 0.5, severity: warn}, max_cost: 3}}}\n"
    )
    own = tuple(OwnFacts(name, "d", per_user=False, origin="c.py") for name in ("fit", "cost"))
    plan = make_world(own=own).plan
    assert severity_of(plan, "own.min_fit", "", scenario=False) == "warn"
    assert severity_of(plan, "own.max_cost", "", scenario=False) == "block"


# --- outcome and words ---


def test_what_passed_stays_passed_and_is_not_called_waived():
    """A waiver that was never needed is to be found and removed, so it must not show as used."""
    assert settled_as(Conclusion("passed", ""), "block", None) == "passed"


def test_a_secret_in_a_sentence_is_masked_before_it_is_shown():
    masking.learn(["s3cret-word"])
    assert sentence_of(Conclusion("failed", "asked with s3cret-word")) == f"asked with {MASK}"
    assert sentence_of(Conclusion("not_measured", "no s3cret-word")) == f"not measured: no {MASK}"


def test_a_check_that_broke_off_is_told_with_what_had_failed_until_then():
    check = Check()
    check.at_most("offenders", 2, 0, who="user u1")
    check.that("fine", ok=True, expected="a", got="a")
    found = check.broken("KeyError: 'x'")
    assert found.outcome == "failed"
    assert found.sentence.splitlines() == [
        "offenders: expected at most 0, got 2",
        "  affected: user u1",
        "KeyError: 'x'",
    ]
    assert Check().broken("KeyError: 'x'") == Conclusion("failed", "KeyError: 'x'", next_step=BROKEN)
