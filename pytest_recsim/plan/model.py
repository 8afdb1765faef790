"""The plan: a frozen value that survives the trip to a worker as JSON."""

from __future__ import annotations

import ipaddress
import random
import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pytest_recsim.plan.modes import MODES, Mode
from pytest_recsim.record.asked import Chosen, Limit, WaiverNote

DEFAULT_ORG = "00000000-0000-0000-0000-000000000001"
K = 20
LOOPBACK = "127.0.0.1"
_SHORT_IPV4 = re.compile(r"[0-9a-fx.]*[0-9][0-9a-fx.]*")
"""What may be an IPv4 address in one of its old spellings, such as ``127.1``."""


def same_address(url: str) -> str:
    """Spell an address as every other spelling of it would be: lower case, no port that goes without saying.

    This machine's own names are one: a service that listens at ``localhost`` listens at ``127.0.0.1`` or ``::1``.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:  # refused where it is used, with a sentence
        return url
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = _same_host((parts.hostname or "").rstrip("."))
    beside = f":{port}" if port not in (None, default) else ""
    return f"{parts.scheme}://{host}{beside}{parts.path.rstrip('/')}" if host else url.strip()


def _same_host(host: str) -> str:
    with suppress(ValueError, OSError):
        host = socket.inet_ntoa(socket.inet_aton(host)) if _SHORT_IPV4.fullmatch(host) else host
        address = ipaddress.ip_address(host)
        address = getattr(address, "ipv4_mapped", None) or address
        host = LOOPBACK if address.is_unspecified or str(address) in (LOOPBACK, "::1") else str(address)
    with suppress(UnicodeError):
        host = host if host.isascii() else host.encode("idna").decode()
    return LOOPBACK if host in ("localhost", "localhost.localdomain", "ip6-localhost") else host


class KnobSetting(msgspec.Struct, frozen=True):
    """One algorithm knob as the profile asks for it: the text of the file and its parsed value.

    ``overridden``: it was laid over the profile, on the command line or in a manifest.
    """

    text: str
    value: Any
    origin: str
    overridden: bool = False


class OwnFacts(msgspec.Struct, frozen=True):
    """A metric of the user's own as it was announced; ``origin`` is the file that defines the hook."""

    name: str
    definition: str
    per_user: bool
    origin: str


def covering(waivers: Iterable[WaiverNote], check: str, case: str, today: str) -> WaiverNote | None:
    """Return the first waiver that covers a check on that day (ISO date), if there is one."""
    for note in waivers:
        covers = note.check == check and note.segment in ("", case)
        if covers and (not note.until or note.until >= today):
            return note
    return None


class FixtureFacts(msgspec.Struct, frozen=True):
    """What the plan needs to know of a data set without carrying it.

    ``file`` is where it is loaded from; ``path`` is that as people should read it, and all that is recorded.
    """

    file: str
    path: str
    origin: str
    sha256: str
    items: int
    users: int
    events: int
    segments: dict[str, int]
    notes: tuple[str, ...] = ()
    file_sha256: str = ""


class Variant(msgspec.Struct, frozen=True):
    """Which variant of a sweep a simulation is: all of one sweep are judged on one seeding.

    Attributes:
        first: id of the first one, which the others are held against.
        number, of: its place, from 1, and how many there are.
        knobs: swept knob -> its value here, as text.
    """

    first: str
    number: int
    of: int
    knobs: dict[str, str]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One customer x one profile x one service, with every threshold resolved.

    ``base_url.value`` is empty for the stand-in. ``limits`` maps a key to its values, the empty segment
    being the customer's own; read them with :meth:`limit`. An optional threshold that is off is not among them.
    ``own`` are the metrics of the user's own. ``env_file`` and ``restart_command`` are set in apply
    mode ``env-file`` only, ``ca_file`` where a private authority signed the service's certificate.
    ``latency_ms`` is what the stand-in adds to every answer, ``warm_up`` how many seconds its data's first answers
    may take, 0 = no longer than all others. ``show_users``: the report tells what a few users did.
    ``compare_to`` is the report folder of the run that this one is held against, ``compare_note`` says why there is none although somebody asked.
    ``slice`` is ``tuning`` where the ordinary holdout is kept out altogether and what lies before it is split once more.
    ``variant`` is set where knobs are swept. ``stop_early``: no more users are asked than it takes to decide.
    """

    id: str
    customer: str
    org_id: Chosen
    namespace: Chosen
    base_url: Chosen
    profile: Chosen
    profile_sha256: str
    knobs: dict[str, KnobSetting]
    profile_notes: tuple[str, ...]
    apply: Chosen
    fixture: FixtureFacts
    guardrails: Chosen
    guardrails_sha256: str
    limits: dict[str, dict[str, Limit]]
    waivers: tuple[WaiverNote, ...]
    surface: str
    sample_users: int | None
    timeout: float
    window_days: float | None
    concurrency: int
    latency_ms: float
    warm_up: float
    env_file: str
    restart_command: str
    ca_file: str
    skip: tuple[str, ...]
    allow_reset: str
    seed_only: bool
    show_users: bool = False
    own: tuple[OwnFacts, ...] = ()
    guardrail_notes: tuple[str, ...] = ()
    compare_to: str = ""
    compare_note: str = ""
    slice: str = ""
    variant: Variant | None = None
    stop_early: bool = False

    def __repr__(self) -> str:
        """Leave the restart command out: any word of it may be a password, and tracebacks show values."""
        names = (name for name in self.__struct_fields__ if name != "restart_command")
        return f"Plan({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    @property
    def mode(self) -> Mode:
        """The apply mode."""
        return MODES[self.apply.value]

    @property
    def stand_in(self) -> bool:
        return not self.base_url.value

    @property
    def address(self) -> str:
        """The running service, spelled alike however it was typed; empty for the stand-in."""
        return same_address(self.base_url.value)

    @property
    def reads_only(self) -> bool:
        """Whether nothing of this simulation may be written to its namespace: no reset, no seed, no rules."""
        return {"reset", "seed", "scenarios"} <= set(self.skip)

    def rng(self, purpose: str) -> random.Random:
        """Return a generator that gives the same subjects for this customer and purpose in every run."""
        return random.Random(f"{self.customer}/{purpose}")

    def limit(self, key: str, segment: str | None = None) -> Limit:
        """Return the threshold or setting ``key``; the most specific one that was configured."""
        values = self.limits[key]
        return values[segment] if segment is not None and segment in values else values[""]

    def scopes(self, key: str) -> list[str]:
        """Return where an optional threshold holds: segments, or "" for the whole run; empty when it is off."""
        return list(self.limits.get(key, {}))

    @property
    def split(self) -> float | datetime:
        """Where the events are split: a share, or an instant."""
        value = self.limit("split").value
        return datetime.fromisoformat(value) if isinstance(value, str) else float(value)

    @property
    def overrides(self) -> dict[str, KnobSetting]:
        """What was laid over the profile, by knob."""
        return {name: setting for name, setting in self.knobs.items() if setting.overridden}

    def knob(self, name: str) -> Any:
        """Return the value the profile asks for, None when it does not set the knob."""
        setting = self.knobs.get(name)
        return None if setting is None else setting.value
