"""Changing what the stand-in says and how it ranks, from inside its process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

from pytest_recsim.standin.http.errors import ApiError
from pytest_recsim.standin.http.messages import Answer, Request, answer
from pytest_recsim.standin.ranking import api
from pytest_recsim.standin.ranking.ask import Ask, read_recommend
from pytest_recsim.standin.ranking.data import RankingData, ranking_data
from pytest_recsim.standin.ranking.effective import _OVERRIDE_TARGETS as _NAMES
from pytest_recsim.standin.ranking.pipeline import Ranked
from pytest_recsim.standin.state.service import Service

Row = dict[str, Any]


@dataclass
class Said:
    """One recommendation that was asked for, and the answer, to be changed in place."""

    service: Service
    request: Request
    ask: dict[str, Any]
    body: dict[str, Any]

    @property
    def user(self) -> str:
        return self.ask["user_id"]

    @property
    def surface(self) -> str:
        return self.ask["context"]["surface"]

    @property
    def plain(self) -> bool:
        """Whether the question asks for nothing but the knobs that the service has anyhow."""
        return plain(self.service, self.ask.get("overrides") or {})

    @property
    def limits(self) -> dict[str, Any]:
        return self.ask.get("constraints") or {}

    @property
    def rows(self) -> list[Row]:
        return self.body["items"]

    @property
    def ids(self) -> list[str]:
        return [row["item_id"] for row in self.rows]

    @property
    def extras(self) -> dict[str, Any]:
        return self.body["trace"]["extras"]

    @property
    def data(self) -> RankingData:
        return ranking_data(self.service, self.request.org, self.ask["namespace"])

    @property
    def segment(self) -> str:
        return segment_of(self.service, self.request.org, self.ask["namespace"], self.user)

    def put(self, rows: list[Row]) -> None:
        """Replace the list; the trace goes along, as it would where the fault lies further up."""
        self.body["items"] = rows
        self.extras["policy"]["final_count"] = len(rows)

    def again(self, **changes: Any) -> dict[str, Any]:
        """Return the answer to the same question with some members changed (None leaves one out)."""
        ask = {name: value for name, value in (self.ask | changes).items() if value is not None}
        request = self.request._replace(body=json.dumps(ask).encode())
        try:
            return json.loads(_at_once(self.service, request).body)
        except ApiError as error:
            raise RuntimeError(f"the stand-in refused what the fault asks: {error.message}") from error

    def others(self) -> list[str]:
        """Available items that are not listed, in an order of this user's own list's making: popular first."""
        popular = self.data.weighted.popular(self.service.clock.ranking_now(), 14.0, None).order
        listed = set(self.ids)
        return [item for item in (self.data.catalogue.ids[i] for i in popular) if item not in listed]


_honest = api.recommend
_ranked = api._ranked
_asking: list[tuple[Service, str, Ask]] = []
_MODE_REQUEST = 10
"""A question with so many overrides carries a whole profile (mode `request`)."""


def _at_once(service: Service, request: Request) -> Answer:
    """Answer without the wait of a slow start."""
    return _ranked(service, request, read_recommend(request))


def plain(service: Service, overrides: Mapping[str, Any]) -> bool:
    """Tell a question that asks for knobs of its own from one that has none, or sends those that are in effect."""
    if not overrides:
        return True
    knobs = {_NAMES.get(name, name): value for name, value in overrides.items() if name != "bandit_algo"}
    return len(knobs) > _MODE_REQUEST and all(getattr(service.knobs, name) == knobs[name] for name in knobs)


def asking() -> Ask:
    """The request that is being ranked."""
    return _asking[-1][2]


def asking_org() -> str:
    """Whose it is."""
    return _asking[-1][1]


def asking_plainly() -> bool:
    """Whether it asks for nothing but the knobs that the service has anyhow."""
    return plain(_asking[-1][0], asking().overrides)


def _remember(service: Service, org: str, ask: Ask) -> Ranked:
    _asking[:] = [(service, org, ask)]
    return _rank(service, org, ask)


_rank = api.rank
api.rank = _remember


def on_answers(change: Callable[[Said], None]) -> None:
    """Have every successful recommendation changed before it is sent."""

    def recommend(service: Service, request: Request) -> Answer:
        reply = _honest(service, request)
        if reply.status != 200:
            return reply
        said = Said(service, request, json.loads(request.body), json.loads(reply.body))
        change(said)
        return answer(said.body)._replace(delay=reply.delay)

    api.recommend = recommend


def around(module: Any, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put a function around one of the stand-in's; the original comes as its first argument.

    What the stand-in hands over by name (a quirk that is on) goes to the original: no fault is about it.
    """

    def place(replacement: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(module, name)

        @wraps(original)
        def called(*args: Any, **named: Any) -> Any:
            return replacement(partial(original, **named), *args)

        setattr(module, name, called)
        return called

    return place


def segment_of(service: Service, org: str, namespace: str, user: str) -> str:
    stored = service.peek(org, namespace).users.get(user)
    return str(stored.traits.get("segment", "")) if stored else ""
