"""The one place that takes secrets out of what is shown or written: terminal, JUnit, HTML, Markdown, JSON.

A process learns its secrets where it reads them (environment, options, env file); whatever leaves it goes through
:func:`masked` or :func:`masked_value` then. A password in any URL is masked whether it is known or not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from pytest_recsim.record.legible import legible

MASK = "********"
LEAST = 4
"""Characters of a secret that is masked wherever it turns up; a shorter one is a part of ordinary words."""
CUT = 8
"""Characters of a secret of which a part is masked, too, where somebody has cut it short."""
DOTS = "..."
_IN_URL = re.compile(r"(?<=://)[^\s/'\"`<>]+(?=@)")
_HEADER = re.compile(
    r"(?i)\b((?:proxy-)?authorization|x-api-key|set-cookie)\b(['\"]?\s*[:=]\s*(?:b(?=['\"]))?['\"]?)((?:bearer|basic)\s+)?"
    r"(?!(?:bearer|basic)\b)[^\s'\",;*]{4,}"
)
_NAMED = re.compile(
    r"(?i)((?:password|passwd|secret|token|api_?key|credential)\w{0,40})"
    r"(=['\"]?|['\"]\s*:\s*['\"])[^\s'\",;&*]{4,}"
)


_HINTS = (
    "password",
    "passwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "credential",
    "authori",
    "cookie",
)


@dataclass(frozen=True)
class _Known:
    """The secrets of this process, with what finds them in a text.

    Attributes:
        pattern: matches every one in every spelling; None while there are none.
        forms: these spellings.
        long: spellings of which a part is masked, too.
    """

    secrets: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None
    forms: tuple[str, ...] = ()
    long: tuple[str, ...] = ()


_known = _Known()


def learn(secrets: Iterable[str]) -> None:
    """Remember secrets of this process."""
    global _known  # noqa: PLW0603 - what must not be shown is a fact of the process, like its environment
    new = {secret.strip() for secret in secrets} - _known.secrets
    if new := {secret for secret in new if len(secret) >= LEAST}:
        every = _known.secrets | new
        forms = {form for secret in every for form in _forms(secret) if len(form) >= LEAST}
        found = sorted(forms, key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, found)))
        _known = _Known(
            frozenset(every), pattern, tuple(found), tuple(form for form in found if len(form) >= CUT)
        )


def known() -> list[str]:
    """Return what was learned, for another process of the same run."""
    return sorted(_known.secrets)


def masked(text: str, also: Iterable[str] = (), least: int = LEAST) -> str:
    """Return the text with the mask in the place of every secret; ``also`` are words that are secret in it alone."""
    for word in sorted(also, key=len, reverse=True):
        text = text.replace(word, MASK) if len(word) >= least else text
    # Looking for each spelling first is many times as fast as the pattern, and most texts hold none.
    if _known.pattern is not None and any(form in text for form in _known.forms):
        text = _known.pattern.sub(MASK, text)
    if _known.long and DOTS in text:
        text = _without_parts(text)
    if "@" in text and "://" in text:
        text = _IN_URL.sub(MASK, text)
    small = text.lower()
    if any(hint in small for hint in _HINTS):  # looking for those words first is ten times as fast
        text = _NAMED.sub(rf"\1\2{MASK}", _HEADER.sub(rf"\1\2\3{MASK}", text))
    return text


def masked_value(value: Any) -> Any:
    """Return plain JSON data with every text in it masked, names of members included."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {masked_value(key): masked_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked_value(inner) for inner in value]
    return value


def safe(text: str) -> str:
    """Return the text fit to be shown: without secrets, and without what steers a terminal."""
    return legible(masked(text))


def _forms(secret: str) -> Iterator[str]:
    """The ways in which a secret is spelt: as it is, in a URL, in JSON, in a repr."""
    plain = unquote(secret)
    for spelt in (secret, plain):
        yield from (spelt, quote(spelt, safe=""), json.dumps(spelt)[1:-1], repr(spelt)[1:-1])
        yield json.dumps(spelt, ensure_ascii=False)[1:-1]


def masked_part(text: str) -> str:
    """Return a piece that is cut out of a longer text, masked: a secret may reach beyond either end."""
    return masked(f"{DOTS}{text}{DOTS}")[len(DOTS) : -len(DOTS)]


def _without_parts(text: str) -> str:
    """Mask beginnings before three dots and ends behind them: pytest cuts long values in the middle."""
    parts = text.split(DOTS)
    for place in range(len(parts) - 1):
        parts[place] = _without_end(parts[place])
        parts[place + 1] = _without_start(parts[place + 1])
    return DOTS.join(parts)


def _without_end(text: str) -> str:
    """Mask the beginning of a secret at the end of a text."""
    for secret in _known.long if len(text) >= LEAST else ():
        at = secret.find(text[-LEAST:])
        if at >= 0 and text.endswith(secret[: at + LEAST]):
            return text[: -(at + LEAST)] + MASK
    return text


def _without_start(text: str) -> str:
    """Mask the end of a secret at the beginning of a text."""
    for secret in _known.long if len(text) >= LEAST else ():
        at = secret.rfind(text[:LEAST])
        if at >= 0 and text.startswith(secret[at:]):
            return MASK + text[len(secret) - at :]
    return text
