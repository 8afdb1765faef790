"""The knobs of the algorithm: which there are, what they take, and which keys of an env file are not among them."""

from __future__ import annotations

import re

from pytest_recsim.data.input.problems import nearest
from pytest_recsim.data.profiles.knob_table import KNOBS, OPERATIONAL, Knob
from pytest_recsim.data.profiles.knob_values import Value, allowed, default_value, parse_value
from pytest_recsim.record.secrets import is_secret

__all__ = [
    "KNOBS",
    "OPERATIONAL",
    "Knob",
    "Value",
    "allowed",
    "default_value",
    "is_operational",
    "is_secret",
    "knob_named",
    "parse_value",
    "unknown_knob",
]

# A line of letters and digits may be a secret in base 32; a variable's name has an underscore or is a short word.
_NAME = re.compile(r"(?=.{1,80}$)([A-Z]{1,12}|[A-Z][A-Z0-9]*(_[A-Z0-9]+)+)")


def is_operational(name: str) -> bool:
    """Return whether the key is known to the service without being part of the algorithm (contract, 10.2)."""
    return name in OPERATIONAL or name.startswith("LLM_")


def unknown_knob(name: str) -> str:
    """Return the sentence for a key that is no knob.

    Only what looks like a variable's name is shown: a line that does not may be the tail of a secret.
    """
    hint = nearest(name.upper(), KNOBS)
    shown = f"`{name}`: unknown knob" if _NAME.fullmatch(name) else "unknown knob (not shown)"
    return shown + (hint or "; must be one of the knobs of docs/configuration.md")


def knob_named(name: str) -> Knob:
    """Return the knob that somebody names.

    Raises:
        ValueError: there is none; its text is the sentence.
    """
    if is_operational(name):
        raise ValueError(f"`{name}` is operational, not part of the algorithm; must be an algorithm knob")
    if name not in KNOBS:
        raise ValueError(unknown_knob(name))
    return KNOBS[name]
