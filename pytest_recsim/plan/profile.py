"""Which profile a simulation asks for, and how it is to reach the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_recsim.data.guardrails.guardrails import CustomerEntry
from pytest_recsim.data.profiles.profiles import (
    assigned,
    find_profile,
    load_profile,
    override,
    packaged_profiles,
    profile_hash,
    require_complete,
)
from pytest_recsim.plan.model import KnobSetting
from pytest_recsim.plan.modes import MODES
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.reach import Reach, reach_of
from pytest_recsim.record.asked import Chosen

DEFAULT_PROFILE = "prod"


@dataclass(frozen=True)
class AskedProfile:
    """The profile with its overrides, resolved."""

    name: Chosen
    knobs: dict[str, KnobSetting]
    notes: tuple[str, ...]
    sha256: str
    reach: Reach


def asked_profile(options: Options, entry: CustomerEntry | None) -> AskedProfile:
    """Load the profile, lay the overrides on top and choose the apply mode.

    Raises:
        InputError: unknown profile, unknown knob, value out of range, or an impossible apply mode.
    """
    name = _name(options, entry)
    search = (options.here / "profiles", options.root / "profiles", packaged_profiles())
    profile = override(load_profile(find_profile(name.value, search)), list(options.env_overrides))
    overridden = {one.knob for one in map(assigned, options.env_overrides)}
    reach = reach_of(options)
    if MODES[reach.mode.value].started:
        require_complete(profile)
    knobs = {
        key: KnobSetting(setting.text, plain(setting.value), setting.origin, key in overridden)
        for key, setting in profile.values.items()
    }
    return AskedProfile(name, knobs, profile.notes, profile_hash(profile), reach)


def plain(value: Any) -> Any:
    """A value that comes back from JSON as it went: lists instead of tuples, dicts instead of read-only ones."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, tuple) else value


def _name(options: Options, entry: CustomerEntry | None) -> Chosen:
    if options.env_profile:
        return Chosen(options.env_profile, options.origin("env_profile", "--env-profile"))
    if entry is not None and entry.env_profile is not None:
        return Chosen(entry.env_profile, entry.origins["env_profile"])
    return Chosen(DEFAULT_PROFILE, "built in")
