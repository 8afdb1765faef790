"""Where a trial's questions go: to one service that all trials share, or to a stand-in that was started with its knobs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from pytest_recsim.apply.reach import environment
from pytest_recsim.plan.model import Plan
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.launcher import StandIn, launch
from pytest_recsim.simulation.session.run import RunContext

Answers = tuple[list[Exchange], int]
"""The answers in the order of the questions, and how many requests they took."""
Asker = Callable[[Sequence[Ask]], Answers]


class Places(Protocol):
    """Where trials are asked; any thread may open a place."""

    def place(self, plan: Plan) -> AbstractContextManager[Asker]:
        """Open a place for one trial, whose questions may raise ServiceError, or InputError of a stand-in that does not start."""
        ...

    def close(self) -> None:
        """End everything; any number of times."""
        ...


class Shared:
    """One service for all trials, whose knobs travel with each request.

    One trial asks at a time, so that no more is in flight than was agreed; the others are judged meanwhile.

    Args:
        endpoint: the service. It gets a client of its own, because the start's is watched for what follows from the start's knobs.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._service, self._turn = Service(endpoint), threading.Lock()

    @contextmanager
    def place(self, plan: Plan) -> Iterator[Asker]:
        del plan  # its knobs are in the questions
        yield self._ask

    def _ask(self, asks: Sequence[Ask]) -> Answers:
        with self._turn:
            return _counted(self._service, asks)

    def close(self) -> None:
        self._service.close()


class StandIns:
    """A stand-in per trial, with its knobs and the seeded rows; started when the first question is asked, ended with the trial.

    Args:
        context: the start's, whose clock and token they get.
        endpoint: likewise.
        rows: the file of what the start's stand-in held.
    """

    def __init__(self, context: RunContext, endpoint: Endpoint, rows: Path) -> None:
        self._context, self._endpoint, self._rows = context, endpoint, rows

    @contextmanager
    def place(self, plan: Plan) -> Iterator[Asker]:
        started: list[tuple[StandIn, Service]] = []

        def ask(asks: Sequence[Ask]) -> Answers:
            if not started:
                started.append(self._start(plan))
            return _counted(started[0][1], asks)

        try:
            yield ask
        finally:
            for stand_in, service in started:
                service.close()
                stand_in.stop()

    def _start(self, plan: Plan) -> tuple[StandIn, Service]:
        token, now = self._context.token.text, self._context.now
        stand_in = launch(environment(plan), now=now, latency_ms=plan.latency_ms, token=token)
        service = Service(replace(self._endpoint, base_url=stand_in.url))
        try:
            service.load_rows(self._rows)
        except BaseException:
            service.close()
            stand_in.stop()
            raise
        return stand_in, service

    def close(self) -> None:
        """Nothing is left: each ends with its trial."""


def _counted(service: Service, asks: Sequence[Ask]) -> Answers:
    before = service.tally.recommendation_requests
    return service.recommend(asks), service.tally.recommendation_requests - before
