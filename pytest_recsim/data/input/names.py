"""What an id or a segment may be: text that the service keeps as it is, and that nobody confuses with ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from pytest_recsim.data.input.findings import quoted

PROBE_PREFIX = "recsim-probe-"
"""Ids of S8's items start so."""
OWN_USERS = "recsim:"
"""Ids of our own records among the users start so."""
MAX_BYTES = 1000
"""PostgreSQL, where the service keeps its rows, refuses longer keys (2,704 bytes with tenant and namespace)."""
ALLOWED = f"non-empty text of at most {MAX_BYTES:,} bytes without control characters, line breaks or spaces at its ends"
NAMESPACE = "[A-Za-z0-9][A-Za-z0-9_.-]{0,199}"
"""A namespace that means the same everywhere: the service trims it in rules and overrides, and not in rows."""
NAMESPACE_RULE = "up to 200 letters, digits, `-`, `_` and `.`, a letter or digit first"
CUSTOMER = "[a-z0-9][a-z0-9_.-]*"
CUSTOMER_RULE = "lower-case letters, digits, `_`, `.`, `-`, a letter or digit first"
_NAMESPACE = re.compile(NAMESPACE)
_BREAKS = ("Cc", "Cs", "Zl", "Zp")


def sound_name(text: str, reserved: str = "") -> bool:
    """Whether nothing is wrong with an id or a segment."""
    plain = text.isprintable() and 0 < len(text) <= MAX_BYTES // 4  # four bytes a character at most
    return (
        text == text.strip()
        and (plain or wrong_name(text) is None)
        and not (reserved and text.startswith(reserved))
    )


def sound_names(texts: Collection[str], reserved: str = "") -> bool:
    """``sound_name`` for all: plain ones, which most are, are looked at together."""
    whole = "".join(texts)
    plain = whole.isprintable() and " " not in whole and not (reserved and reserved in whole)
    if plain and all(texts) and max(map(len, texts), default=0) <= MAX_BYTES // 4:
        return True
    return all(sound_name(text, reserved) for text in texts)


def wrong_name(value: object, reserved: str = "") -> str | None:
    """What is wrong with an id or a segment, a sentence part with the nearest fix; None when nothing is."""
    if not isinstance(value, str) or not value:
        return _shown(value)
    wrong = _wrong_text(value)
    if wrong is None and reserved and value.startswith(reserved):
        wrong = f'is reserved: names that start with "{reserved}" are those of pytest-recsim'
    return f'"{quoted(value)}" {wrong}'.rstrip() if wrong is not None else None


def wrong_namespace(value: object) -> str:
    """What a namespace must be, with the nearest one, where this is none; empty where it is."""
    text = value if isinstance(value, str) else ""
    if _NAMESPACE.fullmatch(text):
        return ""
    plain = text.strip()
    return f"must be {NAMESPACE_RULE}" + (f"; did you mean `{plain}`?" if _NAMESPACE.fullmatch(plain) else "")


def broken(text: str) -> bool:
    """Whether there is a control character or a line break in a text."""
    return any(unicodedata.category(char) in _BREAKS for char in text)


def _wrong_text(text: str) -> str | None:
    """What is wrong with the text itself; empty where showing it says enough."""
    trimmed, size = text.strip(), len(text.encode("utf-8", "replace"))
    if broken(text):
        return "has a control character or a line break"
    if not trimmed:
        return ""
    if trimmed != text:
        return f'has a space at an end, which the service removes in some places: write "{quoted(trimmed)}"'
    return f"has {size:,} bytes" if size > MAX_BYTES else None


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return '""' if value == "" else quoted(value)
