"""The synchronous face of a service: what scenarios, prepare and observe talk to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from pytest_recsim.clock import monotonic
from pytest_recsim.service.api.first import COPIES, FirstAnswer
from pytest_recsim.service.api.handover import Handover
from pytest_recsim.service.api.steering import Steering
from pytest_recsim.service.api.writing import Writing
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http.call import RECOMMEND_PATH, Call
from pytest_recsim.service.http.retry import Patience


class Service(Writing, Steering, Handover):
    """One namespace on one service. See the parts: ``reading``, ``writing``, ``steering``, ``core``.

    ``see`` (usually ``Watch.see``) gets every exchange as it arrives.
    """

    def recommend(self, asks: Sequence[Ask]) -> list[Exchange]:
        """Ask for lists, several in flight; answers in the order of the questions.

        Raises:
            ServiceError: the first request that failed for good; the others are ended.
        """
        return self._run(lambda: self._client.spread(asks, self._one))

    def refuses(self, ask: Ask) -> bool:
        """Whether the service turns a question away as one that makes no sense; it is asked once."""
        body = msgspec.json.encode(ask.body(self.namespace))
        label = f"POST {RECOMMEND_PATH} to be refused"
        once = Patience(tries=1)
        try:
            self._call(Call("POST", RECOMMEND_PATH, body=body, label=label, patience=once), object)
        except ServiceError as error:
            return error.status == 400
        return False

    def first_answers(self, asks: Sequence[Ask], limit_s: float, normal_s: float) -> list[Exchange]:
        """Ask the first questions after seeding, each one again until its answer comes within ``normal_s``.

        One after the other: what makes them slow is usually the same, and one question at a time finds out as well
        when it is over. After ``limit_s`` altogether the answers that there are count, however long they took.

        Raises:
            ServiceError: nothing but failures in the time that was left for a question.
        """

        async def patiently() -> list[Exchange]:
            end, least_s = monotonic() + limit_s, limit_s / COPIES
            answers = []
            for ask in asks:
                first = FirstAnswer(
                    partial(self._one, ask),
                    self.endpoint.patience,
                    limit_s=max(end - monotonic(), least_s),
                    normal_s=normal_s,
                    retries=self.tally.retries,
                )
                answers.append(await first.get())
            return answers

        return self._run(patiently)

    async def _one(self, ask: Ask, patience: Patience | None = None) -> Exchange:
        exchange = await self._client.recommend(ask, patience)
        if self.see is not None:
            self.see(exchange)
        return exchange
