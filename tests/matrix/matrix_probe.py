"""Whether each fault still does something: `python -m matrix_probe` tells it as JSON, fault by fault.

Every fault is switched on in a fork of its own, in which a small shop is asked the same questions as without a fault.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from hashlib import blake2b
from itertools import zip_longest
from pathlib import Path
from typing import Any

import matrix_world
from matrix_answers import on_answers
from matrix_broken import NOTE, noted, watch
from matrix_catalogue import FAULTS
from matrix_fault import Fault

from pytest_recsim.sources.generator import generate
from pytest_recsim.standin.process.app import App, build
from pytest_recsim.standin.ranking import pipeline

ORG = "7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"
NOW_US = 1_793_491_200_000_000  # the end of the generated events
OVER, LATER = "2026-10-31T00:00:00Z", "2026-12-01T00:00:00Z"
SURFACES = ("block", "home", "off", "over", "pin", "boost", "changed", "recsim-s9", "manual", "cancelled")
ROUNDS = 14
"""Some faults set in only after hundreds of answers."""


@cache
def world() -> dict[str, Any]:
    """Return a small marketplace: brands in capitals, some items sold out, twins, and a stranger without events."""
    made = generate("marketplace", 4, items=60, users=40, events=700)
    items = [item | {"available": number % 9 > 0} for number, item in enumerate(made["items"])]
    for item in items:
        item["tags"] = [matrix_world.spelled(tag) for tag in item["tags"]]
    twins = [items[1] | {"item_id": f"twin-{which}"} for which in "ab"]
    seen = [made["events"][-1] | {"item_id": twin["item_id"]} for twin in twins]
    return {
        "items": [*items, *twins, items[2] | {"item_id": "stranger"}],
        "users": made["users"],
        "events": [event | {"value": 1} for event in made["events"] + seen],
    }


class Shop:
    """A stand-in in this process, and the questions that it is asked."""

    def __init__(self) -> None:
        self.app: App = build(os.environ, NOW_US)
        self._loop = asyncio.new_event_loop()
        self.slept = 0.0
        self.items, self.users = world()["items"], world()["users"]
        self.send("/v1/items:upsert", items=self.items)
        self.send("/v1/users:upsert", users=self.users)
        self.send("/v1/events:batch", events=world()["events"])

    def send(self, path: str, method: str = "POST", **body: Any) -> dict[str, Any]:
        """Send one request; the answer is its body with status and the seconds that it waited."""
        text = json.dumps({"namespace": "n", **body})
        return self._loop.run_until_complete(self._sent(path, method, text.encode()))

    async def _sent(self, path: str, method: str, body: bytes) -> dict[str, Any]:
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            said.append(message)

        headers = [(b"x-org-id", ORG.encode())]
        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
        before = self.slept
        await self.app(scope, receive, send)
        text = said[1]["body"].decode()
        return {"text": text, "status": said[0]["status"], "waited": self.slept - before}

    def asked(self, user: str, surface: str = "default", k: int = 12, **more: Any) -> dict[str, Any]:
        flags = {"include_reasons": True, "explain_level": "full"}
        return self.send(
            "/v1/recommendations", user_id=user, k=k, context={"surface": surface}, **flags, **more
        )

    def rule(self, surface: str, action: str, **fields: Any) -> None:
        """Set a rule on some items, which may be changed at once."""
        change = fields.pop("change", None)
        body = {"surface": surface, "name": "probe", "action": action, "target_type": "ITEM", **fields}
        made = json.loads(self.send("/v1/admin/rules", **body)["text"])
        if change:
            self.send(f"/v1/admin/rules/{made['rule_id']}", "PUT", **(body | change))

    def merchandise(self) -> None:
        """Set rules and overrides of every kind."""
        ids = [item["item_id"] for item in self.items]
        self.rule("block", "BLOCK", item_ids=ids[10:40])
        self.rule("home", "BLOCK", item_ids=ids[:30])
        self.rule("off", "BLOCK", item_ids=ids[:30], change={"enabled": False})
        self.rule("over", "BLOCK", item_ids=ids[:30], valid_until=OVER)
        self.rule("pin", "PIN", item_ids=["stranger"])
        self.rule("boost", "BOOST", item_ids=[*ids[20:40], "stranger"], boost_value=5)
        self.rule("changed", "BOOST", item_ids=ids[20:40], boost_value=1, change={"boost_value": 3})
        self.rule("recsim-s9", "BOOST", item_ids=ids[20:24], boost_value=2)
        self.send("/v1/admin/manual_overrides", surface="manual", item_id=ids[5], action="suppress")
        boost = {"surface": "cancelled", "item_id": ids[30], "action": "boost", "boost_value": 5}
        made = json.loads(self.send("/v1/admin/manual_overrides", **boost)["text"])
        self.send(f"/v1/admin/manual_overrides/{made['override_id']}/cancel")

    def answers(self) -> Iterator[dict[str, Any]]:
        """Ask everything once."""
        one_of_each = {user["traits"]["segment"]: user["user_id"] for user in self.users}
        for name in one_of_each.values():
            yield self.asked(name)
        for segment in ("bargain_hunters", "regulars"):
            yield from self.special(one_of_each[segment])
        yield self.send("/v1/admin/recommendation/config", "GET")

    def special(self, user: str) -> Iterator[dict[str, Any]]:
        """Ask with every kind of limit, with an override and on every surface that has rules."""
        first, second = self.items[3], self.items[4]
        for tag in (first["tags"][0], first["tags"][-1], "brand:none"):
            yield self.asked(user, constraints={"include_tags_any": [tag]})
        for limits in (
            {"price_between": [min(first["price"], second["price"]) + 0.5, max(first["price"], 150.5)]},
            {"exclude_item_ids": [item["item_id"] for item in self.items[:20]]},
            {"created_after": LATER},
        ):
            yield self.asked(user, constraints=limits)
        yield self.asked(user, overrides={"mmr_lambda": 0.4})
        for surface in SURFACES:
            yield self.asked(user, surface)


def transcript() -> Iterator[str]:
    """Return a digest of each answer of a new shop, round after round."""
    shop = Shop()

    async def sleep(seconds: float) -> None:
        shop.slept += seconds

    asyncio.sleep = sleep
    shop.merchandise()
    for _ in range(ROUNDS):
        for said in shop.answers():
            yield blake2b(json.dumps(said).encode()).hexdigest()


def tried(fault: Fault, healthy: list[str], note: Path) -> str:
    """Switch a fault on and compare; the sentence says what is wrong with it, empty if nothing is."""
    os.environ[NOTE] = str(note)
    try:
        noted(lambda: fault.install(fault.full))
        watch()
        differs = False
        for number, (mine, theirs) in enumerate(zip_longest(transcript(), healthy)):
            differs = differs or mine != theirs
            if note.exists() or (differs and number >= len(healthy) // ROUNDS):
                break
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is told
        return note.read_text() if note.exists() else f"{type(error).__name__}: {error}"
    if note.exists():
        return note.read_text()
    return "" if differs else "no answer differs from a healthy one"


def begun(action: Callable[[], Any]) -> Callable[[], Any]:
    """Start a function in a fork; calling what is returned waits for its result, which has to fit into JSON."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            with os.fdopen(writing, "w") as sink:
                json.dump(action(), sink)
        finally:
            os._exit(0)
    os.close(writing)

    def ended() -> Any:
        with os.fdopen(reading) as source:
            told = source.read()
        os.waitpid(pid, 0)
        return json.loads(told)

    return ended


