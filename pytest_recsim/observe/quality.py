"""The quality lists: one per user with holdout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pytest_recsim.data.fixtures.columns import Columns
from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.data.fixtures.split import Split
from pytest_recsim.plan.model import K, Plan
from pytest_recsim.service.contract.ask import Ask


def evaluated_users(plan: Plan, fixture: Fixture, columns: Columns, split: Split) -> list[str]:
    """Return the users whose lists are judged: everyone with holdout, or a stratified seeded sample.

    A sample keeps every segment's share (at least one user each) and is the same in every run.
    """
    with_holdout = set(np.unique(columns.user[split.holdout]).tolist())
    groups = {
        name: [position for position in members if position in with_holdout]
        for name, members in fixture.segments.items()
    }
    chosen = [position for group in _sampled(plan, groups).values() for position in group]
    return [fixture.users[position].user_id for position in sorted(chosen)]


def _sampled(plan: Plan, groups: dict[str, list[int]]) -> dict[str, list[int]]:
    total = sum(map(len, groups.values()))
    if plan.sample_users is None or plan.sample_users >= total:
        return groups
    rng = plan.rng("sample")
    return {
        name: rng.sample(group, min(len(group), max(1, round(plan.sample_users * len(group) / total))))
        for name, group in groups.items()
        if group
    }


def quality_asks(plan: Plan, users: list[str], overrides: Mapping[str, Any]) -> list[Ask]:
    """The questions behind the quality lists: k = 20, reasons, numeric explain, the chosen surface."""
    return [
        Ask(
            user_id=user,
            k=K,
            surface=plan.surface,
            include_reasons=True,
            explain_level="numeric",
            overrides=dict(overrides) or None,
        )
        for user in users
    ]
