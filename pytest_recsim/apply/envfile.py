"""Apply mode ``env-file``: rewrite the service's env file, restart it, and put everything back at the end."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from pathlib import Path

import msgspec
from dotenv import dotenv_values

from pytest_recsim.apply import admin
from pytest_recsim.apply.envtext import cut_short, rewritten, sha256
from pytest_recsim.apply.journal import Entry, Journal, Named
from pytest_recsim.apply.onfile import content, copy, overwritten, refuse_copy
from pytest_recsim.apply.reach import environment
from pytest_recsim.apply.restart import restart_service
from pytest_recsim.apply.undone import Undone, listed
from pytest_recsim.data.input.files import read_bytes, shown, utf8
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.profiles.documents import differences, differing, same
from pytest_recsim.plan.model import Plan
from pytest_recsim.record import secrets
from pytest_recsim.record.masking import learn
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.contract.records import StoredConfig

BACKUP = ".recsim-backup"


def copy_of(path: Path) -> Path:
    """Return where the copy of an env file lies: beside it, wherever a note says that it does."""
    return Path(f"{path}{BACKUP}")


def make(service: Service, plan: Plan, run_id: str, journal: Journal) -> None:
    """Start the service with the profile, see :func:`start_with`."""
    values, restart = environment(plan), plan.restart_command
    start_with(service, Path(plan.env_file), values, restart, run_id=run_id, journal=journal)


def take_back(service: Service, entry: Entry, named: Named, *, overwrite: bool) -> Undone:
    """Bring the file back, see :func:`put_back`, where this command names it."""
    if named.names(entry.env_file):
        return put_back(service, entry, named.restart, overwrite=overwrite)
    why = f"was changed by run {entry.run_id}, and is only written by a command that names it"
    return Undone(unnamed=(f"{shown(Path(entry.env_file))} {why}",))


def start_with(
    service: Service, path: Path, values: Mapping[str, str], restart: str, *, run_id: str, journal: Journal
) -> Entry:
    """Note what there is, write the file, restart the service and wait until it is healthy.

    Raises:
        InputError: the file or its copy cannot be written, the restart fails, or the service does not come back;
            everything is put back first, and the sentence says what could not be.
    """
    before = _read(path)
    after = _after(path, before, values, run_id)
    backup = copy_of(path.resolve())
    refuse_copy(backup)
    stored = _stored(service)
    entry = Entry(
        mode="env-file",
        url=service.endpoint.base_url,
        org_id=service.endpoint.org_id,
        run_id=run_id,
        written_at=service.clock().isoformat(),
        previous=stored.config,
        source=str(stored.metadata.get("source", "")),
        env_file=str(path.resolve()),
        backup=str(backup),
        values=dict(values),
        before_sha256=sha256(before),
        written_sha256=sha256(after),
    )
    journal.write(entry)
    try:
        copy(backup, before)
        overwritten(Path(entry.env_file), after)
        restart_service(service, restart)
    except InputError as error:
        back = [Problem("", sentence) for sentence in put_back(service, entry, restart).left]
        raise InputError([*error.problems, *back]) from None
    entry = msgspec.structs.replace(entry, posted=_stored(service).config)
    journal.write(entry)
    return entry


def _read(path: Path) -> bytes:
    """The file to the byte, its byte order mark included."""
    text = read_bytes(path, "env file")  # says what is wrong with it
    found = dotenv_values(stream=io.StringIO(text.decode("utf-8", "replace")), interpolate=False)
    learn(secrets.of_variables({name: value for name, value in found.items() if value}))
    return path.read_bytes()


def _after(path: Path, before: bytes, values: Mapping[str, str], run_id: str) -> bytes:
    utf8(before, path)
    try:
        return rewritten(before, values, run_id)
    except ValueError as error:
        raise InputError(Problem(shown(path), f"{error}.")) from None


def _stored(service: Service) -> StoredConfig:
    """The service's document; an empty one where it has none to show."""
    try:
        return service.stored_config()
    except ServiceError:
        return StoredConfig(config={})


