"""Making what must not be made twice: when nobody knows whether the service acted, look before trying again."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import TypeVar

from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError

T = TypeVar("T")
UNANSWERED = frozenset({"dropped", "timeout"})
GATEWAYS = frozenset({502, 503, 504})
TRIES = 3


def unanswered(error: ServiceError) -> bool:
    """Whether nobody knows if the service has done what it was asked for."""
    return error.code in UNANSWERED or error.status in GATEWAYS


def made_once(service: Service, make: Callable[[], T], find: Callable[[], T | None]) -> tuple[T, bool]:
    """Make something on the service, and survive an answer that got lost on the way.

    Args:
        service: whose tally counts the repetitions.
        make: sends the one request that is not safe to repeat.
        find: looks whether it was carried out all the same.

    Returns:
        The record, and whether a second one may still come into being: a request that we have given up may
        reach the service late.

    Raises:
        ServiceError: the service refused, or three answers in a row got lost.
    """
    for tries in range(1, TRIES + 1):
        try:
            return make(), tries > 1
        except ServiceError as error:
            if tries == TRIES or not unanswered(error):
                raise
            service.tally.retries[str(error.status or error.code)] += 1
        if (found := find()) is not None:
            return found, True
        sleep(service.endpoint.patience.first_s)
    raise AssertionError("unreachable: the last try returns or raises")  # pragma: no cover
