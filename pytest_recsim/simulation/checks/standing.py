"""What has to hold whatever is judged: the profile in effect, the contract kept, only available items shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_recsim.apply.reach import reaches
from pytest_recsim.plan.modes import ON_SERVICES
from pytest_recsim.simulation.checks.subjects import NOBODY
from pytest_recsim.simulation.truth.applied import step_for

if TYPE_CHECKING:
    from pytest_recsim.simulation.checks.check import Check
    from pytest_recsim.simulation.session.simulation import Simulation


def profile(sim: Simulation, check: Check) -> None:
    """Every knob that was sent is in effect, as far as the service lets us see it."""
    rows = sim.prepared.knobs
    mode = sim.plan.mode
    modes = " or ".join(one.name for one in ON_SERVICES if one.name != mode.name)
    check.need(
        any(reaches(sim.plan, name) for name in sim.plan.knobs),
        f"apply mode `{mode.name}` sends no knob, so none can be in effect",
        next_step=step_for(sim.applied.rows) if sim.applied.rows else f"run with --recsim-apply {modes}",
        cause="not_in_effect",
    )
    judged = [row for row in rows if row.status in ("in effect", "not in effect")]
    check.need(
        judged,
        "the service shows none of the knobs that were sent",
        next_step="give an admin key that may read the configuration, or see why answers carry no explain blocks",
        cause="revision",
    )
    check.show("knobs", rows)
    wrong = [row for row in judged if row.status == "not in effect"]
    check.that(
        "knobs in effect",
        not wrong,
        expected="every visible knob as the profile has it",
        got="; ".join(f"{row.knob}={row.asked} asked, {row.in_effect} seen in {row.seen_in}" for row in wrong)
        or f"{len(judged)} of {len(judged)} match the profile",
        n=len(judged),
        definition="asked for in the profile against explain blocks, trace and admin config",
        knob=[row.knob for row in wrong],
    )
    changed = sim.changed_configuration()
    check.that(
        "the service's configuration while we measured",
        not changed,
        expected="the same at the end as after seeding",
        got=f"changed by somebody else: {', '.join(changed)}" if changed else "the same",
        definition="admin config document after seeding against the one now; it holds for every tenant",
        next_step="run again while nobody else changes the service",
    )


def contract(sim: Simulation, check: Check) -> None:
    """No answer broke the service's contract, and nobody else changed what was measured."""
    seen = sim.everything_seen()
    check.need(
        seen.answers, "no answer passed through the client", next_step=NOBODY.next_step, cause="nobody"
    )
    check.show("checked", seen.checked)
    violations = seen.of("contract")
    for violation in violations:
        check.that(
            violation.what,
            ok=False,
            expected="no answer",
            got=f"{violation.count} of {seen.answers} answers; first: {violation.detail}",
            n=seen.answers,
            who=f"user {violation.user_id}",
            curl=violation.curl,
            next_step="show the request after `reproduce` and its answer to whoever runs the service",
        )
    if not violations:
        kinds = ", ".join(f"{name} ({count})" for name, count in sorted(seen.checked.items()))
        check.that(
            "answers within the contract",
            ok=True,
            expected="every answer",
            got=f"{seen.answers} of {seen.answers}",
            n=seen.answers,
            definition=f"duplicates, length, finite scores on every answer; where it applies also {kinds}",
        )
    changed = sim.changed_namespace()
    check.that(
        "the namespace while we measured",
        not changed,
        expected="at the end as after seeding",
        got="; ".join(changed) or "as after seeding",
        definition="rows, our marker, and what of other people changes ranking (rules, overrides, segments, weights)",
        next_step="run again in a namespace that nobody else writes to",
    )


def availability(sim: Simulation, check: Check) -> None:
    """Only known, available items are shown."""
    seen = sim.everything_seen()
    check.need(
        seen.slots,
        "no slot of any list passed through the client",
        next_step="see why every list is empty: available items, seeded events, users with events after the split",
        cause="nobody",
    )
    first = next(iter(seen.of("availability")), None)
    check.at_most(
        "share of unavailable or unknown items",
        seen.unavailable_share,
        sim.limit("max_unavailable_share"),
        n=seen.slots,
        definition="recommended slots that hold an item which is not in the fixture or not available",
        who=f"{first.detail}, user {first.user_id}" if first else "",
        curl=first.curl if first else "",
        next_step="see why the service lists an item that is not available: stale rows, or its availability filter",
    )
