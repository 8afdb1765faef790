"""Failures that explain: who stands behind the number, the knobs, the likely reason, what changed since the last run."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from plugin_shop import LOOSE, Project, Ran, Record

from pytest_recsim import plan_for
from pytest_recsim.plugin.tell import header
from pytest_recsim.simulation.checks.check import Check
from pytest_recsim.simulation.diagnose import explanation as why

pytestmark = pytest.mark.long

STRICT = (
    LOOSE.replace("min_segment_lift_ndcg: -1", "min_segment_lift_ndcg: 50")
    .replace("min_catalog_coverage: 0.3", "min_catalog_coverage: 1")
    .replace("min_long_tail_share: 0.05", "min_long_tail_share: 1")
    .replace("s7_min_avg_mrr: 0", "s7_min_avg_mrr: 1")
)
SELECTION = "-k=(ndcg and regulars) or catalog or tail or S7"
ONLY_POPULARITY = [
    word
    for knob in ("BLEND_BETA", "BLEND_GAMMA", "PROFILE_BOOST", "NEW_USER_BLEND_BETA", "NEW_USER_BLEND_GAMMA")
    for word in ("--env-override", f"{knob}=0")
]


def second_run(project: Project, *words: str) -> tuple[Ran, Record]:
    """A green run with the profile as it is, then one with stricter limits and nothing but popularity."""
    first = project.simulate(SELECTION, "-q")
    assert first.code == 0, first.text
    project.write("guardrails.yml", STRICT)
    ran = project.simulate(SELECTION, "-q", *ONLY_POPULARITY, *words)
    return ran, Record(project.bundles()[-1])


@pytest.fixture(scope="module")
def failed(shops: Callable[[str], Project]) -> tuple[Ran, Record]:
    return second_run(shops("why"))


def lines_of(record: Record, check: str) -> dict[str, str]:
    """What a failing check says, by the word in front of each line (of its first measure)."""
    pairs = [line.strip().partition(": ") for line in record.event(check)["sentence"].splitlines()[1:]]
    return {word: rest for word, _, rest in reversed(pairs)}


def test_a_failing_lift_names_its_worst_users_against_the_baseline_with_one_request(
    failed: tuple[Ran, Record],
) -> None:
    told = lines_of(failed[1], "segment_lift_ndcg regulars")
    found = re.fullmatch(
        r"(\d+) of (\d+) users get less than from the baseline; lowest (.*)", told["most affected"]
    )
    assert found, told
    users = re.findall(r"(u\d+) ([\d.]+) \(baseline ([\d.]+)\)", found[3])
    assert len(users) == 5
    gaps = [float(mine) - float(theirs) for _, mine, theirs in users]
    assert gaps == sorted(gaps)
    assert f'"user_id":"{users[0][0]}"' in told["reproduce"]
    assert told["definition"].startswith("mean over the service's lists")


def test_the_knobs_stand_with_their_values_and_where_those_come_from(failed: tuple[Ran, Record]) -> None:
    told = lines_of(failed[1], "segment_lift_ndcg regulars")
    assert told["current values"].startswith(
        "PROFILE_BOOST=0 (--env-override), BLEND_BETA=0 (--env-override)"
    )
    assert re.search(r"NEW_USER_MMR_LAMBDA=[\d.]+ \(.*prod\.env:\d+\)", told["current values"])


def test_the_likely_reason_is_read_from_the_answers_and_called_a_hint(failed: tuple[Ran, Record]) -> None:
    for check in ("segment_lift_ndcg regulars", "long_tail_share", "S7"):
        likely = lines_of(failed[1], check)["likely cause"]
        assert likely.startswith("popularity supplies 100% of the score"), check
        assert "co-visitation 0% (" in likely
        assert likely.endswith("a hint, not a proof)")


def test_catalogue_figures_name_their_items(failed: tuple[Ran, Record]) -> None:
    coverage, tail = (
        lines_of(failed[1], name)["most affected"] for name in ("catalog_coverage", "long_tail_share")
    )
    assert re.match(
        r"\d+ of \d+ available items are in no list; most wanted i\d+ \(\d+ seeded events\)", coverage
    )
    assert re.match(r"most shown of \d+ lists: i\d+ in \d+, i\d+ in \d+", tail)


def test_new_users_without_a_hit_are_named(failed: tuple[Ran, Record]) -> None:
    told = lines_of(failed[1], "S7")
    first = re.match(r"(u\d+) [\d.]+, u\d+ ", told["most affected"])
    assert first
    assert f'"user_id":"{first[1]}"' in told["reproduce"]


def test_what_changed_since_the_run_before_stands_in_every_failure(failed: tuple[Ran, Record]) -> None:
    before = failed[1].metadata["previous"]["bundle"]
    lift = failed[1].event("segment_lift_ndcg regulars")["sentence"].splitlines()[-1].strip()
    assert lift.startswith(f"since {before} (where it passed): BLEND_BETA ")
    assert re.search(r"BLEND_BETA 0\.\d+ -> 0; .*and \d+ more; the data set is the same$", lift)
    coverage = failed[1].event("catalog_coverage")["sentence"].splitlines()[-1].strip()
    assert "min_catalog_coverage 0.3 -> 1" in coverage
    assert lift in failed[0].out


def test_the_page_says_what_changed_and_every_number_then_and_now(failed: tuple[Ran, Record]) -> None:
    page = failed[1].readme
    section = page[page.index("## What changed since the previous run") : page.index("## Quality")]
    assert re.search(r"\| PROFILE_BOOST \| [\d.]+ \| 0 \|", section)
    assert "| min_catalog_coverage | 0.3 | 1 |" in section
    head = page[: page.index("## ")]
    assert "with BLEND_BETA=0 (--env-override), BLEND_GAMMA=0 (--env-override)" in head
    assert "| catalog_coverage | passed | failed |" in section
    assert re.search(r"\| catalogue_coverage@20 \| [\d.]+ \| [\d.]+ \| [+-][\d.]+ \|", section)
    assert "data set |" not in section


def test_the_first_run_says_so_on_its_page_and_nothing_in_its_failures(acme: Project) -> None:
    acme.write("guardrails.yml", STRICT)
    ran = acme.simulate("-k=catalog", "-q")
    assert ran.code == 1
    assert "since " not in acme.bundle().event("catalog_coverage")["sentence"]
    assert acme.bundle().metadata["previous"] is None
    assert "This is the first finished run of this customer" in acme.bundle().readme


def test_workers_explain_in_the_same_words(
    failed: tuple[Ran, Record], shops: Callable[[str], Project]
) -> None:
    ran, record = second_run(shops("why-n"), "-n", "2")
    assert ran.code == 1

    def words(one: Record) -> list[str]:
        texts = [row["sentence"] for row in sorted(one.events, key=lambda row: (row["check"], row["case"]))]
        return [re.sub(r"127\.0\.0\.1:\d+|since \w+", "", text) for text in texts]

    assert words(record) == words(failed[1])


def test_an_explanation_that_breaks_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("no lists")

    monkeypatch.setattr(why, "values_of", broken)
    check = Check()
    check.at_least("coverage", 0.5, 0.6, knob="MMR_LAMBDA")
    sim = SimpleNamespace(plan=None, prepared=SimpleNamespace(knobs=()))
    conclusion = why.explained(sim, why.Named("catalog_coverage"), check, check.conclude())
    assert conclusion.outcome == "failed"
    assert conclusion.sentence.startswith("coverage: expected at least 0.6, got 0.5\n")
    assert conclusion.sentence.endswith("could not be worked out: RuntimeError: no lists")


def test_the_head_of_a_run_names_what_was_laid_over_the_profile_the_first_five_of_many(acme: Project) -> None:
    def head(**knobs: object) -> str:
        return "\n".join(header(plan_for("acme", root=acme.folder, env_overrides=knobs), ""))

    assert " with " not in head()
    assert "prod (built in) with MMR_LAMBDA=0.7 (--env-override), reaches" in head(MMR_LAMBDA=0.7)
    many = dict.fromkeys(
        ("BRAND_CAP", "CATEGORY_CAP", "BLEND_ALPHA", "BLEND_BETA", "BLEND_GAMMA", "MMR_LAMBDA"), 1
    )
    assert "(--env-override) and 1 more, reaches" in head(**many)
