"""Guardrails that are off unless configured: there, they check; elsewhere, they do not exist."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from plugin_shop import LOOSE, Project, Shown

from pytest_recsim.data.guardrails.metric_table import GUARDED

NEW = "".join(
    f"    {metric.key}: {metric.low if metric.better == 'higher' else metric.high}\n"
    for metric in GUARDED.values()
    if metric.name in ("map", "hit_rate", "list_length", "short_lists")
)
ON = LOOSE.replace(
    "  scenarios:",
    NEW
    + """\
    max_intra_list_similarity: 0.9
    min_novelty: 1
    max_gini: { value: 0.99, severity: warn }
    min_recall: 0.001
    max_rank_instability: 0
    max_error_rate: 0
  scenarios:""",
)
LATE = "customers: { acme: { segments: { regulars: { max_p95_ms: 60000 } } } }\n"
SEGMENTS = ("bargain_hunters", "new_users", "power_users", "regulars", "trend_seekers")
BROKEN = """\
import itertools
from dataclasses import replace
from pytest_recsim.service.http import client

asked, count = set(), itertools.count(1)
recommend, send = client.Client.recommend, client.Client._exchange

async def unsteady(self, ask, *patience):
    exchange = await recommend(self, ask, *patience)
    if ask.key in asked:
        exchange.answer.items.reverse()
    asked.add(ask.key)
    return replace(exchange, seconds=7.0)

async def flaky(self, call, url, limit_s):
    if call.endpoint == client.RECOMMEND and next(count) % 10 == 0:
        self.tally.requests[call.endpoint] += 1
        raise self._setback(call, "dropped", "hung up", code="dropped")
    return await send(self, call, url, limit_s)

client.Client.recommend, client.Client._exchange = unsteady, flaky
"""
TIGHT = """\
defaults:
  quality:
    min_segment_users: 1
    max_gini: 0.01
    max_error_rate: { value: 0.01, severity: warn }
customers:
  acme:
    quality: { min_recall: off }
    segments:
      regulars: { max_p95_ms: 100, max_rank_instability: 0.2, max_intra_list_similarity: 0, min_recall: 1 }
      new_users: { min_novelty: 50 }
    waivers:
      - { check: novelty, segment: new_users, reason: they know nothing yet }
      - { check: gini, reason: a long story, until: 2020-01-01 }
