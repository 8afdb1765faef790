"""One question to the recommender, and the question with its answer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from pytest_recsim.service.contract.wire import Answer


@dataclass(frozen=True, eq=False)
class Ask:
    """A recommendation request without its namespace (contract 5.1). Equal questions are equal and hash alike.

    Attributes:
        surface: sent as ``context.surface``; picks the rules.
        constraints, overrides, blend: sent as they are when not None; do not change them afterwards.
        key: the question as canonical JSON (sorted keys), what equality and hash go by.
    """

    user_id: str
    k: int = 20
    surface: str = "default"
    include_reasons: bool = True
    explain_level: str = "numeric"
    constraints: Mapping[str, Any] | None = None
    overrides: Mapping[str, Any] | None = None
    blend: Mapping[str, Any] | None = None
    key: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", msgspec.json.encode(self._question(), order="sorted"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ask) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def body(self, namespace: str) -> dict[str, Any]:
        """Return the request body for a namespace."""
        return {"namespace": namespace, **self._question()}

    def _question(self) -> dict[str, Any]:
        question: dict[str, Any] = {
            "user_id": self.user_id,
            "k": self.k,
            "context": {"surface": self.surface},
            "include_reasons": self.include_reasons,
            "explain_level": self.explain_level,
        }
        for name in ("constraints", "overrides", "blend"):
            value = getattr(self, name)
            if value is not None:
                question[name] = dict(value)
        if "similarity" in question.get("blend", {}):
            question["blend"]["als"] = question["blend"][
                "similarity"
            ]  # its name until 2025; unknown ones are ignored
        return question


@dataclass(frozen=True)
class Exchange:
    """A question with its answer.

    Attributes:
        seconds: from sending to the last byte, of the attempt that was answered.
        url: the full address that was asked.
        keyed: whether an API key was sent.
    """

    ask: Ask
    answer: Answer
    seconds: float
    url: str
    org_id: str
    namespace: str
    keyed: bool = False

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The recommended item ids, best first."""
        return tuple([item.item_id for item in self.answer.items])

    def rank(self, item_id: str) -> int | None:
        """Return the 1-based position of an item, or None when it is not listed."""
        return self.ids.index(item_id) + 1 if item_id in self.ids else None

    def curl(self) -> str:
        """Return the request as a line for a POSIX shell; a key appears as ``$RECSYS_API_KEY`` only."""
        body = msgspec.json.encode(self.ask.body(self.namespace)).decode()
        return " ".join(
            [
                "curl -sS -X POST",
                shlex.quote(self.url),
                "-H",
                shlex.quote(f"X-Org-ID: {self.org_id}"),
                "-H 'Content-Type: application/json'",
                *(['-H "X-API-Key: $RECSYS_API_KEY"'] if self.keyed else []),
                "--data-raw",
                shlex.quote(body),
            ]
        )
