"""What whoever imports has said of the source, beyond where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """Where the data are.

    Attributes:
        where: a file, a folder, or the URL of a running service.
        window_days: the window that the simulation will use; None = everything.
        namespace: of a running Recsys service.
        org_id: its tenant.
        api_key: of a running service; never shown.
        ca_file: PEM file of a private authority.
        events: event word -> event type, ``return`` or ``drop``, beside the words that are known.
        unknown_events: what becomes of other words: ``error``, ``drop`` or ``custom``.
    """

    where: str
    window_days: float | None = None
    namespace: str = ""
    org_id: str = ""
    api_key: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    events: Mapping[str, str] = field(default_factory=dict)
    unknown_events: str = "error"

    @cached_property
    def path(self) -> Path:
        return Path(self.where)
