"""`recsim serve`: the stand-in service by hand, started as a real one would be, with a profile in its environment."""

from __future__ import annotations

import argparse
import os
import sys
import uuid
from pathlib import Path

from pytest_recsim.data.input.problems import InputError, Problem

_PASSED_ON = ("port", "now", "latency_ms", "access_log", "snapshot", "quirks", "quirks_seed", "slow_start_s")
_SHIPPED_BURST = 60
_DIGITS = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; those that are passed on are checked by the stand-in itself."""
    add = parser.add_argument
    add("--port", default="0", metavar="N", help="0 takes a free one")
    add("--env-profile", default="prod", metavar="NAME", help="knobs it starts with")
    add(
        "--env-override",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a knob on top of the profile (repeatable)",
    )
    add("--now", metavar="RFC3339", help="freeze the service's clock")
    add("--latency-ms", metavar="M", help="added to every answer")
    add("--access-log", metavar="FILE", help="append one JSON line per request")
    add("--snapshot", metavar="FILE", help="load what it knows from FILE and keep it there")
    add(
        "--api-key",
        action="append",
        default=[],
        metavar="KEY[:ORG|ORG]",
        help="ask for an API key; repeat it, or list several with commas",
    )
    add("--rate-limit", metavar="RPM[/BURST]", help="requests a minute, and at once (default: no limit)")
    add(
        "--quirks",
        nargs="?",
        const="all",
        metavar="LIST",
        help="reproduce known defects of the real service: all, or some of leak, underflow, ghosts, ties, replica, order, "
        "slow-start, boosts, spread, lag; revision-2025 is an older revision",
    )
    add("--quirks-seed", metavar="N", help="make what is random under --quirks repeat")
    add(
        "--slow-start-s",
        metavar="S",
        help="how long the first lists are slow under --quirks slow-start (default: 2)",
    )


def serve(options: argparse.Namespace) -> int:
    """Become the stand-in: the profile's knobs go into its environment, and so do keys, which nobody else may see."""
    from pytest_recsim.data.profiles.profiles import (
        find_profile,
        load_profile,
        override,
        packaged_profiles,
        require_complete,
    )

    search = (Path("profiles"), packaged_profiles())
    profile = override(load_profile(find_profile(options.env_profile, search)), options.env_override)
    require_complete(profile)
    environment = os.environ | profile.environment | _gates(options) | _import_path()
    # -P keeps a stray `json.py` in the user's folder from being imported instead of the real one
    command = [sys.executable, "-P", "-m", "pytest_recsim.standin", f"--announce={profile.name}"]
    for name in _PASSED_ON:
        value = getattr(options, name)
        command += [] if value is None else [f"--{name.replace('_', '-')}={value}"]
    os.execve(sys.executable, command, environment)  # noqa: S606 - our own interpreter and module


def _gates(options: argparse.Namespace) -> dict[str, str]:
    """Return the variables that switch keys and the rate limit on."""
    variables: dict[str, str] = {}
    if options.api_key:
        entries = [entry.strip() for words in options.api_key for entry in words.split(",")]
        keys = ",".join(_key(place, entry) for place, entry in enumerate(entries, 1))
        variables |= {"API_AUTH_ENABLED": "true", "API_AUTH_KEYS": keys}
    if options.rate_limit is not None:
        rpm, burst = _rate(options.rate_limit)
        variables |= {"API_RATE_LIMIT_RPM": str(rpm), "API_RATE_LIMIT_BURST": str(burst)}
    return variables


def _key(place: int, entry: str) -> str:
    """Return an entry as the service reads it; what is wrong is told without repeating the key."""
    key, colon, scope = entry.partition(":")
    if not key.isascii() or not key.isprintable() or not key.strip():
        raise _wrong("--api-key", f"key {place} is empty or not printable ASCII; must be KEY or KEY:ORG|ORG")
    return f"{key.strip()}:{'|'.join(_org(place, org) for org in scope.split('|'))}" if colon else f"{key}:*"


def _org(place: int, text: str) -> str:
    try:
        return text.strip() if text.strip() == "*" else str(uuid.UUID(text.strip()))
    except ValueError:
        raise _wrong(
            "--api-key", f"key {place} is for org `{text}`; must be a UUID, or * for all of them"
        ) from None


def _rate(text: str) -> tuple[int, int]:
    parts = text.split("/")
    numbers = [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < _DIGITS]
    if len(numbers) != len(parts) or len(parts) > 2 or numbers[1:] == [0]:
        raise _wrong(
            "--rate-limit", f"`{text}`; must be RPM or RPM/BURST, such as 600/120; RPM 0 is no limit"
        )
    return numbers[0], numbers[1] if len(numbers) > 1 else _SHIPPED_BURST


def _wrong(option: str, what: str) -> InputError:
    return InputError(Problem(option, what))


def _import_path() -> dict[str, str]:
    """Return the variable that lets a checkout which is not installed be found."""
    source = Path(__file__).resolve().parents[2]
    if source.name in {"site-packages", "dist-packages"}:
        return {}
    known = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([known, str(source)] if known else [str(source)])}
