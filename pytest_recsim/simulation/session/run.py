"""What every process of one pytest run shares about one simulation."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from pytest_recsim.plan.model import Plan
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.service.api.capabilities import Capabilities


class Secret(msgspec.Struct, frozen=True):
    """A text that is sent where it belongs and never shown."""

    text: str = ""

    def __repr__(self) -> str:
        return "Secret()"


class RunContext(msgspec.Struct, frozen=True, kw_only=True):
    """Handed to workers as JSON.

    Attributes:
        run_id: recognisable in markers, probe items and rules.
        now: the run's clock; the stand-in is frozen at it.
        url: the service's base URL, that of the stand-in included.
        bundle_dir: the report folder.
        scratch: a folder of this run that all its processes share.
        token: what the stand-ins of this run ask for; handed to workers, and written to no file.
        holder: who shares the lock that this run holds on the namespace; empty when it holds none.
        capabilities: what this revision of the service can do.
        influences: what of other people changed ranking before the run began, one sentence each.
    """

    plan: Plan
    run_id: str
    now: datetime
    url: str
    bundle_dir: str
    scratch: str
    token: Secret = Secret()
    holder: str = ""
    influences: tuple[str, ...] = ()
    capabilities: Capabilities = Capabilities()

    @property
    def bundle(self) -> Bundle:
        return Bundle(Path(self.bundle_dir))

    @property
    def scratch_folder(self) -> Path:
        return Path(self.scratch)

    @property
    def folder(self) -> Path:
        """Scratch folder of this simulation, below one that holds nothing else: a customer may have any name."""
        return Path(self.scratch) / "simulations" / self.plan.id

    @property
    def seeding_folder(self) -> Path:
        """Scratch folder of what the variants of this simulation's sweep share."""
        first = self.plan.variant.first if self.plan.variant else self.plan.id
        return Path(self.scratch) / "sweeps" / first