def judged(faults: Sequence[Fault], healthy: list[str], scratch: Path) -> dict[str, str]:
    """Try faults one after the other, each in a fork of its own."""
    return {
        fault.name: begun(lambda fault=fault: tried(fault, healthy, scratch / fault.name))()
        for fault in faults
    }


def bad(name: str, install: Callable[[float], None]) -> Fault:
    return Fault(name, "", "", "", "", (1.0,), "", install)


BAD = (
    bad("does nothing", lambda _: None),
    bad("fails when switched on", lambda _: print(pipeline.of_long_ago)),
    bad("fails when asked", lambda _: on_answers(lambda said: said.rows[1000])),
    bad("asks what is refused", lambda _: on_answers(lambda said: said.again(k=-1))),
)
"""Each has to be called broken, or the probe is."""


def main() -> None:
    os.environ.update(matrix_world.knobs() | {"BRAND_CAP": "1", "CATEGORY_CAP": "2"})
    world()
    with tempfile.TemporaryDirectory() as scratch:
        healthy = begun(lambda: list(transcript()))()
        parts = [*BAD, *FAULTS[::2]], FAULTS[1::2]
        lanes = [begun(lambda part=part: judged(part, healthy, Path(scratch))) for part in parts]
        json.dump({name: said for lane in lanes for name, said in lane().items()}, sys.stdout)


if __name__ == "__main__":
    main()
