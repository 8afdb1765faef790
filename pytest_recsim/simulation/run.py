"""What every process of one pytest run shares about one simulation."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from pytest_recsim.plan.model import Plan
from pytest_recsim.record.bundle import Bundle


class RunContext(msgspec.Struct, frozen=True, kw_only=True):
    """Handed to workers as JSON.

    Attributes:
        run_id: recognisable in markers, probe items and rules.
        now: the run's clock; the stand-in is frozen at it.
        url: the service's base URL, that of the stand-in included.
        bundle_dir: the report folder.
        scratch: a folder of this run that all its processes share.
        influences: what of other people changed ranking before the run began, one sentence each.
    """

    plan: Plan
    run_id: str
    now: datetime
    url: str
    bundle_dir: str
    scratch: str
    influences: tuple[str, ...] = ()

    @property
    def bundle(self) -> Bundle:
        return Bundle(Path(self.bundle_dir))

    @property
    def scratch_folder(self) -> Path:
        return Path(self.scratch)

    @property
    def folder(self) -> Path:
        """Scratch folder of this simulation."""
        return Path(self.scratch) / self.plan.id
