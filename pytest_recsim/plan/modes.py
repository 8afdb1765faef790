"""The apply modes: how a profile reaches a service. Nobody else asks for a mode by its name.

Loaded on every start of pytest, for the names of the options, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_recsim.data.profiles.knobs import Knob

ONE_WAY = "RULES_ENABLE"
"""The admin document can switch rules off for a tenant; it cannot switch on what the service was started
without, so true in it proves nothing (contract 8.5)."""
Carries = Callable[["Knob", Any], bool]
"""A knob and the value that the profile asks for."""


def every(_knob: Knob, _value: object) -> bool:
    return True


def none(_knob: Knob, _value: object) -> bool:
    return False


def sendable(knob: Knob, value: Any) -> bool:
    """Whether a knob's value fits a per-request override: whole-day keys take no fraction of a day."""
    if knob.override_key is None:
        return False
    return not knob.override_integer or float(value).is_integer()


def settable(knob: Knob, _value: object) -> bool:
    """Whether ranking follows this knob's key of the admin config document."""
    return knob.ranks and knob.admin_key is not None and not knob.admin_echo


@dataclass(frozen=True)
class Mode:
    """An apply mode.

    Attributes:
        name: as in ``--recsim-apply``.
        what: what it does, for people.
        reach: which knobs it carries, for people.
        others: what others on the service notice, for people.
        carries: whether it brings a knob with this value to the service.
        stand_in_only: it starts the stand-in, so nothing there is set but by us.
        running_only: it needs a running service.
        started: the service starts with the profile, which has to be complete.
        sent: the profile travels with every recommendation, and never shows in the admin document.
        posted: the profile goes into the admin document, which shows it whether ranking follows or not.
        changes: it changes the whole service, until what it changed is taken back by ``apply.change``.
        restarts: it rewrites a file of the service and restarts it.
    """

    name: str
    what: str
    reach: str
    others: str
    carries: Carries
    stand_in_only: bool = False
    running_only: bool = False
    started: bool = False
    sent: bool = False
    posted: bool = False
    changes: bool = False
    restarts: bool = False

    def takes(self, knob: Knob, value: Any) -> bool:
        """Whether it brings a knob with this value into effect."""
        return self.carries(knob, value) and not (self.posted and knob.name == ONE_WAY and value)


_ALL = (
    Mode(
        "env",
        "the stand-in is started with the profile (the default without `--base-url`)",
        "every knob",
        "there are none",
        every,
        stand_in_only=True,
        started=True,
    ),
    Mode(
        "request",
        "knobs with a per-request override travel with every recommendation (the default with `--base-url`)",
        'the column "per request" of [configuration.md](configuration.md); whole-day keys only when the value is whole',
        "not affected",
        sendable,
        sent=True,
    ),
    Mode(
        "admin",
        "the admin config document is read, edited, posted back whole, and restored at the end",
        'the column "admin" without *echo*',
        "**all tenants get it until the end of the run**",
        settable,
        posted=True,
        changes=True,
    ),
    Mode(
        "env-file",
        "`--recsim-env-file` is rewritten, `--recsim-restart-command` is run, health is awaited; both again at the end",
        "every knob",
        "**all tenants get it, and two restarts**",
        every,
        running_only=True,
        started=True,
        changes=True,
        restarts=True,
    ),
    Mode("none", "nothing is sent", "-", "not affected", none),
)
MODES: Mapping[str, Mode] = MappingProxyType({mode.name: mode for mode in _ALL})
ON_SERVICES = tuple(mode for mode in _ALL if not mode.stand_in_only)
"""Modes for a running service."""
BY_DEFAULT, ON_STAND_IN = MODES["request"], MODES["env"]
"""What a running service and the stand-in get when nobody says otherwise."""
