"""JSON files that are never half-written and never hold NaN or Infinity."""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import stat
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from pytest_recsim.record.masking import masked, masked_value

SCHEMA_VERSION = 1

_GZIP = zlib.MAX_WBITS | 16
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_encoder = msgspec.json.Encoder(order="deterministic")


Buffer = bytes | memoryview
Writable = msgspec.Struct | dict[str, Any]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What a JSON file of the record holds."""

    schema_version: int = SCHEMA_VERSION


def finite(value: Any) -> Any:
    """Return ``value`` as plain JSON data with every NaN or infinity replaced by None.

    A number that could not be measured is *absent* in our files; the reason stands beside it.
    """
    plain = msgspec.to_builtins(value, enc_hook=_plain)
    return _without_nan(plain)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # numpy scalars and arrays, without importing numpy here
        return value.tolist()
    if isinstance(value, Path | str):  # a text that carries more is its text
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
    """Encode ``value`` compactly; keys sorted, NaN and infinity as null, secrets masked."""
    return _without_secrets(_encoder.encode(finite(value)))


def _without_secrets(line: bytes) -> bytes:
    text = line.decode()
    return line if masked(text) == text else _encoder.encode(masked_value(msgspec.json.decode(line)))


def write_text(path: Path, text: str) -> None:
    """Write a text whole or not at all, secrets masked."""
    write_atomic(path, masked(text).encode())


def write_atomic(
    path: Path, content: bytes | Iterable[Buffer], *, durable: bool = False, mode: int = 0o666
) -> None:
    """Write ``content``, which may come in pieces, so that a reader sees the old file or the new one, never a part of it.

    ``durable`` waits until it is on the disk, and is for what has to outlive a power cut. ``mode`` is that of a new file,
    less what the umask takes away.
    """
    if (
        path.exists() and not path.is_file() and not path.is_dir()
    ):  # a device or a pipe is written to, never replaced
        path.write_bytes(content if isinstance(content, bytes) else b"".join(content))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = _beside(path, mode)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.writelines([content] if isinstance(content, bytes) else content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        name.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            name.unlink()
        raise


def _beside(path: Path, mode: int) -> tuple[int, Path]:
    """Make a new file in the same folder, with the mode of the one it replaces, else the one that the umask leaves."""
    name = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        kept = stat.S_IMODE(path.stat().st_mode)
    except OSError:  # there is none
        return os.open(name, _NEW, mode), name
    handle = os.open(name, _NEW, 0o600)
    os.fchmod(handle, kept)
    return handle, name


def write_json(path: Path, value: Writable) -> None:
    """Write a file of the record, indented, with sorted members; a mapping gets its ``schema_version`` here."""
    document = {"schema_version": SCHEMA_VERSION, **value} if isinstance(value, dict) else value
    write_atomic(path, msgspec.json.format(dumps(document), indent=2) + b"\n")


def write_gzip_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Write JSON lines gzip-compressed, secrets masked; the same lines always give the same bytes (no time inside).

    Only what is compressed is held, however many lines there are.
    """
    write_atomic(path, _gzipped(lines))


def _gzipped(lines: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(3, wbits=_GZIP)
    for line in lines:
        yield packer.compress(_without_secrets(line) + b"\n")
    yield packer.flush()


def append_line(path: Path, value: Any) -> None:
    """Add a JSON line in one stroke, so that processes which write at once do not mix theirs; after half a line begins a new one.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    try:
        size = os.fstat(handle).st_size
        torn = size and os.pread(handle, 1, size - 1) != b"\n"
        line = (b"\n" if torn else b"") + dumps(value) + b"\n"
        while line:
            line = line[os.write(handle, line) :]
    finally:
        os.close(handle)
