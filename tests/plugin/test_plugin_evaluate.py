"""`evaluate`: the guardrails of one plan as a value, in a process that has no pytest, and the same as pytest's run finds."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from plugin_shop import LIMIT_S, LOOSE, Project, Served, Shown, children

from pytest_recsim import Metric, RecsimError, RunRecord, Simulation, evaluate, plan_for
from pytest_recsim.plugin.inventory import _of_the_suite
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.model import CheckResult
from pytest_recsim.record.quality import QualityMetrics
from pytest_recsim.simulation.controller.evaluate import NotPutBack
from pytest_recsim.simulation.controller.fleet import Fleet
from pytest_recsim.simulation.controller.judging import GUARDRAILS, due

WITHOUT_PYTEST = """\
import sys
sys.modules["pytest"] = sys.modules["_pytest"] = None
import msgspec
from pytest_recsim import evaluate, plan_for
record = evaluate(plan_for("acme"))
assert sys.modules["pytest"] is None
open("record.json", "wb").write(msgspec.json.encode(record))
"""
EVERY_THRESHOLD = """\
customers:
  acme:
    quality: {max_intra_list_similarity: 1, min_novelty: 0, max_gini: 1, min_recall: 0, max_rank_instability: 1,
      max_p95_ms: 600000, max_error_rate: 1}
    own: {min_length: 1, max_length: 30}
"""
CONFIG = "/v1/admin/recommendation/config"
LENGTH = Metric(
    "length", "items in a list", lambda sim: {user: len(shown.ids) for user, shown in sim.lists.items()}
)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Path]]:
    """Scratch folders of runs, in a place where nobody else has any."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return lambda: list(tmp_path.glob("recsim-run-*"))


@pytest.fixture(scope="module")
def record(shops: Callable[[str], Project]) -> RunRecord:
    """The record that a process without pytest makes of the same data and thresholds as the green run's."""
    project = shops("evaluated")
    folder, env = project.folder, project.environment()
    command = [sys.executable, "-c", WITHOUT_PYTEST]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""
    return msgspec.json.decode((folder / "record.json").read_bytes(), type=RunRecord)


@pytest.mark.long
def test_without_pytest_every_figure_is_what_a_run_of_pytest_finds(record: RunRecord, green: Shown) -> None:
    kept = msgspec.convert(green.record.artifact("quality_metrics.json"), QualityMetrics)
    assert record.quality == kept
    assert record.quality.lifts


@pytest.mark.long
def test_without_pytest_every_guardrail_has_the_outcome_and_the_measures_of_pytests_run(
    record: RunRecord, green: Shown
) -> None:
    def facts(one: CheckResult) -> CheckResult:
        return replace(one, shown={}, seconds=0.0, finished_at="", nodeid="")

    theirs = {one.key: facts(one) for one in Bundle(green.record.root).results()}
    ours = {one.key: facts(one) for one in record.guardrails}
    closing = {
        ("acme", "contract", ""),
        ("acme", "availability", ""),
    }  # the scenarios' answers count there too
    assert {key: ours[key] for key in ours.keys() - closing} == {
        key: theirs[key] for key in ours.keys() - closing
    }
    assert {ours[key].outcome for key in closing} == {"passed"}


def test_a_record_says_what_it_does_not_prove_and_what_it_took(record: RunRecord) -> None:
    assert record.verdict.status == "partial"
    assert "the scenarios" in record.verdict.sentence
    assert record.requests.by_endpoint["POST /v1/recommendations"] > record.quality.evaluated
    assert record.requests.total > record.requests.recommendations
    assert record.guardrail("catalog_coverage").measures[0].threshold == 0.3
    assert record.failing == ()
    with pytest.raises(KeyError, match=r"segment_lift_ndcg \[nobody\]"):
        record.guardrail("segment_lift_ndcg", "nobody")


