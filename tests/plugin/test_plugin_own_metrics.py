"""Metrics of somebody's own: the documented example works, and what is wrong with one is told with its name."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from plugin_shop import HERE, LOOSE, Project, Shown

SEGMENTS = ("bargain_hunters", "new_users", "power_users", "regulars", "trend_seekers")
SELECTION = "-k=own or gini"
ODD = """\
import math
from pytest_recsim import RunMetric, UserMetric

def nobody(sim):
    return {user: math.nan for user in sim.lists}

def wrong(sim):
    return {next(iter(sim.lists)): "a lot"}

def broken(sim):
    return 1 / 0

def pytest_recsim_metrics():
    return [
        UserMetric("nobody", "NaN for everybody", nobody),
        UserMetric("wrong", "words for numbers", wrong),
        RunMetric("broken", "a division by zero", broken),
        RunMetric("low", "a number", lambda sim: (0.25, len(sim.lists))),
        RunMetric("slow", "a number", lambda sim: (9.0, 3)),
    ]
"""
ODD_LIMITS = (
    LOOSE
    + """\
customers:
  acme:
    own:
      min_nobody: 0
      min_broken: 0
      min_low: 0.5
      max_slow: { value: 1, severity: warn }
    segments:
      new_users: { own: { min_nobody: off } }
    waivers:
      - { check: own.min_nobody, segment: regulars, reason: nobody knows }
"""
)


def documented(name: str) -> str:
    """A block of docs/own-scenarios.md, by the comment above it."""
    page = (HERE / "docs" / "own-scenarios.md").read_text()
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", page, re.DOTALL)
    assert found, name
    return found[1]


def customers(text: str) -> str:
    """The documented thresholds, for a world of small segments."""
    return LOOSE + text


@pytest.fixture(scope="session")
def example(shops: Callable[[str], Project]) -> Shown:
    """The example of the page, as it stands there."""
    project = shops("example")
    project.write("conftest.py", documented("own metrics"))
    project.write("guardrails.yml", customers(documented("own thresholds")))
    return Shown(project, project.simulate(SELECTION))


@pytest.fixture(scope="session")
def odd(shops: Callable[[str], Project]) -> Shown:
    """Metrics that come to nothing, each in its own way; the hook stands beside the user's scenarios."""
    project = shops("odd")
    project.write("scenarios/conftest.py", ODD)
    project.write("guardrails.yml", ODD_LIMITS)
    return Shown(project, project.simulate(SELECTION))


@pytest.mark.long
def test_the_documented_example_is_judged_per_segment_and_for_the_run(example: Shown) -> None:
    assert example.ran.code == 0, example.ran.text
    judged = [segment for segment in SEGMENTS if segment != "power_users"]
    assert example.record.outcomes == {
        "own_metrics": "passed",
        "own.min_brands_shown": "passed",
        **{f"own.min_affordable {segment}": "passed" for segment in judged},
    }
    measure = example.record.event("own.min_affordable regulars")["measures"][0]
    assert measure["definition"] == "share of the first 10 items that cost at most 50, mean over users"
    assert measure["origin"] == "guardrails.yml:19 (acme)"
    assert (measure["threshold"], measure["who"]) == (0.05, "segment regulars")


@pytest.mark.long
def test_measuring_own_metrics_is_a_step_of_preparation_with_its_seconds(example: Shown) -> None:
    steps = example.record.metadata["timings"]["preparation"]
    assert steps["own_metrics"] > 0
    assert {"open", "seed", "judge"} < set(steps)


@pytest.mark.long
def test_own_figures_stand_beside_ours_with_definition_and_n(example: Shown) -> None:
    own = example.record.artifact("quality_metrics.json")["own"]
    assert set(own) == {"affordable", "brands_shown"}
    users = example.record.metadata["users"]["evaluated"]
    assert own["affordable"]["figure"]["n"] == users
    assert sum(one["n"] for one in own["affordable"]["segments"].values()) == users
    assert "### Custom metrics" in example.record.readme
    assert "| brands_shown |  |" in example.record.readme
    assert "brands in any list / brands with an available item" in example.record.readme