def put_back(service: Service, entry: Entry, restart: str, *, overwrite: bool = False) -> Undone:
    """Bring the file's old content back, restart the service, and look whether it is what it was.

    A file that somebody edited since then stays, and so does the copy of its old content, unless ``overwrite``.
    The copy goes last: until then everything can be done again.
    """
    goal = _goal(service, entry, overwrite=overwrite)
    path, backup = Path(entry.env_file), copy_of(Path(entry.env_file))
    before, now = _copied(entry), content(path)
    if before is None:
        return _without_copy(service, entry, now, goal)
    if now != before:
        if not (overwrite or _ours(entry, before, now)):
            edited = f"was edited after run {entry.run_id} had; left as it is, the old one is {shown(backup)}"
            return Undone(contested=(f"{shown(path)} {edited}.",))
        try:
            overwritten(path, before)
        except InputError as error:
            return Undone(failed=(str(error),))
    undone = _restarted(service, entry, restart, goal)
    if not undone.left:
        backup.unlink(missing_ok=True)
    return undone


def _goal(service: Service, entry: Entry, *, overwrite: bool) -> Mapping[str, object]:
    """The document that the service should show afterwards; what others posted meanwhile is part of it."""
    if overwrite or not entry.posted:
        return entry.previous
    now = _stored(service).config
    return admin.goal(entry, now) if now else entry.previous


def _copied(entry: Entry) -> bytes | None:
    """The copy of the old content; None when there is none, or only a part of one from before the file was touched."""
    backup = copy_of(Path(entry.env_file))
    if not backup.exists():
        return None
    found = content(backup)
    return None if entry.before_sha256 and sha256(found) != entry.before_sha256 else found


def _ours(entry: Entry, before: bytes, now: bytes) -> bool:
    """Whether the file holds what we wrote, all of it or what there was when we were killed."""
    if not now or sha256(now) == entry.written_sha256:
        return True
    return bool(entry.values) and cut_short(now, before, rewritten(before, entry.values, entry.run_id))


def _without_copy(service: Service, entry: Entry, now: bytes, goal: Mapping[str, object]) -> Undone:
    """Before the copy was complete nothing had been changed; after it was deleted everything had been put back."""
    path, backup = Path(entry.env_file), copy_of(Path(entry.env_file))
    if entry.before_sha256 and sha256(now) != entry.before_sha256:
        what = f"is not as it was before run {entry.run_id}, and the copy {shown(backup)} is not there"
        return Undone(failed=(f"{shown(path)} {what}.",))
    if backup.exists() and now.startswith(content(backup)):
        backup.unlink()
    if not entry.posted:
        return Undone()
    return _shows(service, goal, f"{shown(path)} is as it was before run {entry.run_id}, but the service")


def _restarted(service: Service, entry: Entry, restart: str, goal: Mapping[str, object]) -> Undone:
    done = f"{shown(Path(entry.env_file))} is as it was before run {entry.run_id}"
    if not restart:
        if _seen_restarted(service, entry):
            return Undone()
        again = "restart the service, or give the command (--restart-command), and restore again"
        return Undone(failed=(f"{done}, but the service may still run with the other; {again}.",))
    try:
        restart_service(service, restart)
    except InputError as error:
        return Undone(failed=(f"{done}, but: {error}",))
    with contextlib.suppress(ServiceError):  # whatever comes of it, the next look tells
        if goal and not same(goal, service.admin_config()):
            run = f"pytest-recsim run {entry.run_id}, {admin.RESTORED}"
            service.replace_admin_config(goal, author=admin.AUTHOR, notes=run)
    return _shows(service, goal, f"{done}, but the service")


def _seen_restarted(service: Service, entry: Entry) -> bool:
    """Whether the service shows what only the old file gives: the two documents differ, and this is the old one."""
    if not differing(entry.previous, entry.posted) or not entry.posted:
        return False
    return same(entry.previous, _stored(service).config)


def _shows(service: Service, goal: Mapping[str, object], what: str) -> Undone:
    """Hold the service's document against what it should be, as far as there is one."""
    if not goal:
        return Undone()
    try:
        now = service.admin_config()
    except ServiceError as error:
        return Undone(failed=(f"{what} does not show its configuration: {error.sentence}",))
    wrong = differences(now, goal, differing(now, goal))
    return Undone(failed=(f"{what} shows another configuration: {listed(wrong)}.",) if wrong else ())
