"""Suggested thresholds, put to work: the configuration that they are of holds them, a worse one does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_recsim import evaluate, plan_for
from pytest_recsim.cli import main

if TYPE_CHECKING:
    from plugin_shop import Project


@pytest.mark.long
def test_a_run_holds_what_was_suggested_from_it_and_a_worse_profile_does_not(
    acme: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = acme.folder / "kept"
    evaluate(plan_for("acme", root=acme.folder), reports=kept)
    capsys.readouterr()
    assert main(["guardrails", "suggest", "--from", str(kept)]) == 0
    start = acme.folder / "start.yml"
    start.write_text(capsys.readouterr().out)
    again = evaluate(plan_for("acme", root=acme.folder, guardrails_file=str(start)))
    assert again.failing == ()
    assert {one.check for one in again.guardrails} >= {"segment_lift_ndcg", "recall", "novelty", "gini"}
    worse = {"BLEND_ALPHA": 1, "BLEND_BETA": 0, "BLEND_GAMMA": 0, "PROFILE_BOOST": 0}
    plan = plan_for("acme", root=acme.folder, guardrails_file=str(start), env_overrides=worse)
    assert {one.outcome for one in evaluate(plan).failing} == {"failed"}
