"""A real `recsim tune` is killed with `kill -9` in the middle, and ends as one that was left alone."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from msgspec.structs import replace

from pytest_recsim.record.tune import NAME, read_study, write_study
from pytest_recsim.testing import LOOSE, environment, shop

CHECKS = ("S4", "S6", "S9", "segment_lift_ndcg", "segment_lift_mrr")
GUARDRAILS = (
    LOOSE
    + "customers:\n  acme:\n    waivers:\n"
    + "".join(f"      - {{ check: {check}, reason: a small shop }}\n" for check in CHECKS)
)
# From knobs that leave something to be found: a shop this small is perfect with those of `prod`.
WORDS = (
    "--env-override",
    "BLEND_ALPHA=0.98",
    "--env-override",
    "PROFILE_BOOST=0.363",
    "--knob",
    "PROFILE_BOOST=0.1..2:log",
    "--knob",
    "BLEND_ALPHA=0..1",
    "--trials",
    "8",
    "--goal",
    "map",
)
LIMIT_S = 240


def command(*words):
    return [sys.executable, "-m", "pytest_recsim.cli", "tune", *words]


def ended(root, *words):
    done = subprocess.run(
        command(*words), cwd=root, env=environment(), capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done


def of(reports):
    (found,) = reports.glob(f"acme/tune_*/{NAME}")
    return found.parent


def killed(root, after, *more):
    """Begin a study and kill it once so many trials are kept; return its folder."""
    with subprocess.Popen(
        command("acme", *WORDS, *more, "--reports-dir", "killed"), cwd=root, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        for _ in range(LIMIT_S * 20):
            if (
                list(root.glob(f"killed/acme/tune_*/{NAME}"))
                and len(read_study(of(root / "killed")).trials) >= after
            ):
                break
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.05)
        process.kill()
    return of(root / "killed")


def comparable(study):
    """What has to be the same: everything but what was asked again, and how long it took."""
    found = []
    for trial in study.trials:
        measured = trial.measured and replace(trial.measured, seconds=0, asked=0, shared=0)
        found.append(replace(trial, measured=measured))
    verdict = study.verdict and (study.verdict.decision, study.verdict.gains, study.verdict.optimism)
    return found, [(one.who, one.ready) for one in study.finalists], study.winner, verdict


@pytest.mark.long
def test_a_study_that_was_killed_recommends_what_one_that_was_left_alone_does(tmp_path):
    shop(users=40, guardrails=GUARDRAILS).settle(tmp_path)
    ended(tmp_path, "acme", *WORDS, "--reports-dir", "alone")
    usual = read_study(of(tmp_path / "alone"))
    folder = killed(tmp_path, after=3)
    left = read_study(folder)
    assert 3 <= len(left.trials) < len(usual.trials)
    shown = subprocess.run(
        command("acme", "--reports-dir", "killed", "--show"), cwd=tmp_path, env=environment(), capture_output=True, text=True
    )  # fmt: skip
    assert "interrupted, " in shown.stdout
    ended(tmp_path, "acme", "--reports-dir", "killed", "--resume")
    found = read_study(folder)
    assert found.trials[: len(left.trials)] == left.trials, "no trial is lost"
    assert comparable(found) == comparable(usual)
    assert usual.finalists, "something was recommended, else this shows little"


def lent(study, root):
    """Three studies of other customers, each with another winner: what this one tried."""
    for place in range(3):
        found = replace(
            study, customer=f"other{place}", data_sha256=f"{place}", winner=study.trials[place].number
        )
        folder = root / "theirs" / f"other{place}" / "tune_20261128T221500Z"
        folder.mkdir(parents=True)
        write_study(folder, found)


@pytest.mark.long
def test_one_that_learns_from_others_was_killed_after_what_they_tried_and_ends_as_one_that_was_left_alone(
    tmp_path,
):
    shop(users=40, guardrails=GUARDRAILS).settle(tmp_path)
    ended(tmp_path, "acme", *WORDS, "--reports-dir", "alone")
    lent(read_study(of(tmp_path / "alone")), tmp_path)
    learning = ("--learn-from", "theirs", "--trials", "18", "--seed", "5")
    ended(tmp_path, "acme", *WORDS, *learning, "--reports-dir", "usual")
    usual = read_study(of(tmp_path / "usual"))
    assert any(one.here is not None for one in usual.expected), "it was looked at how much the slice flatters"
    folder = killed(tmp_path, 5, *learning)
    ended(tmp_path, "acme", "--reports-dir", "killed", "--resume")
    found = read_study(folder)
    assert comparable(found) == comparable(usual)
    assert found.expected == usual.expected