def test_the_suite_has_the_same_guardrails_under_the_same_titles(acme: Project) -> None:
    acme.write("guardrails.yml", EVERY_THRESHOLD)
    plan = plan_for("acme", root=acme.folder, metrics=[LENGTH])
    wanted = {key for key in _of_the_suite(plan) if not (key[1][0] == "S" and key[1][1:].isdigit())}
    assert {one.key for one in due(plan)} == wanted
    assert {key[1] for key in wanted} >= {"own.min_length", "own_metrics", "recall", "error_rate", "contract"}
    suite = "".join(path.read_text() for path in (Path(__file__).parents[2] / "scenarios").glob("test_*.py"))
    assert [one.title for one in GUARDRAILS if f'"""{one.title}' not in suite] == []


def test_what_is_wrong_on_paper_is_told_before_anything_starts(acme: Project) -> None:
    def told(work: Callable[[], object]) -> str:
        with pytest.raises(RecsimError) as caught:
            work()
        return str(caught.value)

    root = acme.folder
    unknown = told(lambda: plan_for("acme", root=root, env_profil="prod"))  # type: ignore[call-arg]
    assert "unknown option `env_profil`" in unknown
    assert "did you mean `env_profile`?" in unknown
    assert "`acmee` is unknown" in told(lambda: plan_for("acmee", root=root))
    assert "MMR_LAMBDA" in told(lambda: plan_for("acme", root=root, env_overrides={"MMR_LAMBDA": 3}))
    plan = plan_for("acme", root=root, skip=["quality"])
    assert "leaves the quality out" in told(lambda: evaluate(plan))
    plan = plan_for("acme", root=root, base_url="http://127.0.0.1:9", apply="admin")
    assert "reports: must name a folder" in told(lambda: evaluate(plan))
    plan = plan_for("acme", root=root, metrics=[LENGTH])
    assert "metrics: must be the ones" in told(lambda: evaluate(plan))
    twice = [LENGTH, LENGTH]
    assert "metrics: must be the ones" in told(lambda: evaluate(plan, metrics=iter(twice)))
    other = Metric("length", "items in a list", LENGTH.measure, per_user=False)
    assert "metrics: must be the ones" in told(lambda: evaluate(plan, metrics=[other]))


def test_a_service_that_is_not_there_is_one_sentence_and_leaves_nothing(
    acme: Project, scratch: Callable[[], list[Path]]
) -> None:
    plan = plan_for("acme", root=acme.folder, base_url="http://127.0.0.1:9", timeout=0.5)
    with pytest.raises(RecsimError, match=r"127\.0\.0\.1:9"):
        evaluate(plan)
    assert scratch() == []
    assert not acme.left_behind


@pytest.mark.long
def test_one_after_the_other_also_after_one_that_failed_and_where_a_loop_runs(
    acme: Project, scratch: Callable[[], list[Path]]
) -> None:
    before = set(children(os.getpid()))
    plan = plan_for("acme", root=acme.folder, metrics=[LENGTH], env_overrides={"MMR_LAMBDA": 0.7})

    def broken(_: object) -> dict[str, float]:
        raise SystemExit("out of a metric")

    odd = Metric("length", "items in a list", broken)
    first = evaluate(plan, metrics=[LENGTH])
    with pytest.raises(SystemExit, match="out of a metric"):
        evaluate(plan, metrics=[odd])
    assert set(children(os.getpid())) == before

    async def notebook() -> RunRecord:
        return evaluate(plan, metrics=[LENGTH], reports=acme.folder / "kept")

    again = asyncio.run(notebook())
    assert (again.quality, again.own) == (first.quality, first.own)
    assert first.own["length"].figure.value == 20
    assert (first.bundle, Path(again.bundle).parts[-2]) == ("", "acme")
    assert "Partial" in (Path(again.bundle) / "README.md").read_text()
    assert set(children(os.getpid())) == before
    assert scratch() == []