def test_a_metric_that_raises_or_returns_words_is_told_with_its_name_and_fails_the_run(odd: Shown) -> None:
    assert odd.ran.code == 1
    assert odd.record.outcomes["own_metrics"] == "failed"
    sentence = odd.record.event("own_metrics")["sentence"]
    assert "`broken` raised ZeroDivisionError: division by zero (conftest.py:11)" in sentence
    assert re.search(r"`wrong` returned a str for user \S+; must be a number", sentence)
    assert sentence in odd.ran.out
    assert odd.record.outcomes["own.min_broken"] == "not_measured"
    assert "`broken` raised ZeroDivisionError" in odd.record.event("own.min_broken")["sentence"]


def test_nan_is_not_measured_a_limit_is_a_limit_and_warn_only_warns(odd: Shown) -> None:
    outcomes = odd.record.outcomes
    assert outcomes["own.min_nobody bargain_hunters"] == "not_measured"
    assert outcomes["own.min_nobody regulars"] == "waived"
    assert "own.min_nobody new_users" not in outcomes
    assert outcomes["own.min_low"] == "failed"
    assert outcomes["own.max_slow"] == "warned"
    assert odd.record.event("own.min_low")["sentence"].startswith("low: expected at least 0.5, got 0.25")
    assert "| nobody |  | not measured: " in odd.record.readme


REFUSED = {
    "no hook": (
        "",
        "own: {min_fit: 1}",
        "guardrails.yml:3 (acme): `own.min_fit`: you announce no metric `fit`",
    ),
    "typo": (
        documented("own metrics"),
        "own: {min_afordable: 1}",
        "`own.min_afordable`: you announce no metric `afordable`; must be one of affordable, brands_shown; did you mean",
    ),
    "raises": (
        "def pytest_recsim_metrics():\n    raise RuntimeError('not today')\n",
        "{}",
        "conftest.py: pytest_recsim_metrics raised RuntimeError: not today",
    ),
    "no list": (
        "def pytest_recsim_metrics():\n    return 3\n",
        "{}",
        "conftest.py: pytest_recsim_metrics returned an int",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_on_paper_ends_the_run_before_anything_is_sent(acme: Project, name: str) -> None:
    conftest, entry, sentence = REFUSED[name]
    acme.write("conftest.py", conftest)
    acme.write("guardrails.yml", f"customers:\n  acme:\n    {entry}\n" if entry != "{}" else LOOSE)
    ran = acme.simulate()
    assert ran.code == 4, ran.text
    assert sentence in ran.err
    assert "Traceback" not in ran.text
    assert not acme.left_behind


def test_a_hook_does_not_disturb_runs_without_a_customer(acme: Project) -> None:
    acme.write("conftest.py", documented("own metrics"))
    acme.write("tests/test_unit.py", "def test_unit():\n    pass\n")
    ran = acme.run("tests")
    assert ran.code == 0, ran.text
    assert "1 passed" in ran.out


@pytest.mark.long
def test_workers_measure_once_and_agree(shops: Callable[[str], Project], odd: Shown) -> None:
    project = shops("odd-too")
    counted = (
        ODD
        + "\nimport pathlib\n\ndef counting(sim):\n    with pathlib.Path('calls').open('a') as out:\n        out.write('x')\n    return (1.0, 1)\n"
    )
    counted = counted.replace("lambda sim: (9.0, 3)", "lambda sim: (8 + counting(sim)[0], 3)")
    project.write("scenarios/conftest.py", counted)
    project.write("guardrails.yml", ODD_LIMITS)
    ran = project.simulate(SELECTION, "-n", "2")
    assert ran.code == 1, ran.text
    assert project.bundle().outcomes == odd.record.outcomes
    assert (project.folder / "calls").read_text() == "x"
    ours, theirs = (one.artifact("quality_metrics.json")["own"] for one in (odd.record, project.bundle()))
    assert {name: one["figure"]["value"] for name, one in theirs.items()} == {
        name: one["figure"]["value"] for name, one in ours.items()
    }
