"""Faults of the service's memory, and of other people at work in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fault_acts import meanwhile
from fault_hits import CONTRACT, EVENTS, IN_S2, RECOMMEND, hit
from fault_model import SURVIVED, TOLD, Fault

if TYPE_CHECKING:
    from fault_proxy import Proxy
    from fault_stage import Stage
    from fault_wire import Request

CHRISTMAS = {"name": "christmas", "action": "BLOCK", "target_type": "TAG", "target_key": "nothing-has-it"}


def writes(path: str, name: str, *rows: dict[str, Any]) -> Any:
    """Somebody else writes rows to the namespace, past the proxy."""

    def write(proxy: Proxy, request: Request) -> None:
        body = {"namespace": request.document["namespace"], name: list(rows)}
        proxy.beside("POST", path, body)

    return meanwhile(write)


def rule_on(surface: str) -> Any:
    def make(proxy: Proxy, request: Request) -> None:
        namespace = request.document["namespace"]
        proxy.beside("POST", "/v1/admin/rules", CHRISTMAS | {"namespace": namespace, "surface": surface})

    return meanwhile(make)


def restarts() -> Any:
    """The service ends and comes back without its data."""
    return meanwhile(lambda proxy, request: proxy.restart())


def marks(proxy: Proxy, request: Request) -> None:
    """Another run writes its marker over ours."""
    namespace = request.document["namespace"]
    rows = proxy.beside("GET", f"/v1/users?namespace={namespace}&user_id=recsim:marker")["items"]
    traits = json.loads(rows[0]["traits"]) | {"run_id": "another-run"}
    body = {"namespace": namespace, "users": [{"user_id": "recsim:marker", "traits": traits}]}
    proxy.beside("POST", "/v1/users:upsert", body)


def christmas_before(surface: str) -> Any:
    def arrange(stage: Stage) -> None:
        rule = CHRISTMAS | {"namespace": stage.namespace, "surface": surface}
        stage.service.ask("POST", "/v1/admin/rules", rule)

    return arrange


def christmas_is(enabled: bool) -> Any:
    def look(stage: Stage) -> list[str]:
        rules = stage.service.ask("GET", f"/v1/admin/rules?namespace={stage.namespace}")["rules"]
        found = [rule["enabled"] for rule in rules if rule["name"] == "christmas"]
        return [] if found == [enabled] else [f"somebody else's rule is {found}, not {[enabled]}"]

    return look


RESTARTS = [
    Fault(
        "restart, data lost",
        "seeding",
        "the service restarts empty between two batches",
        TOLD,
        hit(EVENTS, restarts(), skip=1),
        "does not hold what was sent",
        own=True,
        lasting=False,
    ),
    Fault(
        "restart, data lost",
        "scenarios",
        "the service restarts empty while a rule is in force",
        TOLD,
        hit(RECOMMEND, restarts(), **IN_S2),
        "the service has lost its data (a restart?)",
        own=True,
        lasting=False,
        failing=frozenset({"S2", "contract"}),
    ),
    Fault(
        "restart, data lost",
        "scenarios, two workers",
        "the same with two xdist workers",
        TOLD,
        hit(RECOMMEND, restarts(), **IN_S2),
        "the service has lost its data (a restart?)",
        own=True,
        lasting=False,
        words=("-n", "2"),
        failing=frozenset({"S2"}),
        or_more=True,
    ),
]
OTHERS = [
    Fault(
        "events of somebody else",
        "scenarios",
        "an event is written to our namespace",
        TOLD,
        hit(
            RECOMMEND,
            writes("/v1/events:batch", "events", {"user_id": "u", "item_id": "i0001", "value": 1.0}),
            phase="scenarios",
        ),
        "somebody else writes to it",
        failing=CONTRACT,
        quick=True,
    ),
    Fault(
        "items of somebody else",
        "scenarios",
        "an item is written to our namespace",
        TOLD,
        hit(
            RECOMMEND,
            writes("/v1/items:upsert", "items", {"item_id": "theirs", "available": True}),
            phase="scenarios",
        ),
        "somebody else writes to it",
        failing=CONTRACT,
    ),
    Fault(
        "another run's marker",
        "scenarios",
        "our marker is overwritten",
        TOLD,
        hit(RECOMMEND, meanwhile(marks), phase="scenarios"),
        "run another-run has seeded it meanwhile",
        failing=CONTRACT,
    ),
    Fault(
        "somebody else's rule",
        "before",
        "a rule is active on the surface of the quality lists",
        SURVIVED,
        says="rule `christmas` (BLOCK on surface `default`)",
        arrange=christmas_before("default"),
        afterwards=christmas_is(enabled=True),
    ),
    Fault(
        "somebody else's rule",
        "scenarios",
        "a rule comes up on the surface of the quality lists",
        TOLD,
        hit(RECOMMEND, rule_on("default"), phase="scenarios"),
        "since the run began: rule `christmas`",
        failing=CONTRACT,
        afterwards=christmas_is(enabled=True),
    ),
    Fault(
        "somebody else's rule",
        "before",
        "a rule is active on a surface of ours",
        SURVIVED,
        says="disabled the leftover rule `christmas`",
        arrange=christmas_before("recsim-s2"),
        afterwards=christmas_is(enabled=False),
    ),
    Fault(
        "somebody else's rule",
        "scenarios",
        "a rule comes up on a surface of ours",
        SURVIVED,
        hit(RECOMMEND, rule_on("recsim-s2"), phase="scenarios"),
        "disabled the leftover rule `christmas`",
        afterwards=christmas_is(enabled=False),
    ),
]
