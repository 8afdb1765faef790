"""What a revision of the service can do and shows, found out once, with reads only (contract 18)."""

from __future__ import annotations

import msgspec

from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.ask import Ask

NOBODY = "recsim:nobody"
"""A user whom nobody has: the answer to a question for them shows what answers carry, even in an empty namespace."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What checks may rely on besides what every Recsys has; everything there unless it was found to be missing.

    Attributes:
        signal_status: answers say which signals could be used.
        candidate_sources: answers say how many candidates came from where.
        validates: requests that make no sense are refused, not answered.
    """

    signal_status: bool = True
    candidate_sources: bool = True
    validates: bool = True

    @property
    def missing(self) -> tuple[str, ...]:
        """One sentence for everything that is missing."""
        return tuple(self.without(name) for name in self.__struct_fields__ if not getattr(self, name))

    def without(self, name: str) -> str:
        """Say what it means that a capability is missing: the reason of a check that needs it."""
        return f"this revision of the service {_MISSING[name]}"


_MISSING = {
    "signal_status": (
        "does not send `trace.extras.signal_status`, so it is not visible whether a signal could be used"
    ),
    "candidate_sources": (
        "does not send `trace.extras.candidate_sources`, so it is not visible where candidates came from"
    ),
    "validates": "does not refuse requests that make no sense (a negative k), so a mistake in one shows nowhere",
}


def find_capabilities(service: Service) -> Capabilities:
    """Look at two answers: to a question for a user whom nobody has, and to one that a service ought to refuse.

    Raises:
        ServiceError: the first question is not answered like a Recsys does.
    """
    (shown,) = service.recommend([Ask(NOBODY, k=1, explain_level="full")])
    extras = shown.answer.trace.extras
    return Capabilities(
        signal_status=extras.signal_status is not None,
        candidate_sources=extras.candidate_sources is not None,
        validates=service.refuses(Ask(NOBODY, k=-1)),
    )
