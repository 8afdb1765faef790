"""What a file is that is not what its reader wants, told by its first bytes, with what to do about it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from pytest_recsim.data.input.files import BOM

HEAD = 65_536
"""Bytes of a file's beginning that say what it is."""
GZIP, PARQUET = b"\x1f\x8b", b"PAR1"
JSON, JSONL = "JSON", "JSONL"
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_FOLDER = "a folder with items, users and events, each as .jsonl, .jsonl.gz or .parquet"
_EXCEL = "this is an Excel file: must be JSON; save its sheet as CSV, and `recsim import csv` makes a data set of it"
_OTHERS = (
    (GZIP, "this is gzip: its name must end in .gz"),
    (PARQUET, f"this is Parquet: must be {_FOLDER}; `recsim import parquet` makes a data set of a table"),
    (b"BZh", "this is bzip2: must be unpacked, or packed with gzip"),
    (b"\x28\xb5\x2f\xfd", "this is zstd: must be unpacked, or packed with gzip"),
    (b"\xfd7zXZ", "this is xz: must be unpacked, or packed with gzip"),
    (
        b"SQLite format 3",
        "this is an SQLite file: must be JSON; export its tables as CSV, and `recsim import csv` makes a data set of them",
    ),
    (b"ARROW1", "this is Arrow: must be Parquet"),
    (b"\xff\xfe", "this is UTF-16 text: must be UTF-8"),
    (b"\xfe\xff", "this is UTF-16 text: must be UTF-8"),
)
_SEPARATED = re.compile(rb"[^\[\]{}\x00-\x08\x0a-\x1f]*?\w[\"' ]*(?:[,;\t|]|::)[^\[\]{}\x00-\x08\x0a-\x1f]*")
_ROW = re.compile(rb'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:.*\}\s*', re.DOTALL)


def named(head: bytes, path: Path, wanted: str = "") -> str:
    """Say in one sentence what a file is; empty where it can be ``wanted``, or nothing that is known.

    Args:
        head: its first bytes, HEAD of them.
        path: where it is.
        wanted: ``JSON`` or ``JSONL``, where it is read as text.
    """
    if head.startswith(_ZIP):
        return _EXCEL if _is_sheet(path) else "this is a zip archive: must be unpacked first"
    if head.startswith(_OLD_OFFICE):
        return _EXCEL
    for magic, sentence in _OTHERS:
        if head.startswith(magic):
            return sentence
    return _text(head.removeprefix(BOM).lstrip(), wanted)


def _text(head: bytes, wanted: str) -> str:
    first, _, rest = head.partition(b"\n")
    if wanted == JSONL:
        whole = head.startswith(b"[") or first.strip() == b"{" or _document(head)
        if whole:
            return "this is JSON: must be JSONL, one object a line"
    elif _ROW.fullmatch(first) and rest.lstrip().startswith(b"{") and not _document(head):
        return f"this is JSONL: must be {_FOLDER}"
    if head[:1] not in (b"{", b"[") and rest and _SEPARATED.fullmatch(first.rstrip()):
        return "this is CSV: must be JSON; `recsim import csv` makes a data set of it"
    return ""


def _document(head: bytes) -> bool:
    return re.match(rb'\{\s*"(?:meta|items|users|events)"\s*:', head) is not None


def _is_sheet(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile, ValueError):
        return path.suffix.lower() in (".xlsx", ".xlsm")
