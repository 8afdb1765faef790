"""The face, steering: rules, manual overrides, configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack
from urllib.parse import quote

import msgspec

from pytest_recsim.service.api.reading import as_json
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.contract.records import (
    EventType,
    Override,
    Rule,
    RuleList,
    Segment,
    SegmentList,
    StoredConfig,
)
from pytest_recsim.service.http.call import Call
from pytest_recsim.service.http.core import Core

RULES = "/v1/admin/rules"
OVERRIDES = "/v1/admin/manual_overrides"
CONFIG = "/v1/admin/recommendation/config"
_OVERRIDE = msgspec.json.Decoder(Override)


class RuleTerms(TypedDict, total=False):
    """What a rule says (contract 8.1); None means left out. ``action`` and ``target_type`` are required there."""

    action: str
    target_type: str
    target_key: str | None
    item_ids: Sequence[str] | None
    boost_value: float | None
    max_pins: int | None
    segment_id: str | None
    description: str | None
    priority: int
    enabled: bool
    valid_from: datetime | None
    valid_until: datetime | None


class RuleFields(RuleTerms, total=False):
    """A whole rule: its terms, and the required surface and name."""

    surface: str
    name: str


class Steering(Core):
    """Rules and overrides change ranking at once; ``undo`` has context managers that take them back."""

    def create_rule(self, **fields: Unpack[RuleFields]) -> Rule:
        call = Call(
            "POST", RULES, body=self._rule(fields), safe=False, what=f"for rule `{fields.get('name')}`"
        )
        return self._call(call, Rule)

    def put_rule(self, rule_id: str, **fields: Unpack[RuleFields]) -> Rule:
        """Replace a rule entirely; a field left out returns to its default."""
        path, what = f"{RULES}/{quote(rule_id, safe='')}", f"for rule `{fields.get('name')}`"
        return self._call(
            Call("PUT", path, body=self._rule(fields), what=what, label=f"PUT {RULES}/{{id}}"), Rule
        )

    def list_rules(self, surface: str | None = None) -> list[Rule]:
        return self._get_here(RULES, RuleList, {"surface": surface}).rules

    def rules_evaluated(self) -> bool | None:
        """Return whether the service was started with rules on, None when it does not say (contract 8.3)."""
        body = as_json({"namespace": self.namespace, "surface": "default", "items": ["recsim"]})
        try:
            self._call(Call("POST", f"{RULES}/dry-run", body=body), dict[str, Any])
        except ServiceError as error:
            return False if error.code == "rules_disabled" else None
        return True

    def create_override(  # noqa: PLR0913 - the fields of the contract, by name
        self,
        *,
        item_id: str,
        action: str = "boost",
        surface: str = "default",
        boost_value: float | None = None,
        notes: str | None = None,
        created_by: str | None = None,
        expires_at: datetime | None = None,
        priority: int | None = None,
    ) -> Override:
        fields = {
            "namespace": self.namespace,
            "item_id": item_id,
            "action": action,
            "surface": surface,
            "boost_value": boost_value,
            "notes": notes,
            "created_by": created_by,
            "expires_at": expires_at,
            "priority": priority,
        }
        return self._call(_creation(fields), Override)

    def create_overrides(self, wanted: Sequence[Mapping[str, Any]]) -> list[Override]:
        """Create several at once, in the order given; the first that fails ends the others, done or not.

        Args:
            wanted: of each what ``create_override`` takes.
        """
        plain = {"namespace": self.namespace, "action": "boost", "surface": "default"}
        calls = [_creation(plain | dict(fields)) for fields in wanted]
        return self._batches(calls, Override)

    def cancel_override(self, override_id: str) -> None:
        """Cancel an override; one that is not active any more is fine."""
        self.cancel_overrides([override_id])

    def cancel_overrides(self, override_ids: Sequence[str]) -> None:
        """Cancel several at once; all are tried, and the first that cannot be cancelled is told at the end."""
        failed: list[ServiceError] = []

        async def cancel(override_id: str) -> None:
            try:
                await self._client.send(_cancellation(override_id), _OVERRIDE.decode)
            except ServiceError as error:
                if error.code != "override_not_found":
                    failed.append(error)

        self._run(lambda: self._client.spread(override_ids, cancel))
        if failed:
            raise failed[0]

    def list_overrides(self, status: str | None = None) -> list[Override]:
        """Return overrides that have not expired, newest first; without ``status="active"`` cancelled ones too."""
        return self._get_here(OVERRIDES, list[Override], {"status": status})

    def admin_config(self) -> dict[str, Any]:
        """Return the process-wide configuration document (contract 9.1)."""
        return self.stored_config().config

    def stored_config(self) -> StoredConfig:
        """Return that document with what is known about who set it."""
        return self._get(CONFIG, StoredConfig)

    def admin_configs(self, reads: int) -> list[dict[str, Any]]:
        """Read the document several times at once, so that replicas which do not share it show themselves."""
        found = self._batches([Call("GET", CONFIG)] * reads, StoredConfig)
        return [answer.config for answer in found]

    def replace_admin_config(self, config: Mapping[str, Any], *, author: str, notes: str) -> None:
        """Replace the whole document for every tenant; the service neither validates nor merges it."""
        body = as_json({"config": config, "author": author, "notes": notes})
        self._call(Call("POST", CONFIG, body=body), StoredConfig)

    def event_types(self) -> list[EventType]:
        return self._get_here("/v1/event-types", list[EventType])

    def segments(self) -> list[Segment]:
        return self._get_here("/v1/segments", SegmentList).segments

    def _rule(self, fields: RuleFields) -> bytes:
        return _without_none({"namespace": self.namespace, **fields})


def _creation(fields: dict[str, Any]) -> Call:
    what = f"for item `{fields['item_id']}`"
    return Call("POST", OVERRIDES, body=_without_none(fields), safe=False, what=what)


def _cancellation(override_id: str) -> Call:
    path = f"{OVERRIDES}/{quote(override_id, safe='')}/cancel"
    body = as_json({"cancelled_by": "recsim"})
    return Call("POST", path, body=body, label=f"POST {OVERRIDES}/{{id}}/cancel")


def _without_none(fields: dict[str, Any]) -> bytes:
    return as_json({name: value for name, value in fields.items() if value is not None})
