"""The synchronous face of a service: what scenarios, prepare and observe talk to."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_recsim.service.ask import Ask, Exchange
from pytest_recsim.service.steering import Steering
from pytest_recsim.service.writing import Writing


class Service(Writing, Steering):
    """One namespace on one service. See the parts: ``reading``, ``writing``, ``steering``, ``core``.

    ``see`` (usually ``Watch.see``) gets every exchange as it arrives.
    """

    def recommend(self, asks: Sequence[Ask]) -> list[Exchange]:
        """Ask for lists, several in flight; answers in the order of the questions.

        Raises:
            ServiceError: the first request that failed for good; the others are ended.
        """
        return self._run(self._client.spread(asks, self._one))

    async def _one(self, ask: Ask) -> Exchange:
        exchange = await self._client.recommend(ask)
        if self.see is not None:
            self.see(exchange)
        return exchange
