"""What the terminal says at the end: a cause of many checks once, and beside every other check what to do."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.plugin import tell
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.model import CheckResult, verdict_of


def result(check: str, outcome: str = "not_measured", case: str = "", **more: str) -> CheckResult:
    return CheckResult(simulation="acme", check=check, case=case, outcome=outcome, **more)


def lines(*results: CheckResult) -> list[str]:
    verdict = verdict_of(list(results), planned=len(results), left_out=(), finished=True, caveats=())
    return list(tell.summary(Bundle(Path("reports/acme/now")), verdict, Path(), {}))


def test_a_cause_of_many_checks_is_one_line_and_none_of_them_is_named_again() -> None:
    many = [result(f"S{number}", cause="no_holdout") for number in range(1, 9)]
    said = lines(*many, result("S9", next_step="add margins"))
    assert said[0] == "acme: Do not go live: 9 of 9 checks were not measured. (9 not measured)"
    assert said[1].startswith("  One cause for 8 of the 9 checks that were not measured: no event is later")
    assert said[2].startswith("    next step: set an earlier `split`")
    assert said[3:5] == ["  not measured: S9", "    next step: add margins"]
    assert len(said) == 6


def test_checks_in_a_row_with_the_same_next_step_say_it_once() -> None:
    failed = [result("lift", "failed", case, next_step="look at A") for case in ("a", "b")]
    said = lines(*failed, result("S4", "failed", next_step="look at B\x1b[2K"))
    assert said[1:6] == [
        "  failed: lift [a]",
        "  failed: lift [b]",
        "    next step: look at A",
        "  failed: S4",
        "    next step: look at B\\x1b[2K",
    ]


def test_only_the_first_twenty_checks_are_named() -> None:
    said = lines(*(result("lift", "failed", f"{number:02}", next_step="look at A") for number in range(25)))
    assert said[-3:-1] == ["    next step: look at A", "  ... and 5 more"]
    assert len(said) == 24
