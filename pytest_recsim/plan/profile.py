"""Which profile a simulation asks for, and how it is to reach the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_recsim.data.guardrails import CustomerEntry
from pytest_recsim.data.problems import InputError, Problem
from pytest_recsim.data.profiles import (
    find_profile,
    load_profile,
    override,
    packaged_profiles,
    profile_hash,
    require_complete,
)
from pytest_recsim.plan.model import Chosen, KnobSetting
from pytest_recsim.plan.options import Options

DEFAULT_PROFILE = "prod"


@dataclass(frozen=True)
class Asked:
    """The profile with its overrides, resolved."""

    name: Chosen
    knobs: dict[str, KnobSetting]
    notes: tuple[str, ...]
    sha256: str
    apply: Chosen


def asked_profile(options: Options, entry: CustomerEntry | None) -> Asked:
    """Load the profile, lay the overrides on top and choose the apply mode.

    Raises:
        InputError: unknown profile, unknown knob, value out of range, or an impossible apply mode.
    """
    name = _name(options, entry)
    search = (options.here / "profiles", options.root / "profiles", packaged_profiles())
    profile = override(load_profile(find_profile(name.value, search)), list(options.env_overrides))
    apply = _apply(options)
    if apply.value == "env":
        require_complete(profile)
    knobs = {
        key: KnobSetting(setting.text, _plain(setting.value), setting.origin)
        for key, setting in profile.values.items()
    }
    return Asked(name, knobs, profile.notes, profile_hash(profile), apply)


def _plain(value: Any) -> Any:
    """A value that comes back from JSON as it went: lists instead of tuples, dicts instead of read-only ones."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple) else value


def _name(options: Options, entry: CustomerEntry | None) -> Chosen:
    if options.env_profile:
        return Chosen(options.env_profile, "--env-profile")
    if entry is not None and entry.env_profile is not None:
        return Chosen(entry.env_profile, entry.origins["env_profile"])
    return Chosen(DEFAULT_PROFILE, "built in")


def _apply(options: Options) -> Chosen:
    default = "request" if options.base_url else "env"
    mode = Chosen(options.apply, "--recsim-apply") if options.apply else Chosen(default, "built in")
    if mode.value == "env" and options.base_url:
        raise InputError(
            Problem(
                mode.origin,
                f"`env` starts the stand-in with the profile, but {options.base_url_source} names a running "
                "service; allowed with it are request, none",
            )
        )
    return mode
