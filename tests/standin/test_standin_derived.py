"""What ranking derives from the rows of a namespace: made once per write, and gone with the service."""

import gc
from types import FunctionType, ModuleType
from weakref import WeakKeyDictionary

from pytest_recsim.standin.ranking import data
from pytest_recsim.standin.ranking.data import ranking_data
from pytest_recsim.standin.state.service import Service
from pytest_recsim.standin.state.store import Namespace


def derived(client):
    """Return what ranking derives for the one namespace that was written to."""
    service = client.app.service
    ((org, name),) = service.namespaces
    return ranking_data(service, org, name)


def test_derived_data_are_shared_by_all_requests_until_the_next_write(shop, make):
    before = derived(shop)
    shop.recommend("u")
    assert derived(shop) is before
    shop.events(make.event("u", "i0", 0.5))
    after = derived(shop)
    assert after is not before
    assert after.tags is before.tags


def reachable(start):
    """Return every object that this one holds, directly or through others; modules, classes and functions lead away."""
    found, open_ends = {}, [start]
    while open_ends:
        one = open_ends.pop()
        if id(one) in found or isinstance(one, (ModuleType, type, FunctionType)):
            continue
        found[id(one)] = one
        open_ends += gc.get_referents(one)
    return found.values()


def test_derived_data_do_not_hold_their_service_so_they_go_with_it(shop, make):
    shop.events(make.event("u", "i0", 0.5))
    shop.recommend("u", explain_level="full")
    held = list(reachable(derived(shop)))
    assert any(isinstance(one, Namespace) for one in held)
    assert not any(isinstance(one, Service) for one in held)


def test_what_was_derived_is_kept_by_the_service_alone(start, make):
    client = start()
    client.items(make.item("i", "books"))
    client.events(make.event("u", "i"))
    kept = derived(client)
    assert derived(client) is kept
    assert isinstance(data._KEPT, WeakKeyDictionary)
    assert kept in data._KEPT[client.app.service].values()