"""
SELECTION = "-k=gini or similarity or novelty or recall or instability or p95_ms or error_rate"


@pytest.fixture(scope="session")
def everything(shops: Callable[[str], Project]) -> Shown:
    """A complete run with every optional guardrail on, healthy."""
    project = shops("everything")
    project.write("guardrails.yml", ON + LATE)
    return Shown(project, project.simulate())


@pytest.fixture(scope="session")
def broken(shops: Callable[[str], Project]) -> Shown:
    """The optional guardrails only, on a service that is unsteady, slow and hangs up."""
    project = shops("broken")
    project.write("guardrails.yml", TIGHT)
    project.write("conftest.py", BROKEN)
    return Shown(project, project.simulate(SELECTION, "--recsim-warm-up", "0"))


@pytest.mark.long
def test_a_healthy_service_passes_them_all_per_segment_where_segments_have_them(everything: Shown) -> None:
    assert everything.ran.code == 0, everything.ran.text
    outcomes = everything.record.outcomes
    optional = [
        metric
        for metric in GUARDED.values()
        if metric.default is None and metric.name != "p95_ms" and metric.source != "earlier"
    ]
    wanted = {
        f"{metric.name} {segment}".strip()
        for metric in optional
        for segment in (SEGMENTS if metric.per_segment else ("",))
    }
    wanted.add("p95_ms regulars")
    assert {name: outcomes.get(name) for name in wanted} == dict.fromkeys(wanted, "passed")
    assert len(outcomes) == 25 + len(wanted)
    assert f"all {len(outcomes)} checks ran and passed" in everything.ran.out


@pytest.mark.long
def test_their_requests_stay_within_the_economy(everything: Shown) -> None:
    """With caps on S2 and S4 share no lists and every optional figure is asked for; customer_a is held to users + 450."""
    facts = everything.record.metadata
    assert facts["requests"]["recommendations"] <= facts["users"]["evaluated"] + 510


@pytest.mark.long
def test_every_figure_stands_with_definition_and_n(everything: Shown) -> None:
    for name in ("novelty regulars", "gini", "error_rate", "p95_ms regulars", "rank_instability new_users"):
        (measure,) = everything.record.event(name)["measures"]
        assert measure["definition"], name
        assert measure["n"] > 0, name
        assert measure["origin"].startswith("guardrails.yml:"), name
    assert everything.record.event("rank_instability regulars")["measures"][0]["n"] == 2
    assert set(everything.record.artifact("quality_metrics.json")["segment_figures"]) == set(SEGMENTS)
    assert "| regulars | novelty@20 |" in everything.record.readme
    assert "| answer times | median " in everything.record.readme


@pytest.mark.long
def test_the_error_rate_is_judged_when_all_else_has_run(everything: Shown) -> None:
    last = list(everything.record.outcomes)[-4:]
    assert set(last) == {"error_rate", "profile", "contract", "availability"}


@pytest.mark.long
def test_times_of_a_stand_in_come_with_their_caveat(everything: Shown, green: Shown) -> None:
    sentence = "answer times and failed attempts are the stand-in's and say nothing about a service's"
    assert sentence in everything.record.metadata["verdict"]["caveats"]
    assert sentence not in green.record.metadata["verdict"]["caveats"]


def test_what_is_not_configured_does_not_exist(broken: Shown) -> None:
    assert set(broken.record.outcomes) == {
        *("gini", "error_rate", "p95_ms regulars", "rank_instability regulars"),
        *("intra_list_similarity regulars", "recall regulars", "novelty new_users"),
    }


def test_what_is_bad_fails_and_says_for_whom(broken: Shown) -> None:
    assert broken.ran.code == 1
    outcomes = broken.record.outcomes
    for name in ("p95_ms", "rank_instability", "intra_list_similarity", "recall"):
        assert outcomes[f"{name} regulars"] == "failed", name
        sentence = broken.record.event(f"{name} regulars")["sentence"]
        assert "  affected: segment regulars" in sentence, name
        assert "  knobs to check: " in sentence, name
    sentence = broken.record.event("p95_ms regulars")["sentence"]
    assert sentence.startswith("p95 of the answer times in ms: expected at most 100, got 7000")
    assert "  reproduce: curl -sS -X POST" in sentence
    sentence = broken.record.event("rank_instability regulars")["sentence"]
    assert "over the 10 pairs of 5 answers" in sentence
    assert "  reproduce: curl -sS -X POST" in sentence


def test_severity_and_waivers_reach_them(broken: Shown) -> None:
    assert broken.record.outcomes["novelty new_users"] == "waived"
    assert broken.record.outcomes["gini"] == "failed", "its waiver has ended"
    assert broken.record.outcomes["error_rate"] == "warned"
    measure = broken.record.event("error_rate")["measures"][0]
    assert measure["got"] == pytest.approx(0.1, abs=0.01)
    assert "causes: dropped " in measure["definition"]
    assert "| failed attempts at recommendations |" in broken.record.readme


@pytest.mark.long
def test_warnings_alone_are_a_green_run(acme: Project) -> None:
    acme.write("guardrails.yml", "defaults: { quality: { max_gini: { value: 0, severity: warn } } }\n")
    ran = acme.simulate("-k=gini")
    assert ran.code == 0, ran.text
    assert acme.bundle().outcomes == {"gini": "warned"}
    assert "let through: gini" in ran.out


@pytest.mark.long
def test_too_little_to_measure_is_never_a_pass(acme: Project) -> None:
    acme.write(
        "guardrails.yml",
        "defaults: { quality: { min_segment_users: 1000, min_recall: 0, max_p95_ms: 1000, max_gini: 0 } }\n",
    )
    ran = acme.simulate("-k=recall or p95_ms or gini", "--recsim-sample-users", "5")
    assert ran.code == 1
    outcomes = acme.bundle().outcomes
    assert set(outcomes.values()) == {"not_measured"}
    assert len(outcomes) == 11


@pytest.mark.long
def test_workers_agree(broken: Shown, shops: Callable[[str], Project]) -> None:
    project = shops("broken-too")
    project.write("guardrails.yml", TIGHT)
    project.write("conftest.py", BROKEN)
    ran = project.simulate(SELECTION, "-n", "2")
    assert ran.code == 1, ran.text
    assert project.bundle().outcomes == broken.record.outcomes


@pytest.mark.long
def test_a_waiver_for_a_check_that_does_not_exist_is_told_after_a_whole_run(acme: Project) -> None:
    acme.write(
        "guardrails.yml", LOOSE + "customers: { acme: { waivers: [{ check: novelty, reason: boring }] } }\n"
    )
    ran = acme.simulate()
    assert ran.code == 0, ran.text
    assert "note: waiver of novelty (guardrails.yml:16) covers no check of this customer: boring" in ran.out


@pytest.mark.long
def test_a_request_that_fails_for_good_in_a_check_that_only_warns_is_a_warning(acme: Project) -> None:
    acme.write(
        "conftest.py",
        "from pytest_recsim.service.contract.errors import ServiceError\n"
        "from pytest_recsim.simulation import Simulation\n"
        "def closed(*words):\n"
        "    raise ServiceError('the shop is closed')\n"
        "Simulation.repeated = closed\n",
    )
    limit = "max_rank_instability: { value: 0, severity: warn }"
    acme.write("guardrails.yml", f"customers: {{ acme: {{ segments: {{ regulars: {{ {limit} }} }} }} }}\n")
    ran = acme.simulate("-k=instability")
    assert ran.code == 0, ran.text
    assert acme.bundle().outcomes == {"rank_instability regulars": "warned"}
    assert acme.bundle().event("rank_instability regulars")["sentence"] == "the shop is closed"
