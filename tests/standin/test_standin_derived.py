"""What ranking derives from the rows of a namespace: made once per write, and gone with the service."""

import gc
import weakref

from pytest_recsim.standin.ranking.data import ranking_data


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


def test_derived_data_go_with_their_service(start, make):
    client = start()
    client.items(make.item("i", "books"))
    client.events(make.event("u", "i"))
    assert client.ids("u") == ["i"]
    kept = weakref.ref(derived(client))
    del client
    gc.collect()
    assert kept() is None
