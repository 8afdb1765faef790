"""Writing a fixture, in the container that the path's ending names: all or nothing, never over an existing one unless asked."""

from __future__ import annotations

import gzip
import json
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from pytest_recsim.data.fixtures.containers import ENDINGS, LISTS, META
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.sources.parquet import write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_recsim.record.jsonio import Buffer

Form = Literal["jsonl", "jsonl.gz", "parquet"]
"""What the files of a folder are."""
LEVEL = 6
"""Of gzip, which is given no time: the same data give the same bytes."""


def render(document: dict[str, Any]) -> bytes:
    """The file's bytes: UTF-8 JSON without spaces, keys in the order given, one newline at the end."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"{text}\n".encode()


def write_fixture(document: dict[str, Any], path: Path, *, force: bool = False, form: Form = "jsonl") -> None:
    """Write a fixture, see ``write_bytes``; a number that JSON has no word for cannot be written either."""
    try:
        content = render(document)
    except ValueError as error:
        raise _unwritten(path, error) from None
    write_bytes(content, path, force=force, form=form)


def write_bytes(
    content: bytes | Sequence[Buffer], path: Path, *, force: bool = False, form: Form = "jsonl"
) -> None:
    """Write a fixture whole or not at all; missing folders are made.

    Args:
        content: the JSON of a sound one, perhaps in pieces.
        path: one JSON file, packed where its name ends in ``.gz``; without any suffix, or where it is one, a folder with a file
            per list.
        force: whether what is there may be replaced; other files in a folder stay.
        form: of the files in a folder.

    Raises:
        InputError: when it exists and ``force`` is not given, when it cannot be written, or polars is not installed.
    """
    try:
        refuse_existing(path, force=force)
        if path.is_dir() or not (path.suffix or path.exists()):
            _write_folder(_whole(content), path.resolve(), form)
        elif path.name.endswith(".gz"):
            write_atomic(path, gzip.compress(_whole(content), compresslevel=LEVEL, mtime=0))
        else:
            write_atomic(path, content)
    except (OSError, ValueError) as error:
        raise _unwritten(path, error) from None


def _whole(content: bytes | Sequence[Buffer]) -> bytes:
    return content if isinstance(content, bytes) else b"".join(content)


def _unwritten(path: Path, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or error
    return InputError(Problem(shown(path), f"cannot be written: {reason}"))


def refuse_existing(path: Path, *, force: bool = False) -> None:
    """Raise ``InputError`` when there is a file already, or a folder with something in it, or where one works; before hours of work, not after them."""
    here = Path.cwd()
    if path.is_dir() and any(path.samefile(folder) for folder in (here, *here.parents)):
        what = "is the folder where you are, or around it; name a file such as acme.json, or another folder"
        raise InputError(Problem(shown(path), what))
    there = any(path.iterdir()) if path.is_dir() else path.exists()
    if there and not force:
        raise InputError(
            Problem(shown(path), "exists already; name another file, or replace it with --force")
        )


def refuse_ending(path: Path) -> None:
    """Raise ``InputError`` when a file that is to be written would have the name of something else, such as a CSV; before hours of work."""
    if path.is_dir() or not path.suffix or path.name.lower().endswith((".json", ".json.gz")):
        return
    what = (
        "would be no container of a fixture; must end in .json or .json.gz, or have no ending, for a folder"
    )
    raise InputError(Problem(shown(path), what))


def _write_folder(content: bytes, path: Path, form: Form) -> None:
    """Write all files into a folder beside it, which then takes its place."""
    parts = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    half.mkdir()
    try:
        for kind in LISTS:
            _write_list(msgspec.json.decode(parts[kind], type=list[msgspec.Raw]), half, kind, form)
        if "meta" in parts:
            (half / META).write_bytes(bytes(parts["meta"]) + b"\n")
        _take_over(path, half)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _take_over(path: Path, half: Path) -> None:
    """Put the new folder in the place of an old one, whose other files come along."""
    if not path.is_dir():
        half.rename(path)
        return
    ours = {META, *(f"{kind}{ending}" for kind in LISTS for ending in ENDINGS)}
    old = half.with_name(f"{half.name}.old")
    half.chmod(path.stat().st_mode)
    path.rename(old)
    try:
        half.rename(path)
    except BaseException:
        old.rename(path)
        raise
    for entry in [entry for entry in old.iterdir() if entry.name not in ours]:
        entry.rename(path / entry.name)
    shutil.rmtree(old)


def _write_list(rows: list[msgspec.Raw], folder: Path, kind: str, form: Form) -> None:
    path = folder / f"{kind}.{form}"
    if form == "parquet":
        write_table(map(msgspec.json.decode, rows), path, kind)
        return
    with gzip.GzipFile(path, "wb", LEVEL, mtime=0) if form == "jsonl.gz" else path.open("wb") as stream:
        stream.writelines(_line(bytes(row)) for row in rows)


def _line(row: bytes) -> bytes:
    return (msgspec.json.format(row, indent=-1) if b"\n" in row else row) + b"\n"
