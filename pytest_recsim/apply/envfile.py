"""Apply mode ``env-file``: rewrite the service's env file, restart it, and put the file back at the end."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, sleep

from dotenv.parser import parse_stream

from pytest_recsim.apply.journal import Entry, Journal
from pytest_recsim.data.files import read_bytes, shown, utf8
from pytest_recsim.data.problems import InputError, Problem
from pytest_recsim.service.errors import ServiceError
from pytest_recsim.service.face import Service

BACKUP = ".recsim-backup"
RESTART_S, HEALTHY_S, POLL_S = 120.0, 60.0, 0.2
IN_A_ROW = 6
"""Answers a poll apart: a process that is told to end may still answer for a while before its successor does."""
TOLD = 200
_PLAIN = re.compile(r"[A-Za-z0-9_.,:|=*/+-]*")


def rewritten(text: str, values: Mapping[str, str], run_id: str) -> str:
    """Return the env file with these variables set at its end; every other line stays as it is.

    Raises:
        ValueError: a value holds both a quote and what needs quoting, or a line break.
    """
    kept = [
        binding.original.string for binding in parse_stream(io.StringIO(text)) if binding.key not in values
    ]
    body = "".join(kept)
    gap = "" if not body or body.endswith("\n") else "\n"
    lines = [f"{name}={_quoted(value)}\n" for name, value in values.items()]
    return f"{body}{gap}# set by pytest-recsim for run {run_id}, put back at its end\n{''.join(lines)}"


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    if "'" in value or "\n" in value:
        raise ValueError("a value with a single quote or a line break cannot be written to an env file")
    return f"'{value}'"


def start_with(
    service: Service, path: Path, values: Mapping[str, str], restart: str, *, run_id: str, journal: Journal
) -> Entry:
    """Write the file, restart the service and wait until it is healthy.

    Raises:
        InputError: the file or its copy cannot be written, the restart fails, or the service does not come back;
            the file is put back first.
    """
    before = read_bytes(path, "env file")
    after = _rewritten(path, before, values, run_id)
    entry = Entry(
        mode="env-file",
        url=service.endpoint.base_url,
        org_id=service.endpoint.org_id,
        run_id=run_id,
        written_at=service.clock().isoformat(),
        env_file=str(path.resolve()),
        backup=f"{path.resolve()}{BACKUP}",
        written_sha256=hashlib.sha256(after).hexdigest(),
    )
    _copy(Path(entry.backup), before)
    try:
        journal.write(entry)
        _overwrite(Path(entry.env_file), after)
        _restart(service, restart)
    except InputError as error:
        told = [Problem("", sentence) for sentence in put_back(service, entry, restart)]
        raise InputError([*error.problems, *told]) from None
    return entry


def _rewritten(path: Path, before: bytes, values: Mapping[str, str], run_id: str) -> bytes:
    try:
        return rewritten(utf8(before, path), values, run_id).encode()
    except ValueError as error:
        raise InputError(Problem(shown(path), f"{error}.")) from None


def put_back(service: Service, entry: Entry, restart: str) -> list[str]:
    """Bring the file's old content back and restart the service; return sentences about what was not done.

    A file that somebody edited since then stays, and so does the copy of its old content.
    """
    path, backup = Path(entry.env_file), Path(entry.backup)
    if not backup.exists():
        return []
    before = backup.read_bytes()
    now = path.read_bytes() if path.exists() else b""
    if now != before:
        if now and hashlib.sha256(now).hexdigest() != entry.written_sha256:
            return [
                f"{shown(path)} was edited after run {entry.run_id} had; left as it is, the old one is {shown(backup)}."
            ]
        _overwrite(path, before)
    backup.unlink()
    if not restart:
        return [
            f"{shown(path)} is as it was before run {entry.run_id}; restart the service to make it effective."
        ]
    try:
        _restart(service, restart)
    except InputError as error:
        return [f"{shown(path)} is as it was before run {entry.run_id}, but: {error}"]
    return []


def _copy(backup: Path, content: bytes) -> None:
    try:
        descriptor = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        what = "the copy of an earlier run is still there; compare it with the env file, keep one, then delete it"
        raise InputError(Problem(shown(backup), f"{what}.")) from None
    except OSError as error:
        what = f"the env file cannot be copied before it is changed ({error.strerror})"
        raise InputError(Problem(shown(backup), f"{what}.")) from None
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def _overwrite(path: Path, content: bytes) -> None:
    """Write in place: owner, mode and a container's mount of this very file stay, and the copy makes it safe."""
    try:
        with path.open("r+b" if path.exists() else "wb") as stream:
            stream.write(content)
            stream.truncate()
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise InputError(
            Problem(shown(path), f"the env file cannot be written ({error.strerror}).")
        ) from None


def _restart(service: Service, command: str) -> None:
    shown_command = service.endpoint.masked(command)
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, no shell
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=RESTART_S,
            check=False,
        )
    except OSError as error:
        raise _failed(shown_command, f"cannot be run ({error.strerror})") from None
    except subprocess.TimeoutExpired:
        raise _failed(shown_command, f"did not end within {RESTART_S:g} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:TOLD]
        raise _failed(shown_command, f"ended with code {done.returncode} ({service.endpoint.masked(said)})")
    _await_health(service)


def _failed(command: str, what: str) -> InputError:
    return InputError(Problem("--recsim-restart-command", f"`{command}` {what}."))


def _await_health(service: Service) -> None:
    end, healthy = monotonic() + HEALTHY_S, 0
    while True:
        try:
            healthy = healthy + 1 if service.health().status == "ok" else 0
            last = "it says it is not ok"
        except ServiceError as error:
            healthy, last = 0, error.sentence
        if healthy >= IN_A_ROW:
            return
        if monotonic() >= end:
            what = f"is not healthy {HEALTHY_S:g} s after it was restarted: {last}"
            raise InputError(Problem(service.endpoint.base_url, what))
        sleep(POLL_S)
