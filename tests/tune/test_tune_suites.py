"""Whole runs of a study: made as people make them, on the slice that is due, and not again when they are there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from made_study import measured, replace, study, trial

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.keywords import keyword_words, plan_for
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.tune import read_study
from pytest_recsim.testing import LOOSE, environment, shop
from pytest_recsim.tune.finish import Place, finish
from pytest_recsim.tune.suites import Ask, run_suite, suite_of


def test_options_of_a_plan_become_words_of_the_command_line():
    given = {
        "env_profile": "prod", "base_url": "http://x", "ca_file": "a.pem", "sample_users": 20, "org_id": "",
        "env_overrides": {"MMR_LAMBDA": 0.5}, "skip": ["reset"], "timeout": None,
    }  # fmt: skip
    assert keyword_words("acme", given) == (
        "--recsim-customer", "acme", "--recsim-env-profile", "prod", "--recsim-base-url", "http://x",
        "--recsim-ca", "a.pem", "--recsim-sample-users", "20", "--recsim-env-override", "MMR_LAMBDA=0.5",
        "--recsim-skip", "reset",
    )  # fmt: skip
    assert keyword_words("acme", {"env_overrides": ["A=1"]})[-1] == "A=1"


WAIVED = ("S4", "S6", "S9", "segment_lift_ndcg", "segment_lift_mrr")
"""What so small a shop cannot show."""
GUARDRAILS = (
    LOOSE
    + "customers:\n  acme:\n    waivers:\n"
    + "".join(f"      - {{ check: {check}, reason: a small shop }}\n" for check in WAIVED)
)


def asking(root):
    nothing = dict.fromkeys(name for name in os.environ if name not in environment())
    assert not {"PATH", "HOME"} & nothing.keys()
    return Ask(root, (*keyword_words("acme", {}), "-p", "no:cacheprovider"))


@pytest.mark.long
def test_the_trial_runs_on_the_tuning_slice_and_both_run_on_the_verdict_slice(tmp_path):
    shop(users=40, guardrails=GUARDRAILS).settle(tmp_path)
    plan = plan_for("acme", root=tmp_path)
    values = {"PROFILE_BOOST": "0.9"}
    space = (replace(study().space[0], start=plan.knobs["PROFILE_BOOST"].text),)
    begun = study(
        status="running", customer="acme", simulation="acme", space=space, trials=(trial(3, 0.9, values=values),),
        start=measured(0.48), finalists=(), winner=None, verdict=None, tuned=None,
    )  # fmt: skip
    folder = tmp_path / "reports" / "acme" / "tune_20261128T221500Z"
    said = []
    found = finish(begun, plan, Place(folder, tmp_path, asking(tmp_path)), say=said.append)
    assert read_study(folder) == found
    assert [(one.who, one.slice) for one in found.finalists] == [("3", "tuning")]
    cuts = {}
    for one in (*found.finalists, *found.verdict.suites):
        facts = Bundle(folder / one.run).read_metadata()
        overrides = {knob: row["text"] for knob, row in facts["profile"]["overrides"].items()}
        assert overrides == ({} if one.who == "start" else values)
        manifest = Bundle(folder / one.run).read_artifact("seed_manifest.json")["split"]
        cuts.setdefault(one.slice, set()).add((manifest["cut"], manifest["holdout_events"]))
    assert {where: len(found) for where, found in cuts.items()} == {"tuning": 1, "verdict": 1}
    assert min(cuts["tuning"]) < min(cuts["verdict"])
    assert {one.segment for one in found.verdict.gains} >= {"", "regulars", "new_users"}
    assert len(said) == 3
    assert not list((tmp_path / "reports" / "acme").glob("*/simulation_metadata.json"))


@pytest.mark.long
def test_a_run_that_leaves_nothing_is_a_sentence_with_what_it_said(tmp_path):
    shop(users=2, items=5).settle(tmp_path)
    ask = Ask(tmp_path, keyword_words("nobody", {}))
    with pytest.raises(InputError, match="`nobody` is unknown"):
        run_suite(ask, tmp_path / "study", "start", "verdict", {})


CALLS = """
import sys
from pathlib import Path
from pytest_recsim.plan.keywords import keyword_words
from pytest_recsim.tune.suites import Ask, run_suite
root = Path(sys.argv[1])
run_suite(Ask(root, keyword_words("acme", {"latency_ms": 40})), root / "study", "start", "verdict", {})
"""


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_ends_in_an_orderly_way_with_the_study_and_the_next_call_makes_it_anew(tmp_path, how):
    shop(users=40).settle(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", CALLS, tmp_path], stderr=subprocess.PIPE, env=environment()
    )
    folder = tmp_path / "study" / "suites" / "verdict-start"
    deadline = time.monotonic() + 60
    while not list(folder.glob("acme/*/artifacts/seed_manifest.json")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert (b"KeyboardInterrupt" in said) == (how == signal.SIGINT)
    (broken,) = folder.glob("acme/2*")
    while Bundle(broken).read_metadata()["status"] != "incomplete":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    made = run_suite(asking(tmp_path), tmp_path / "study", "start", "verdict", {})
    assert made.root != broken
    assert suite_of(tmp_path / "study", "start", "verdict", made).run.startswith("suites/verdict-start/acme/")
    assert run_suite(asking(tmp_path), tmp_path / "study", "start", "verdict", {}).root == made.root