@pytest.mark.long
def test_a_running_service_is_left_clean_and_let_go(acme: Project, served: Served, namespace: str) -> None:
    def plan(**more: object):
        root, url = acme.folder, served.url
        return plan_for("acme", root=root, base_url=url, namespace=namespace, **more)

    first, second = evaluate(plan()), evaluate(plan())
    assert first.verdict.status == second.verdict.status == "partial"
    assert "seconds" not in second.notes
    served.ask("POST", "/v1/items:upsert", {"namespace": f"{namespace}-x", "items": [{"item_id": "theirs"}]})
    before = len(served.writes)
    with pytest.raises(RecsimError, match="marker"):
        evaluate(plan_for("acme", root=acme.folder, base_url=served.url, namespace=f"{namespace}-x"))
    assert len(served.writes) == before
    again = evaluate(plan()).quality
    assert replace(again, noise={}) == replace(first.quality, noise={})  # scores drift with the clock


@pytest.mark.long
def test_what_could_not_be_put_back_is_an_error_that_carries_the_record(
    acme: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fleet, "restore", lambda self: self.alarm(["the service is not what it was."]))
    with pytest.raises(NotPutBack, match="the service is not what it was") as caught:
        evaluate(plan_for("acme", root=acme.folder))
    assert caught.value.record.guardrail("catalog_coverage").outcome == "passed"


@pytest.mark.long
def test_the_documented_sweep_prints_a_line_for_each_value(acme: Project) -> None:
    page = (Path(__file__).parents[2] / "docs" / "batches.md").read_text()
    example = page.split("<!-- evaluate -->\n```python\n")[1].partition("```")[0]
    acme.write("sweep.py", example)
    command, env = [sys.executable, "sweep.py"], acme.environment()
    done = subprocess.run(command, cwd=acme.folder, env=env, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    first, second = (line.split() for line in done.stdout.splitlines())
    assert (first[0], second[0]) == ("0.2", "0.8")
    assert first[1:] != second[1:]
    assert all(float(number) > -1 for number in (first[1], second[1], first[-1], second[-1]))


@pytest.mark.long
def test_a_failing_guardrail_is_explained_as_pytests_run_explains_it(
    acme: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(acme.folder)  # files are named as seen from there
    acme.write("guardrails.yml", LOOSE.replace("lift_ndcg: -1", "lift_ndcg: 50").replace("0.3", "1"))
    ran = acme.simulate("-k", "ndcg or catalog")
    assert ran.code == 1
    theirs = {one.key: words(one.sentence) for one in Bundle(acme.bundle().root).results()}
    failing = {one.key: words(one.sentence) for one in evaluate(plan_for("acme")).failing}
    assert failing == {key: theirs[key] for key in failing}
    assert any("worst: " in sentence or "most affected: " in sentence for sentence in failing.values())


def words(sentence: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "", sentence)


@pytest.mark.long
@pytest.mark.parametrize("ending", [None, KeyboardInterrupt])
def test_a_service_whose_configuration_is_changed_gets_it_back_whatever_ends_it(
    acme: Project, served: Served, namespace: str, ending: type[BaseException] | None
) -> None:
    def measure(sim: Simulation) -> dict[str, float]:
        assert served.ask("GET", CONFIG)["config"] != before
        if ending is not None:
            raise ending
        return dict.fromkeys(sim.lists, 1.0)

    before = served.ask("GET", CONFIG)["config"]
    one = Metric("one", "one for everybody", measure)
    service = {"base_url": served.url, "namespace": namespace, "apply": "admin"}
    knobs = {"BLEND_ALPHA": 0.9}
    plan = plan_for("acme", root=acme.folder, env_overrides=knobs, metrics=[one], **service)
    with pytest.raises(ending) if ending else nullcontext():
        record = evaluate(plan, metrics=[one], reports=acme.folder / "kept")
        assert {row.status for row in record.knobs if row.knob == "BLEND_ALPHA"} == {"in effect"}
        assert record.own["one"].figure.value == 1
    assert served.ask("GET", CONFIG)["config"] == before
