"""The text of an env file: what it becomes, and what a half-written one looks like."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping

from dotenv.parser import parse_stream

BOM = b"\xef\xbb\xbf"
_PLAIN = re.compile(r"[A-Za-z0-9_.,:|=*/+-]*")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def rewritten(before: bytes, values: Mapping[str, str], run_id: str) -> bytes:
    """Return the env file with these variables set at its end; every other line stays as it is.

    Raises:
        ValueError: a value holds both a quote and what needs quoting, or a line break.
    """
    mark = BOM if before.startswith(BOM) else b""
    text = before.removeprefix(BOM).decode()
    kept = [
        binding.original.string for binding in parse_stream(io.StringIO(text)) if binding.key not in values
    ]
    body = "".join(kept)
    gap = "" if not body or body.endswith("\n") else "\n"
    lines = [f"{name}={_quoted(value)}\n" for name, value in values.items()]
    head = f"# set by pytest-recsim for run {run_id}, put back at its end\n"
    return mark + f"{body}{gap}{head}{''.join(lines)}".encode()


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    if "'" in value or "\n" in value:
        raise ValueError("a value with a single quote or a line break cannot be written to an env file")
    return f"'{value}'"


def cut_short(now: bytes, before: bytes, after: bytes) -> bool:
    """Whether the file is what is left when writing one over the other was ended somewhere in the middle.

    It is written in place, so the beginning is already new and the rest still old, in either direction.
    """
    return _partly(now, before, after) or _partly(now, after, before)


def _partly(now: bytes, old: bytes, new: bytes) -> bool:
    pairs = enumerate(zip(now, new, strict=False))
    done = next((place for place, (one, other) in pairs if one != other), min(len(now), len(new)))
    return now[done:] == old[done : len(now)] and len(now) in (max(done, len(old)), done)
