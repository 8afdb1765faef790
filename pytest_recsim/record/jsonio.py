"""JSON files that are never half-written and never hold NaN or Infinity."""

from __future__ import annotations

import contextlib
import gzip
import math
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

SCHEMA_VERSION = 1

_encoder = msgspec.json.Encoder(order="deterministic")


def finite(value: Any) -> Any:
    """Return ``value`` as plain JSON data with every NaN or infinity replaced by None.

    A number that could not be measured is *absent* in our files; the reason stands beside it.
    """
    plain = msgspec.to_builtins(value, enc_hook=_plain)
    return _without_nan(plain)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # numpy scalars and arrays, without importing numpy here
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} cannot be written as JSON")


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return value


def dumps(value: Any) -> bytes:
    """Encode ``value`` compactly; keys sorted, NaN and infinity as null."""
    return _encoder.encode(finite(value))


def write_atomic(path: Path, content: bytes) -> None:
    """Write ``content`` so that a reader sees the old file or the new one, never a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON object, indented, with ``schema_version`` first among its facts."""
    document = {"schema_version": SCHEMA_VERSION, **value}
    write_atomic(path, msgspec.json.format(dumps(document), indent=2) + b"\n")


def write_gzip_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Write JSON lines gzip-compressed; the same lines always give the same bytes (no time stamp inside)."""
    write_atomic(path, gzip.compress(b"".join(line + b"\n" for line in lines), compresslevel=3, mtime=0))
