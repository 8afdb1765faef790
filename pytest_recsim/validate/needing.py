"""What a check needs, and what is known of it before a run: it holds, it does not, or only the service's answers can tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from pytest_recsim.record.reason import Reason

Status = Literal["measured", "not_measured", "depends"]
NOTHING = Reason()


@dataclass(frozen=True)
class Need:
    """One thing that has to hold before a check can fail.

    Attributes:
        holds: None where only the service's answers can tell.
        why: what is said where it does not hold.
        guess: what lists of the most popular items say, where only answers can tell.
        late: it is looked at after something has been measured, so the check may have failed before.
    """

    holds: bool | None
    why: Reason
    guess: bool = True
    late: bool = False


class Foretold(msgspec.Struct, frozen=True, kw_only=True):
    """What a run on the stand-in will say of a check.

    Attributes:
        check: its name, ``S4`` or ``catalog_coverage``.
        case: the segment, empty for the whole run.
        status: ``depends``: only the service's answers can tell.
        likely: what lists of the most popular items say, where it depends; else as ``status``.
        reason: why it is not, or may not be, measured.
        cause: its name, as in a record.
        next_step: what to add or to change.
        rehearsed: it was seen in a rehearsal on the stand-in, because only answers can tell.
    """

    check: str
    case: str = ""
    status: Status
    likely: Literal["measured", "not_measured"]
    reason: str = ""
    cause: str = ""
    next_step: str = ""
    rehearsed: bool = False

    @property
    def label(self) -> str:
        """As a report calls it."""
        return f"{self.check} [{self.case}]" if self.case else self.check


def foretold(check: str, case: str, needs: Iterable[Need]) -> Foretold:
    """Weigh what a check needs, in its order: the first that surely fails decides, else the first that may."""
    open_to = None
    for need in needs:
        if need.holds is False and not need.late:
            return _said(check, case, "not_measured", "not_measured", need.why)
        if need.holds is not True and open_to is None:
            open_to = need
        if need.holds is False or (need.holds is None and not need.guess):
            return _said(check, case, "depends", "not_measured", need.why)
    if open_to is None:
        return _said(check, case, "measured", "measured", NOTHING)
    return _said(check, case, "depends", "measured", open_to.why)


def _said(
    check: str, case: str, status: Status, likely: Literal["measured", "not_measured"], why: Reason
) -> Foretold:
    return Foretold(
        check=check,
        case=case,
        status=status,
        likely=likely,
        reason=str(why),
        cause=why.cause,
        next_step=why.next_step,
    )
