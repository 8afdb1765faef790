"""A small shop, simulated in this process against the stand-in's application: real answers, no socket, no subprocess."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_recsim.apply.reach import environment
from pytest_recsim.data.input.instants import to_us
from pytest_recsim.plan.model import Plan
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import resolve
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import (
    Answer,
    Blend,
    Explain,
    Extras,
    OverrideEffect,
    Policy,
    ScoredItem,
    Trace,
)
from pytest_recsim.service.http import wiring
from pytest_recsim.simulation.session.run import RunContext, Secret
from pytest_recsim.simulation.session.simulation import Simulation
from pytest_recsim.standin.process import app as standin
from pytest_recsim.testing import Shop

NOW = datetime(2026, 2, 1, tzinfo=UTC)
URL = "http://standin"


def answered(status: int, body: object) -> httpx.Response:
    """An answer as it would come off the wire."""
    stream = httpx.ByteStream(json.dumps(body).encode())
    return httpx.Response(status, headers={"content-type": "application/json"}, stream=stream)


class Town:
    """The stand-in's application with an ear: what was asked, and a chance to answer otherwise.

    Attributes:
        heard: method and path of every request, in order.
        bodies: the decoded bodies of the questions for lists.
        tokens: what the requests carried as the stand-in's token.
        twist: given path and answer as a dict, may change the answer; None leaves it.
        refuse: given method and path, a status to answer with instead; 0 for none.
    """

    def __init__(self, plan: Plan) -> None:
        self.app = standin.build(environment(plan), to_us(NOW))
        self.heard: list[tuple[str, str]] = []
        self.bodies: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.twist: Callable[[str, dict[str, Any]], object] = lambda path, answer: None
        self.refuse: Callable[[str, str], int] = lambda method, path: 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        path, body = request.url.path, request.content
        self.heard.append((request.method, path))
        self.tokens.add(request.headers.get("x-recsim-token", ""))
        if path == "/v1/recommendations":
            self.bodies.append(json.loads(body))
        if status := self.refuse(request.method, path):
            return answered(status, {"error": "refused", "message": "not here"})
        reply = self.app.reply(self._scope(request), body)
        if not reply.body:
            return httpx.Response(reply.status, stream=httpx.ByteStream(b""))
        answer = json.loads(reply.body)
        self.twist(path, answer)
        return answered(reply.status, answer)

    def _scope(self, request: httpx.Request) -> dict[str, Any]:
        return {
            "method": request.method,
            "path": request.url.path,
            "raw_path": request.url.raw_path,
            "query_string": request.url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("here", 1),
        }

    def forget(self) -> None:
        """Forget what was heard, and answer as the stand-in does."""
        self.heard.clear()
        self.bodies.clear()
        self.twist, self.refuse = (lambda path, answer: None), (lambda method, path: 0)

    def asked(self, path: str, method: str = "POST") -> int:
        """How often a path was asked for."""
        return self.heard.count((method, path))

    @property
    def questions(self) -> int:
        """How many lists were asked for."""
        return self.asked("/v1/recommendations")

    def open(self, sim: Simulation) -> Simulation:
        """Let a simulation speak to this town."""
        with pytest.MonkeyPatch.context() as patch:
            transport = httpx.MockTransport(self)
            patch.setattr(wiring, "build", lambda *_: httpx.AsyncClient(transport=transport))
            assert sim.service
        return sim


def plan_of(shop: Shop, folder: Path, **options: Any) -> Plan:
    """The plan of a shop's customer."""
    project = shop.settle(folder)
    given = {"customers": ("acme",), "root": project.folder, "here": project.folder} | options
    (plan,) = resolve(Options(**given)).plans
    return plan


def context_of(plan: Plan, folder: Path, /, **facts: Any) -> RunContext:
    """What the processes of a run would share about a plan."""
    given = {
        "plan": plan,
        "run_id": "run1",
        "now": NOW,
        "url": URL,
        "bundle_dir": str(folder / "bundle"),
        "scratch": str(folder / "scratch"),
        "token": Secret("t0ken"),
    }
    return RunContext(**given | facts)


def listed(user: str, items: Any, *, reasons: Any = None, overrides: Any = (), popular: Any = ()) -> Exchange:
    """The list that a user was shown: item -> score, or ids alone, best first.

    Args:
        user: who was asked for.
        items: what was shown.
        reasons: item -> reasons.
        overrides: ids of the manual overrides at work.
        popular: item -> normalised popularity in its explain block.
    """
    scores = items if isinstance(items, dict) else dict.fromkeys(items, 1.0)
    signals, told = dict(popular), dict(reasons or {})
    slots = [
        ScoredItem(
            item_id=item,
            score=score,
            reasons=told.get(item, []),
            explain=Explain(blend=Blend(pop_norm=signals[item])) if item in signals else None,
        )
        for item, score in scores.items()
    ]
    extras = Extras(
        policy=Policy(**dict.fromkeys(Policy.__struct_fields__[:5], 0)),
        recent_event_count=9,
        manual_overrides=[OverrideEffect(override_id=name) for name in overrides],
    )
    return Exchange(Ask(user), Answer(items=slots, trace=Trace(extras=extras)), 0.01, URL, "o", "n")
