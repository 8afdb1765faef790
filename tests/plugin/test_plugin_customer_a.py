"""The shipped customer: it passes, and it can fail for the right reason (what issue 2 asks under "Show" 1 and 2)."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugin_shop import HERE, Project, Ran, Record

pytestmark = pytest.mark.long

POPULARITY_ONLY = (
    *("PROFILE_BOOST=0", "BLEND_ALPHA=1", "BLEND_BETA=0", "BLEND_GAMMA=0"),
    *("NEW_USER_BLEND_ALPHA=1", "NEW_USER_BLEND_BETA=0", "NEW_USER_BLEND_GAMMA=0"),
)
SCENARIOS = {f"S{number}" for number in range(1, 11)}
WITHOUT_RULES = {"S2", "S3", "S5", "S8", "S9"}


def simulate(reports: Path, *words: str) -> tuple[Ran, Record]:
    """`pytest --customer customer-a --env-profile customer_a` in the checkout."""
    place = ("--recsim-reports-dir=" + str(reports), "-p", "no:cacheprovider")
    ran = Project(HERE).run("--customer", "customer-a", "--env-profile", "customer_a", *place, *words)
    (root,) = (reports / "customer-a").glob("*/")
    return ran, Record(root)


def overrides(*knobs: str) -> list[str]:
    return [word for knob in knobs for word in ("--env-override", knob)]


def red(record: Record) -> set[str]:
    return {name for name, outcome in record.outcomes.items() if outcome != "passed"}


def complete(record: Record) -> None:
    assert record.metadata["status"] == "finished"
    assert len(record.outcomes) == 25
    assert set(record.outcomes) >= SCENARIOS
    assert "artifacts/evidence/s10.json" in record.files


def speaks(record: Record, name: str, *, curl: bool) -> None:
    """A failure says expected, got, for whom (or of how many), the request where there is one, and the knob."""
    sentence = record.event(name)["sentence"]
    assert ": expected " in sentence, name
    assert ", got " in sentence, name
    assert "  knobs to check: " in sentence, name
    assert "  n: " in sentence or "  affected: " in sentence, name
    assert not curl or "  reproduce: curl " in sentence, name
    assert sentence.splitlines()[0] in record.readme, name


@pytest.fixture(scope="module")
def popularity_only(tmp_path_factory) -> tuple[Ran, Record]:
    return simulate(tmp_path_factory.mktemp("popular"), *overrides(*POPULARITY_ONLY))


@pytest.fixture(scope="module")
def without_rules(tmp_path_factory) -> tuple[Ran, Record]:
    return simulate(tmp_path_factory.mktemp("ruleless"), *overrides("RULES_ENABLE=false"))


def test_the_shipped_configuration_may_go_live(tmp_path) -> None:
    ran, record = simulate(tmp_path)
    assert red(record) == set(), [record.event(name)["sentence"] for name in red(record)]
    assert ran.code == 0
    assert "Ready to go live: all 25 checks ran and passed" in ran.out
    complete(record)
    users, asked = record.metadata["users"]["evaluated"], record.metadata["requests"]["recommendations"]
    assert asked <= users + 450, "the sample of equal questions included"


def test_popularity_alone_turns_most_lifts_red_on_both_metrics(popularity_only: tuple[Ran, Record]) -> None:
    ran, record = popularity_only
    assert ran.code == 1
    complete(record)
    for metric in ("ndcg", "mrr"):
        lifts = {name for name in record.outcomes if name.startswith(f"segment_lift_{metric}")}
        assert len(lifts & red(record)) > len(lifts - red(record)), metric


def test_popularity_alone_turns_nothing_else_red(popularity_only: tuple[Ran, Record]) -> None:
    _, record = popularity_only
    others = {name for name in red(record) if not name.startswith("segment_lift_")}
    assert others <= {"catalog_coverage", "long_tail_share"}


def test_a_red_lift_speaks(popularity_only: tuple[Ran, Record]) -> None:
    _, record = popularity_only
    for name in red(record):
        speaks(record, name, curl=False)


def test_the_points_of_s4s_picture_are_the_numbers_that_it_judges(
    popularity_only: tuple[Ran, Record],
) -> None:
    _, record = popularity_only
    points = {point["lists"]: point for point in record.artifact("evidence/s04.json")["evidence"]["price"]}
    similarity, loss = (measure["got"] for measure in record.event("S4")["measures"])
    free = points.get("profile at lambda 1.0", points["lambda 1.0"])
    assert similarity == points["lambda 0.5"]["similarity"] / points["lambda 1.0"]["similarity"]
    assert loss == 1 - points["profile"]["ndcg"] / free["ndcg"]


def test_without_rules_exactly_the_scenarios_about_rules_break(without_rules: tuple[Ran, Record]) -> None:
    ran, record = without_rules
    assert ran.code == 1
    complete(record)
    assert red(record) == WITHOUT_RULES
    assert {record.outcomes[name] for name in WITHOUT_RULES} == {"failed"}


@pytest.mark.parametrize("name", sorted(WITHOUT_RULES))
def test_a_red_scenario_speaks(without_rules: tuple[Ran, Record], name: str) -> None:
    _, record = without_rules
    speaks(record, name, curl=True)
    assert "RULES_ENABLE" in record.event(name)["sentence"]


def test_a_coverage_nobody_reaches_breaks_exactly_that_check(tmp_path) -> None:
    guardrails = tmp_path / "strict.yml"
    shipped = (HERE / "guardrails.yml").read_text()
    guardrails.write_text(
        shipped.replace("min_catalog_coverage: 0.60", "min_catalog_coverage: 0.999").replace(
            "fixture: fixtures/", f"fixture: {HERE}/fixtures/"
        )
    )
    ran, record = simulate(tmp_path / "reports", f"--guardrails-file={guardrails}")
    assert ran.code == 1
    complete(record)
    assert red(record) == {"catalog_coverage"}
    speaks(record, "catalog_coverage", curl=False)
    assert "expected at least 0.999" in record.event("catalog_coverage")["sentence"]


def test_the_same_with_two_workers(tmp_path, without_rules: tuple[Ran, Record]) -> None:
    ran, record = simulate(tmp_path, "-n", "2", "--recsim-show-users", *overrides("RULES_ENABLE=false"))
    assert ran.code == 1
    assert record.outcomes == without_rules[1].outcomes
    assert record.artifact("quality_metrics.json") == without_rules[1].artifact("quality_metrics.json")
    segments = [person["segment"] for person in record.artifact("people.json")["people"]]
    assert sorted(segments) == sorted(record.artifact("quality_metrics.json")["segments"])
    assert "artifacts/people.json" not in without_rules[1].files
    assert ("## Five people" in record.readme, "## Five people" in without_rules[1].readme) == (True, False)
