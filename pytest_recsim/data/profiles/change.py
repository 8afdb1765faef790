"""`recsim profile set`: several knobs of one file at once, all of them or none."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_recsim.data.input.files import read_bytes, shown, utf8
from pytest_recsim.data.input.findings import Findings
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.profiles.editing import edited
from pytest_recsim.data.profiles.profiles import MOST_BYTES, Assignment, Profile, Setting, examine, override
from pytest_recsim.record.jsonio import write_atomic

BOM, ASKED = b"\xef\xbb\xbf", "recsim profile set"


@dataclass(frozen=True)
class Changed:
    """A knob that was set: as it is now, and as it was; None where the file had no sound value."""

    now: Setting
    before: Setting | None


def set_knobs(path: Path, assignments: Iterable[str]) -> list[Changed]:
    """Give knobs of a profile new values; every other byte of the file stays.

    Args:
        path: a profile of one's own.
        assignments: ``KEY=VALUE``.

    Raises:
        InputError: an assignment cannot be used, or the file cannot be read or written; nothing is changed then.
    """
    wanted = [Assignment.written(one, ASKED) for one in assignments]
    _refuse_twice(wanted)
    values = override(Profile(path.stem, path, {}), wanted).values
    before, _ = examine(path, partial=True)
    held = path.read_bytes()
    mark = BOM if held.startswith(BOM) else b""
    text = utf8(read_bytes(path, "env profile", MOST_BYTES), path)
    try:
        after = edited(text, {name: setting.text for name, setting in values.items()})
    except ValueError as error:
        raise InputError(Problem(shown(path), str(error))) from None
    if after != text:
        write_atomic(path.resolve(), mark + after.encode())
    now, _ = examine(path, partial=True)
    return [Changed(now.values[name], before.values.get(name)) for name in values]


def copied(source: Path, target: Path) -> None:
    """Copy a profile byte for byte, for whom the original is readable.

    Raises:
        InputError: the original cannot be read, or something lies at the target.
    """
    data = read_bytes(source, "env profile", MOST_BYTES)
    mark = BOM if source.read_bytes().startswith(BOM) else b""
    target.parent.mkdir(parents=True, exist_ok=True)
    secret = not stat.S_IMODE(source.stat().st_mode) & 0o077
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o666)
    except FileExistsError:
        raise InputError(Problem(shown(target), "is there already; must be a new name")) from None
    with os.fdopen(handle, "wb") as stream:
        stream.write(mark + data)


def _refuse_twice(assignments: Sequence[Assignment]) -> None:
    findings = Findings()
    names = [one.knob for one in assignments]
    for name in sorted({name for name in names if names.count(name) > 1}):
        findings.add(ASKED, f"`{name}` is given {names.count(name)} times; must be given once")
    findings.check()
