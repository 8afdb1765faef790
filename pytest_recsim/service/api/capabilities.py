"""What a revision of the service can do and shows, found out once, with reads only (contract 18)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from pytest_recsim.record.causes import CAUSES
from pytest_recsim.record.reason import Reason
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.ask import Ask
from pytest_recsim.service.contract.errors import ServiceError

NOBODY = "recsim:nobody"
"""A user whom nobody has: the answer to a question for them shows what answers carry, even in an empty namespace."""


class NotOffered(Exception):  # noqa: N818 - it is an outcome of a check, not an error of the program
    """What somebody asked for is nothing that this revision of the service has; carries the sentence that says so."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What checks may rely on besides what every Recsys has; everything there unless it was found to be missing.

    Attributes:
        signal_status: answers say which signals could be used.
        candidate_sources: answers say how many candidates came from where.
        validates: requests that make no sense are refused, not answered.
        rules: merchandising rules can be made and listed.
        overrides: manual overrides can be made and listed.
        segments: segments of the service's own, which may replace a user's knobs, can be listed.
        event_types: the weights of event types can be read.
    """

    signal_status: bool = True
    candidate_sources: bool = True
    validates: bool = True
    rules: bool = True
    overrides: bool = True
    segments: bool = True
    event_types: bool = True

    @property
    def missing(self) -> tuple[str, ...]:
        """One sentence for everything that is missing."""
        return tuple(self.without(name) for name in self.__struct_fields__ if not getattr(self, name))

    def without(self, name: str) -> str:
        """Say what it means that a capability is missing: the reason of a check that needs it."""
        return f"this revision of the service {_MISSING[name]}"

    def insist(self, name: str) -> None:
        """Go on only where the service has it.

        Raises:
            NotOffered: it does not; what needs it cannot be measured here, which is no failure.
        """
        if not getattr(self, name):
            _, step = CAUSES.get(f"no_{name}", ("", "run against a revision of the service that has it"))
            raise NotOffered(Reason(self.without(name), f"no_{name}", step))


EVERYTHING = Capabilities()
"""What the contract describes."""

_MISSING = {
    "signal_status": (
        "does not send `trace.extras.signal_status`, so it is not visible whether a signal could be used"
    ),
    "candidate_sources": (
        "does not send `trace.extras.candidate_sources`, so it is not visible where candidates came from"
    ),
    "validates": "does not refuse requests that make no sense (a negative k), so a mistake in one shows nowhere",
    "rules": "has no rules, so none can be tried",
    "overrides": "has no manual overrides, so no item can be boosted",
    "segments": "lists no segments, so whether some replace the knobs of users is not visible",
    "event_types": "does not show the weights of event types; the usual ones are assumed",
}


def find_capabilities(service: Service) -> Capabilities:
    """Look at two answers (for a user whom nobody has, to nonsense that ought to be refused) and at four lists.

    Raises:
        ServiceError: the first question is not answered like a Recsys does.
    """
    (shown,) = service.recommend([Ask(NOBODY, k=1, explain_level="full")])
    extras = shown.answer.trace.extras
    return Capabilities(
        signal_status=extras.signal_status is not None,
        candidate_sources=extras.candidate_sources is not None,
        validates=service.refuses(Ask(NOBODY, k=-1)),
        rules=_offered(service.list_rules),
        overrides=_offered(lambda: service.list_overrides(status="active")),
        segments=_offered(service.segments),
        event_types=_offered(service.event_types),
    )


def _offered(read: Callable[[], object]) -> bool:
    """Whether there is such an endpoint; a path that the service does not know is a 405 (contract 1.1)."""
    try:
        read()
    except ServiceError as error:
        if error.status == 405:
            return False
        raise
    return True
