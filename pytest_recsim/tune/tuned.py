"""The profile that a study recommends: the starting one with other values, each with where it comes from."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from pytest_recsim.data.input.files import read_bytes, shown, utf8
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.profiles.change import BOM
from pytest_recsim.data.profiles.comments import commented
from pytest_recsim.data.profiles.editing import edited
from pytest_recsim.data.profiles.places import FOLDER, profile_file
from pytest_recsim.data.profiles.profiles import MOST_BYTES
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.trial import Trial
from pytest_recsim.record.tune import Study

MOST_NAMES = 1000


def write_tuned(study: Study, plan: Plan, root: Path, name: str) -> Path:
    """Write ``profiles/CUSTOMER_tuned.env``, or the next free name; nothing is ever overwritten. Return it.

    Args:
        study: with a winner.
        plan: of the starting profile; what was laid over it is written, too.
        root: the workspace.
        name: of the study, for the comments.

    Raises:
        InputError: the starting profile cannot be read, or its text cannot hold the values, or nothing can be written there.
    """
    assert study.winner is not None
    source = profile_file(plan.profile.value, root)
    values = changed_values(study.trial(study.winner), plan)
    held = source.read_bytes()
    mark = BOM if held.startswith(BOM) else b""
    text = utf8(read_bytes(source, "env profile", MOST_BYTES), source)
    try:
        text = commented(edited(text, values), _head(study, plan, name), _comments(study, plan, values, name))
    except ValueError as error:
        raise InputError(Problem(shown(source), str(error))) from None
    secret = not stat.S_IMODE(source.stat().st_mode) & 0o077
    return _written(
        root / FOLDER, f"{study.customer}_tuned", mark + text.encode(), 0o600 if secret else 0o666
    )


def changed_values(trial: Trial, plan: Plan) -> dict[str, str]:
    """Return what differs from the starting profile's file: what was laid over it, and what the trial moved."""
    laid = {name: one.text for name, one in plan.knobs.items() if one.overridden}
    own = {name: one.text for name, one in plan.knobs.items() if not one.overridden}
    moved = {name: text for name, text in trial.values.items() if text != own.get(name)}
    return laid | moved


def _head(study: Study, plan: Plan, name: str) -> str:
    return (
        f"Profile {plan.profile.value} with the knobs of trial {study.winner} of {name} ({study.customer}); "
        "what differs has a comment above it"
    )


def _comments(study: Study, plan: Plan, values: Mapping[str, str], name: str) -> dict[str, str]:
    return dict(_comment(study, plan, values, name))


def _comment(study: Study, plan: Plan, values: Mapping[str, str], name: str) -> Iterator[tuple[str, str]]:
    tried = study.trial(study.winner or 0).values
    start = {one.knob: one.start for one in study.space}
    for knob in values:
        if knob in tried and tried[knob] != start.get(knob, ""):
            was = f"was {start[knob]}" if start.get(knob) else "was not set"
            yield knob, f"{was}; {name}, trial {study.winner}"
        else:
            yield knob, f"laid over profile {plan.profile.value} when {name} began"


def _written(folder: Path, stem: str, content: bytes, mode: int) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, MOST_NAMES):
            path = folder / (f"{stem}.env" if number == 1 else f"{stem}-{number}.env")
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            except FileExistsError:
                if path.is_file() and path.read_bytes() == content:
                    return path  # this study wrote it, and was ended before it could note that
                continue
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            return path
    except OSError as error:
        raise InputError(Problem(shown(folder), f"cannot be written to: {error.strerror or error}")) from None
    raise InputError(Problem(shown(folder), f"holds {MOST_NAMES} profiles called {stem}; remove some"))
