"""`recsim serve`: the stand-in service by hand, started as a real one would be, with a profile in its environment."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

import click

from pytest_recsim.cli.command import command
from pytest_recsim.cli.completion import profiles
from pytest_recsim.data.input.problems import InputError, Problem

_SHIPPED_BURST = 60
_DIGITS = 10


@command(
    "recsim serve --env-profile prod --port 8080",
    "recsim serve --env-override MMR_LAMBDA=0.5 --quirks ties,lag --api-key secret",
)
@click.option("--port", default="0", metavar="N", help="0 takes a free one")
@click.option(
    "--env-profile", default="prod", metavar="NAME", help="knobs it starts with", shell_complete=profiles
)
@click.option(
    "--env-override", multiple=True, metavar="KEY=VALUE", help="a knob on top of the profile (repeatable)"
)
@click.option("--now", metavar="RFC3339", help="freeze the service's clock")
@click.option("--latency-ms", metavar="M", help="added to every answer")
@click.option("--room", metavar="N", help="answers in work at once; other requests wait in line")
@click.option("--access-log", metavar="FILE", help="append one JSON line per request")
@click.option("--snapshot", metavar="FILE", help="load what it knows from FILE and keep it there")
@click.option(
    "--api-key",
    multiple=True,
    metavar="KEY[:ORG|ORG]",
    help="ask for an API key; repeat it, or list several with commas",
)
@click.option(
    "--rate-limit", metavar="RPM[/BURST]", help="requests a minute, and at once (default: no limit)"
)
@click.option(
    "--quirks",
    is_flag=False,
    flag_value="all",
    metavar="[LIST]",
    help="reproduce known defects of the real service: all, or some of leak, underflow, ghosts, ties, replica, order, "
    "slow-start, boosts, spread, lag; revision-2025 is an older revision",
)
@click.option("--quirks-seed", metavar="N", help="make what is random under --quirks repeat")
@click.option(
    "--slow-start-s",
    metavar="S",
    help="how long the first lists are slow under --quirks slow-start (default: 2)",
)
def serve(
    env_profile: str,
    env_override: tuple[str, ...],
    api_key: tuple[str, ...],
    rate_limit: str | None,
    **passed_on: str | None,
) -> None:
    """Run the stand-in service by hand, on 127.0.0.1, until Ctrl-C.

    What it listens on is printed as a line of JSON. What is passed on is checked by the stand-in itself.
    """
    from pytest_recsim.data.profiles.profiles import (
        find_profile,
        load_profile,
        override,
        packaged_profiles,
        require_complete,
    )

    search = (Path("profiles"), packaged_profiles())
    profile = override(load_profile(find_profile(env_profile, search)), env_override)
    require_complete(profile)
    # the knobs go into its environment, and so do keys, which nobody else may see
    environment = os.environ | profile.environment | _gates(api_key, rate_limit) | _import_path()
    # -P keeps a stray `json.py` in the user's folder from being imported instead of the real one
    command = [sys.executable, "-P", "-m", "pytest_recsim.standin", f"--announce={profile.name}"]
    for name, value in passed_on.items():
        command += [] if value is None else [f"--{name.replace('_', '-')}={value}"]
    os.execve(sys.executable, command, environment)  # noqa: S606 - our own interpreter and module


def _gates(api_keys: Sequence[str], rate_limit: str | None) -> dict[str, str]:
    """Return the variables that switch keys and the rate limit on."""
    variables: dict[str, str] = {}
    if api_keys:
        entries = [entry.strip() for words in api_keys for entry in words.split(",")]
        keys = ",".join(_key(place, entry) for place, entry in enumerate(entries, 1))
        variables |= {"API_AUTH_ENABLED": "true", "API_AUTH_KEYS": keys}
    if rate_limit is not None:
        rpm, burst = _rate(rate_limit)
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
