"""Report folders brought to a store of files (S3, Google Cloud Storage, a folder) when a run has ended."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.record.batch import read_batch
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.masking import learn, masked
from pytest_recsim.record.secrets import of_url
from pytest_recsim.share.pack import summary

OPTION = "--recsim-upload"
DRIVERS = {"s3": "s3fs", "gs": "gcsfs", "file": "fsspec", "memory": "fsspec"}
"""Kinds of stores -> the package that speaks to them."""
EXTRA = "pip install 'pytest-recsim[cloud]'"
LIMIT_S = 600.0
LONGEST = 300


class NotUploadedError(Exception):
    """Something did not get there; the text says what and why, in a sentence without its end."""


@dataclass(frozen=True)
class Store:
    """Where reports go.

    Attributes:
        url: without credentials, as it may be shown.
        account: what fsspec is given beside it.
    """

    url: str
    account: Mapping[str, str]

    def place(self, name: str) -> str:
        return f"{self.url}/{name}"


def store_at(url: str) -> Store:
    """Read the option before anything is sent.

    Raises:
        InputError: it is no URL of a store, or what speaks to that is not installed.
    """
    learn(of_url(url))
    kind, mark, rest = url.partition("://")
    if not mark or kind not in DRIVERS:
        allowed = ", ".join(f"{name}://" for name in DRIVERS)
        raise InputError(
            Problem(OPTION, f"`{url}`: must begin with one of {allowed}{nearest(kind, DRIVERS)}")
        )
    if find_spec("fsspec") is None or find_spec(DRIVERS[kind]) is None:
        raise InputError(Problem(OPTION, f"{kind}:// needs a package that is not installed: {EXTRA}"))
    name, at, place = rest.rpartition("@") if kind == "s3" else ("", "", rest)
    user, colon, password = name.partition(":")
    if at and not (user and colon and password):
        raise InputError(Problem(OPTION, "what stands before the `@` must be KEY:SECRET"))
    if not place.strip("/"):
        raise InputError(Problem(OPTION, f"`{kind}://`: must name a place, such as {kind}://reports/recsim"))
    return Store(f"{kind}://{place.rstrip('/')}", {"key": user, "secret": password} if at else {})


def upload(
    store: Store, bundles: Mapping[str, Bundle], batch: Path | None = None, limit_s: float = LIMIT_S
) -> int:
    """Bring report folders, and the summary of a batch, to a store; return how many files that were.

    Args:
        store: where to.
        bundles: place below the store -> report folder.
        batch: a batch's JSON file; its pages there link to the folders there.
        limit_s: seconds that all of it may take.

    Raises:
        NotUploadedError: not everything is there.
    """
    with tempfile.TemporaryDirectory(prefix="recsim-upload-") as name:
        files = {
            f"{place}/{file}": one.root / file for place, one in bundles.items() for file in one.files(but="")
        }
        if batch is not None:
            files |= _summary(batch, bundles, Path(name))
        sent: list[str] = []
        failure: list[BaseException] = []
        thread = threading.Thread(
            target=_send, args=(store, files, sent, failure), name="recsim-upload", daemon=True
        )
        thread.start()
        thread.join(limit_s)
        if failure or len(sent) < len(files):
            why = _reason(failure[0]) if failure else f"it took longer than {limit_s:g} s"
            raise NotUploadedError(f"{len(sent)} of {len(files)} files are in {store.url}: {why}")
        return len(files)


def _summary(batch: Path, bundles: Mapping[str, Bundle], stage: Path) -> dict[str, Path]:
    """Make a batch's files anew, with links to where the report folders are now."""
    reports = batch.parent.parent
    places = {os.path.relpath(one.root, reports): place for place, one in bundles.items()}
    root = stage / "store"
    for place in bundles:
        (root / place).mkdir(parents=True)
        (root / place / "report.html").touch()  # pages link to what is there
    summary(read_batch(batch), root / "batches" / batch.name, places)
    return {f"batches/{path.name}": path for path in sorted((root / "batches").iterdir())}


def _send(store: Store, files: Mapping[str, Path], sent: list[str], failure: list[BaseException]) -> None:
    """Send one file after the other; the first failure ends it, because the next would fail as well."""
    try:
        system, root = _opened(store)
        for place, path in files.items():
            system.put_file(str(path), f"{root}/{place}")
            sent.append(place)
    except Exception as error:  # noqa: BLE001 - drivers raise what they like, and a run is not to fail for it
        failure.append(error)


def _opened(store: Store) -> tuple[Any, str]:
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]

    more = {"auto_mkdir": True} if store.url.startswith("file:") else {}
    system, root = url_to_fs(store.url, **store.account, **more)
    return system, str(root).rstrip("/")


def _reason(error: BaseException) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return masked(said if isinstance(error, OSError) else f"{type(error).__name__}: {said}")[:LONGEST]
