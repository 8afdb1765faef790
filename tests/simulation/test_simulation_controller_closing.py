"""What a run leaves behind, and what it says of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_recsim.service.api.capabilities import EVERYTHING
from pytest_recsim.simulation.controller import closing

RUN = "20261127T235000-abcdef"


class Left:
    """A service in which scenarios of this run have left overrides, and our probe item stands."""

    def __init__(self, *overridden):
        self.overrides = [
            SimpleNamespace(override_id=f"o{n}", item_id=item, created_by="recsim", surface="recsim-s8")
            for n, item in enumerate(overridden)
        ]
        self.items = [SimpleNamespace(item_id=f"recsim-probe-{RUN}"), SimpleNamespace(item_id="lamp-1")]
        self.cancelled, self.deleted = [], []

    def list_overrides(self, status):
        return self.overrides

    def cancel_override(self, override_id):
        self.cancelled.append(override_id)

    def list_rules(self):
        return []

    def all_items(self):
        return self.items

    def delete_items(self, item_id):
        self.deleted.append(item_id)


@pytest.mark.parametrize(
    "item", [f"recsim-probe-{RUN}", "probe-thermometer-7", "lamp-1", "deleted the leftover"]
)
def test_an_override_that_a_scenario_left_behind_is_noted_whatever_its_item_is_called(monkeypatch, item):
    """The run's own probe item, which is always there at the end, is no news; an override on it is."""
    monkeypatch.setattr(closing, "read_marker", lambda service: None)
    service = Left(item)
    plan = SimpleNamespace(stand_in=False, reads_only=False, id="acme")
    context = SimpleNamespace(run_id=RUN)
    sim = SimpleNamespace(service=service, context=context, plan=plan, capabilities=EVERYTHING)
    opened = SimpleNamespace(plan=plan, sim=sim, notes=[])
    assert closing.leave_clean(opened) == []
    assert opened.notes == [f"cancelled a leftover override of `{item}` on surface `recsim-s8`."]
    assert (service.cancelled, service.deleted) == (["o0"], [f"recsim-probe-{RUN}"])
