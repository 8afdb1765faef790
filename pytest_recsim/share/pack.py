"""`recsim share`: a report folder, or the newest batch of a reports folder, as one zip file."""

from __future__ import annotations

import gzip
import os
import secrets
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.batch import BatchRecord, batches, read_batch, write_batch
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.masking import masked
from pytest_recsim.record.tune import NAME as STUDY
from pytest_recsim.report.batch import render_batch
from pytest_recsim.report.html import write_batch_page
from pytest_recsim.report.partial import render_record
from pytest_recsim.share.known import ids_of
from pytest_recsim.share.redact import redact, without_ids
from pytest_recsim.share.words import Words
from pytest_recsim.simulation.bundle.folders import bundle_at

THEN = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip, so that the same record gives the same bytes."""
LEAST_KEY = 16
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Redaction:
    """How ids are hidden.

    Attributes:
        key: what words are made with.
        fixtures: data sets that the user named.
    """

    key: bytes
    fixtures: Sequence[Path] = ()


def read_key(path: Path) -> bytes:
    """Return the key in a file, without blanks around it.

    Raises:
        InputError: it cannot be read or is too short to be one.
    """
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise InputError(Problem(shown(path), f"key cannot be read: {error.strerror}")) from None
    if len(key) < LEAST_KEY:
        raise InputError(Problem(shown(path), f"key has {len(key)} bytes; must have at least {LEAST_KEY}"))
    return key


def share(folder: Path, out: Path, redaction: Redaction | None = None, *, force: bool = False) -> int:
    """Write a zip with the record and its pages; return how many files are in it.

    Args:
        folder: of one simulation, or a reports folder, of which the newest batch is packed.
        out: the file to write, whole or not at all.
        redaction: None leaves ids as they are.
        force: whether ``out`` may be there.

    Raises:
        InputError: the folder is no record, ``out`` is there or cannot be written, or a record cannot be redacted.
    """
    if out.exists() and not force:
        raise InputError(Problem(shown(out), "exists already; name another file, or replace it with --force"))
    with tempfile.TemporaryDirectory(prefix="recsim-share-") as name:
        stage = Path(name)
        _stage(folder, stage, redaction)
        files = [path for path in sorted(stage.rglob("*")) if path.is_file()]
        half = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            _zip(half, stage, files)
            half.replace(out)
        except OSError as error:
            raise InputError(Problem(shown(out), f"cannot be written: {error.strerror or error}")) from None
        finally:
            with suppress(OSError):
                half.unlink(missing_ok=True)
    return len(files)


def _stage(folder: Path, stage: Path, redaction: Redaction | None) -> None:
    """Lay out what is to be packed."""
    if (folder / STUDY).is_file():
        what = "is a study of `recsim tune`, which is not packed; its whole runs are: name a folder below its `suites/`"
        raise InputError(Problem(shown(folder), what))
    found = [] if (folder / "simulation_metadata.json").is_file() else batches(folder)
    if found:
        _stage_batch(folder, found[-1], stage, redaction)
        return
    bundle = bundle_at(folder)
    _lay([(bundle, stage / _place(bundle))], redaction)


def _stage_batch(folder: Path, path: Path, stage: Path, redaction: Redaction | None) -> None:
    try:
        record = read_batch(path)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(Problem(shown(path), f"is not a batch summary ({error})")) from None
    found = {
        row.bundle: Bundle(Path(os.path.normpath(folder / row.bundle))) for row in record.rows if row.bundle
    }
    places = {name: _place(one) for name, one in found.items() if one.metadata.is_file()}
    words = _lay([(found[name], stage / place) for name, place in places.items()], redaction)
    if words is not None:
        record = msgspec.convert(without_ids(msgspec.to_builtins(record), words), BatchRecord)
    summary(record, stage / "batches" / path.name, places)


def summary(record: BatchRecord, path: Path, places: Mapping[str, str]) -> None:
    """Write a batch's record and its pages for report folders that have moved.

    Args:
        record: of the batch.
        path: of the JSON file to write, two levels below where ``places`` start.
        places: report folder in the record -> where it is now; of others nothing is linked.
    """
    rows = tuple(msgspec.structs.replace(row, bundle=places.get(row.bundle, "")) for row in record.rows)
    record = msgspec.structs.replace(record, rows=rows)
    write_batch(path, record)
    render_batch(path, record)
    write_batch_page(path)


def _place(bundle: Bundle) -> str:
    """Where a report folder stands in the zip, as it stands in the reports folder."""
    whole = bundle.root.resolve()
    return f"{whole.parent.name}/{whole.name}"


def _lay(pairs: Sequence[tuple[Bundle, Path]], redaction: Redaction | None) -> Words | None:
    """Copy report folders, or write them anew without ids; return the words that hold for all of them."""
    if redaction is None:
        for bundle, root in pairs:
            _copy(bundle, root)
        return None
    known = {
        name for bundle, _ in pairs for name in ids_of(bundle, bundle.read_metadata(), redaction.fixtures)
    }
    words = Words(redaction.key, known)
    for bundle, root in pairs:
        root.mkdir(parents=True)
        redact(bundle, Bundle(root), words)
    return words


def _copy(bundle: Bundle, root: Path) -> None:
    for name in bundle.files(but=""):
        source, to = bundle.root / name, root / name
        if not source.is_symlink():
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, to)
    if not (root / "report.html").is_file():
        with suppress(OSError):
            render_record(Bundle(root))  # a damaged record is sent with the page of what can be read


def _zip(archive: Path, stage: Path, files: Sequence[Path]) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as found:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(stage).as_posix(), THEN)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            found.writestr(entry, _without_secrets(path.read_bytes()))


def _without_secrets(content: bytes) -> bytes:
    """Mask once more: whoever packs may know secrets that the run did not."""
    try:
        packed = content.startswith(GZIP)
        text = (gzip.decompress(content) if packed else content).decode("utf-8")
    except (UnicodeDecodeError, OSError, EOFError, zlib.error):
        return content
    parts = text.splitlines(keepends=True) if packed else [text]  # of many lists, each is a text of its own
    if (clean := "".join(map(masked, parts))) == text:
        return content
    return gzip.compress(clean.encode(), compresslevel=3, mtime=0) if packed else clean.encode()
