"""Writing a fixture: compact, all or nothing, never over an existing file unless asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.jsonio import write_atomic

if TYPE_CHECKING:
    from pathlib import Path


def render(document: dict[str, Any]) -> bytes:
    """The file's bytes: UTF-8 JSON without spaces, keys in the order given, one newline at the end."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"{text}\n".encode()


def write_fixture(document: dict[str, Any], path: Path, *, force: bool = False) -> None:
    """Write a fixture, see ``write_bytes``; a number that JSON has no word for cannot be written either."""
    try:
        content = render(document)
    except ValueError as error:
        raise _unwritten(path, error) from None
    write_bytes(content, path, force=force)


def write_bytes(content: bytes, path: Path, *, force: bool = False) -> None:
    """Write a fixture's bytes atomically; missing folders are made.

    Raises:
        InputError: when the file exists and ``force`` is not given, or when it cannot be written.
    """
    try:
        refuse_existing(path, force=force)
        write_atomic(path, content)
    except (OSError, ValueError) as error:
        raise _unwritten(path, error) from None


def _unwritten(path: Path, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or error
    return InputError(Problem(shown(path), f"cannot be written: {reason}"))


def refuse_existing(path: Path, *, force: bool = False) -> None:
    """Raise ``InputError`` when there is a file already; before hours of work, not after them."""
    if path.exists() and not force:
        raise InputError(Problem(shown(path), "exists already; name another file, or ask to overwrite it"))
