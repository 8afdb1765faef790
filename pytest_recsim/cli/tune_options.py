"""What ``recsim tune`` takes to resolve a customer, named as pytest names it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

from pytest_recsim.cli.completion import profiles

_OPTIONS = (
    ("env_profile", "--env-profile", "NAME", "the profile to start from"),
    ("env_overrides", "--env-override", "KEY=VALUE", "a knob on top of it"),
    ("base_url", "--base-url", "URL", "a service; else the embedded stand-in"),
    ("org_id", "--org-id", "UUID", "tenant of the service"),
    ("namespace", "--namespace", "NS", "where the customer's data lives"),
    ("allow_reset", "--allow-reset", "NS", "wipe this namespace, although not ours"),
    ("ca_file", "--ca", "FILE", "PEM file of a private authority"),
    ("apply", "--mode", "MODE", "stand-in: env (any knob) or request"),
    ("fixture_path", "--fixture-path", "PATH", "the customer's data set"),
    ("guardrails_file", "--guardrails-file", "PATH", "thresholds"),
    ("sample_users", "--sample-users", "N", "a stratified sample of N users"),
    ("window_days", "--window-days", "D", "only the newest D days"),
    ("surface", "--surface", "S", "surface of the lists"),
    ("timeout", "--timeout", "S", "seconds per request"),
    ("warm_up", "--warm-up", "S", "seconds for answers after seeding"),
    ("concurrency", "--concurrency", "N", "requests in flight"),
    ("latency_ms", "--latency-ms", "M", "added to the stand-in's answers"),
)
OF_PLAN = tuple(name for name, *_ in _OPTIONS)
FLAGS = ("resume", "show", "list_spaces")
_PYTEST = {"--recsim-apply": "--mode"} | {f"--recsim-{option[2:]}": option for _, option, *_ in _OPTIONS}
"""pytest's name of an option -> the name here."""


def of_plan(of: Callable[..., Any]) -> Callable[..., Any]:
    """Declare these options."""
    for name, option, metavar, text in reversed(_OPTIONS):
        many = name == "env_overrides"
        complete = profiles if name == "env_profile" else None
        more: dict[str, Any] = {"multiple": True} if many else {"default": ""}
        of = click.option(option, name, metavar=metavar, help=text, shell_complete=complete, **more)(of)
    return of


def named_here(text: str) -> str:
    """Return a sentence that was written for pytest with the names that options have here."""
    return re.sub(r"--recsim-[a-z-]*[a-z]", lambda found: _PYTEST.get(found[0], found[0]), text)


def spaces(_ctx: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """Complete shipped spaces."""
    from pytest_recsim.tune.wishes import shipped

    return [name for name in shipped() if name.startswith(typed)]
