"""Two runs beside each other, and what no run may ever say."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peers_play import Seen

FINE = ("passed", "waived", "warned")
NAMED = 3
READY = "may_go"


def differences(plain: Seen, other: Seen) -> tuple[str, ...]:
    """Say in what a run differs from the plain one; nothing where a reader of both would learn the same."""
    return tuple(_differences(plain, other))


def _differences(plain: Seen, other: Seen) -> Iterator[str]:
    if other.code != plain.code:
        yield f"exit code {other.code}, not {plain.code}"
    if other.status != plain.status:
        yield f"verdict {other.status}, not {plain.status}"
    missing = plain.outcomes.keys() - other.outcomes.keys()
    if missing:
        yield f"{len(missing)} of {len(plain.outcomes)} checks did not run"
    if more := other.outcomes.keys() - plain.outcomes.keys():
        yield f"more checks: {', '.join(sorted(more))}"
    changed: dict[str, list[str]] = {}
    for check, before in plain.outcomes.items():
        now = other.outcomes.get(check, before)
        if now != before:
            changed.setdefault(f"{now}, not {before}", []).append(check)
    for what, checks in changed.items():
        yield f"{', '.join(checks) if len(checks) <= NAMED else f'{len(checks)} checks'} {what}"
    if other.status == plain.status and other.outcomes == plain.outcomes and other.sentence != plain.sentence:
        yield f"says {other.sentence!r}"


def untrue(planned: Collection[str], other: Seen, ready: str) -> tuple[str, ...]:
    """Say what a run claims and must not, whatever plugin is beside us.

    Args:
        planned: every check that there is for this customer.
        other: what the run left.
        ready: how a verdict that lets a customer go live begins.
    """
    return tuple(_untrue(planned, other, ready))


def _untrue(planned: Collection[str], other: Seen, ready: str) -> Iterator[str]:
    lacking = [check for check in planned if other.outcomes.get(check) not in FINE]
    if other.status == READY and other.code:
        yield f"the record says ready, pytest ended with {other.code}"
    if other.status == READY and lacking:
        yield f"the record says ready without {', '.join(lacking)}"
    if other.status != READY and ready in other.text:
        yield f"it prints {ready!r}, the record does not say so"
    if not other.outcomes and not other.code:
        yield "a green run without a result"
