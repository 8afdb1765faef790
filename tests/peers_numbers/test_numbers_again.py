"""The tools among our test packages are asked again, and a real run's numbers come out of theirs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from numbers_score import document
from plugin.plugin_shop import environment

ROOT = Path(__file__).parents[2]
FACTS = json.loads((ROOT / "docs" / "other-numbers.json").read_text(encoding="utf-8"))
SCRIPT = re.compile(r"```python\n(.+?)```", re.DOTALL)


@pytest.mark.long
@pytest.mark.parametrize("library", ["ranx", "pytrec_eval", "ir_measures", "sklearn"])
def test_a_tool_still_says_what_the_page_says(library):
    said = document(library)
    (version,) = (one["version"] for one in FACTS["libraries"] if one["library"] == library)
    assert said["version"] == version, "the page is older: python tests/peers_numbers/numbers_run.py"
    for kind in ("rows", "recipes"):
        kept = [row for row in FACTS[kind] if row["library"] == library]
        assert len(kept) == len(said[kind]) > 0
        for now, before in zip(said[kind], kept, strict=True):
            assert now.pop("value") == pytest.approx(before["value"], abs=1e-6), before
            assert now.items() <= before.items()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A run of customer-a, and what the page's script makes of its report folder."""
    folder = tmp_path_factory.mktemp("export")
    words = (
        "--customer",
        "customer-a",
        "--env-profile",
        "customer_a",
        f"--recsim-reports-dir={folder}/reports",
    )
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    subprocess.run(run, cwd=ROOT, env=environment(), check=True)
    (bundle,) = (folder / "reports" / "customer-a").glob("*/")
    (script,) = SCRIPT.findall((ROOT / "docs" / "other-numbers.md").read_text(encoding="utf-8"))
    (folder / "export.py").write_text(script)
    fixture = ROOT / "fixtures" / "customers" / "customer_a.json"
    subprocess.run([sys.executable, "export.py", bundle, fixture], cwd=folder, check=True)
    figures = json.loads((bundle / "artifacts" / "quality_metrics.json").read_text())["figures"]
    ours = {name: figures[f"{name} (unseen)"]["value"] for name in ("ndcg@10", "mrr@10", "recall@20")}
    return folder, ours


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # their warnings are not ours to mend
def test_ranx_gets_a_runs_numbers_from_what_the_pages_script_exports(exported):
    from ranx import Qrels, Run, evaluate

    folder, ours = exported
    judged, run = Qrels.from_file(f"{folder}/qrels.json"), Run.from_file(f"{folder}/run.json")
    assert evaluate(judged, run, list(ours)) == pytest.approx(ours, abs=1e-6)


@pytest.mark.long
def test_ir_measures_gets_them_too(exported):
    import ir_measures

    folder, ours = exported
    judged, run = (json.loads((folder / name).read_text()) for name in ("qrels.json", "run.json"))
    theirs = {
        "ndcg@10": ir_measures.nDCG @ 10,
        "mrr@10": ir_measures.RR @ 10,
        "recall@20": ir_measures.R @ 20,
    }
    found = ir_measures.calc_aggregate(theirs.values(), judged, run)
    assert {name: found[measure] for name, measure in theirs.items()} == pytest.approx(ours, abs=1e-6)
