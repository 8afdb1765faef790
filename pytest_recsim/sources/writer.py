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
    """Write a fixture atomically; missing folders are made.

    Raises:
        InputError: when the file exists and ``force`` is not given, or when it cannot be written.
    """
    try:
        if path.exists() and not force:
            raise InputError(
                Problem(shown(path), "exists already; name another file, or ask to overwrite it")
            )
        write_atomic(path, render(document))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(Problem(shown(path), f"cannot be written: {reason}")) from None
