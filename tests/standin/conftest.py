"""A stand-in in this process, spoken to over ASGI with httpx."""

import asyncio

import httpx
import pytest
import standin_worlds as worlds

from pytest_recsim.standin.process import app as standin
from pytest_recsim.standin.settings.quirks import parse as parse_quirks

ORG = "7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"
KNOBS = {
    "BLEND_ALPHA": "0.3",
    "BLEND_BETA": "0.5",
    "BLEND_GAMMA": "0.2",
    "POPULARITY_HALFLIFE_DAYS": "5",
    "POPULARITY_FANOUT": "300",
    "COVIS_WINDOW_DAYS": "21",
    "MMR_LAMBDA": "0",
    "BRAND_CAP": "0",
    "CATEGORY_CAP": "0",
    "BRAND_TAG_PREFIXES": "brand",
    "CATEGORY_TAG_PREFIXES": "category,cat",
    "PURCHASED_WINDOW_DAYS": "30",
    "PROFILE_WINDOW_DAYS": "30",
    "PROFILE_BOOST": "0.8",
    "PROFILE_TOP_N": "64",
    "PROFILE_MIN_EVENTS_FOR_BOOST": "2",
    "BANDIT_ALGO": "thompson",
}


class Client:
    """Sends requests of one tenant to one application."""

    def __init__(self, app):
        self.app = app

    def send(self, method, path, body=None, headers=None, **options):
        headers = {"X-Org-ID": ORG} if headers is None else headers
        if isinstance(body, bytes):
            options["content"] = body
        elif body is not None:
            options["json"] = body

        async def go():
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://standin") as client:
                return await client.request(method, path, headers=headers, **options)

        return asyncio.run(go())

    def get(self, path, **options):
        return self.send("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.send("POST", path, body, **options)

    def ok(self, method, path, body=None, **options):
        """Return the decoded body of a successful answer."""
        response = self.send(method, path, body, **options)
        assert response.status_code in (200, 201, 202), response.text
        return response.json()

    def items(self, *rows):
        return self.ok("POST", "/v1/items:upsert", {"namespace": "n", "items": list(rows)})

    def events(self, *rows):
        return self.ok("POST", "/v1/events:batch", {"namespace": "n", "events": list(rows)})

    def users(self, *rows):
        return self.ok("POST", "/v1/users:upsert", {"namespace": "n", "users": list(rows)})

    def recommend(self, user="u", **request):
        return self.ok("POST", "/v1/recommendations", {"namespace": "n", "user_id": user} | request)

    def ids(self, user="u", **request):
        return [row["item_id"] for row in self.recommend(user, **request)["items"]]


@pytest.fixture
def start():
    """Return a function that starts an application with the usual knobs and these changes."""

    def start_with(quirks="", seed=None, slow_start_s=None, **changes):
        knobs = KNOBS | {name: str(value) for name, value in changes.items()}
        return Client(standin.build(knobs, worlds.NOW_US, parse_quirks(quirks, seed, slow_start_s)))

    return start_with


@pytest.fixture
def client(start):
    return start()


def event(user, item, days=1.0, kind=0, **more):
    """Return an event that lies this many days back."""
    ts = worlds.rfc3339(worlds.NOW_US - int(days * worlds.DAY))
    return {"user_id": user, "item_id": item, "type": kind, "value": 1.0, "ts": ts} | more


def item(item_id, *tags, **more):
    return {"item_id": item_id, "available": True, "tags": list(tags)} | more


@pytest.fixture
def make():
    """Return the builders of items and events."""

    class Make:
        event = staticmethod(event)
        item = staticmethod(item)

    return Make


@pytest.fixture
def shop(client, make):
    """Return a client of a small shop: eight items of falling popularity and one established user, ``u``."""
    rows = [
        make.item(f"i{n}", "books" if n % 2 else "home", f"brand:b{n % 3}", price=float(n)) for n in range(8)
    ]
    client.items(*rows)
    client.users({"user_id": "u", "traits": {"segment": "regulars"}})
    crowd = [make.event(f"fan{fan}", f"i{n}") for n in range(8) for fan in range(8 - n)]
    client.events(*crowd, make.event("u", "i6", 2), make.event("u", "i7", 3))
    return client
