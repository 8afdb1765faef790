"""Plugins that keep tests off the network keep a run from its service, the stand-in's included: said before it starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from pytest_recsim.plan.model import Plan

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Blocker:
    """An option of another plugin's that blocks connections, and the one that names hosts to let through."""

    plugin: str
    option: str
    lets_through: str
    overruled: str = ""


BLOCKERS = (
    Blocker("pytest-socket", "--disable-socket", "--allow-hosts", "--force-enable-socket"),
    Blocker("pytest-recording", "--block-network", "--allowed-hosts"),
)


def refuse_blocked_sockets(config: pytest.Config, plans: Iterable[Plan]) -> None:
    """Stop when no check could reach its service.

    Which hosts are let through is the other plugin's business: where any are named, the run goes on.

    Raises:
        UsageError: naming the option that blocks and the one that lets the service through.
    """
    for blocker in BLOCKERS:
        blocks = _given(config, blocker.option) and not _given(config, blocker.overruled)
        if blocks and not _given(config, blocker.lets_through):
            hosts = ",".join(sorted({urlsplit(plan.base_url.value).hostname or LOOPBACK for plan in plans}))
            raise pytest.UsageError(
                f"{blocker.option}: {blocker.plugin} blocks the connection to the service, so no check could be made; "
                f"add {blocker.lets_through}={hosts}"
            )


def _given(config: pytest.Config, option: str) -> object:
    return option and config.getoption(option, default=None)
