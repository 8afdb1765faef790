"""What the user asked for, as plain strings, before anything is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if (
    TYPE_CHECKING
):  # the names of the options are read on every start of pytest, and the model brings msgspec along
    from pytest_recsim.plan.model import OwnFacts

STEPS = ("reset", "seed", "quality", "scenarios")


@dataclass(frozen=True)
class Options:
    """Options of one pytest run; an empty string or None means that the option was not given.

    Attributes:
        base_url_source: where the base URL came from ("--base-url", "ini base_url", ...).
        environ_org: the value of RECSYS_ORG_ID.
        root: folder that relative default paths start from (pytest's rootdir).
        here: the folder pytest was called in; paths typed by the user start from it.
        own: the metrics that the user's hooks announce.
        origins: field -> file and line, for values that a batch manifest has set.
    """

    customers: tuple[str, ...]
    root: Path
    here: Path
    base_url: str = ""
    base_url_source: str = ""
    org_id: str = ""
    environ_org: str = ""
    namespace: str = ""
    env_profile: str = ""
    env_overrides: tuple[str, ...] = ()
    sweep: tuple[str, ...] = ()
    fixture_path: str = ""
    guardrails_file: str = ""
    reports_dir: str = "reports"
    upload: str = field(default="", repr=False)
    sample_users: str = ""
    surface: str = ""
    timeout: str = ""
    window_days: str = ""
    apply: str = ""
    concurrency: str = ""
    env_file: str = ""
    restart_command: str = field(default="", repr=False)
    ca_file: str = ""
    allow_reset: str = ""
    skip: tuple[str, ...] = ()
    dry_run: bool = False
    seed_only: bool = False
    show_users: bool = False
    stop_early: bool = False
    own: tuple[OwnFacts, ...] = ()
    latency_ms: str = ""
    warm_up: str = ""
    compare_to: str = ""
    slice: str = ""
    batch_file: str = ""
    batch_name: str = ""
    shard: str = ""
    engine: str = ""
    engine_address: str = ""
    engine_workers: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)

    def origin(self, name: str, usual: str) -> str:
        """Return where a value came from: the manifest's line, else the option that is the usual place for it."""
        return self.origins.get(name, usual)
