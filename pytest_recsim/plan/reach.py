"""How the profile is to reach the service, and whether everything that takes is at hand."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.modes import BY_DEFAULT, MODES, ON_SERVICES, ON_STAND_IN
from pytest_recsim.plan.options import Options
from pytest_recsim.record.asked import Chosen


@dataclass(frozen=True)
class Reach:
    """The apply mode; ``env_file`` (absolute) and ``restart_command`` are empty except in mode ``env-file``."""

    mode: Chosen
    env_file: str = ""
    restart_command: str = field(default="", repr=False)


def reach_of(options: Options) -> Reach:
    """Choose the apply mode: ``request`` for a running service, ``env`` for the stand-in, unless another is asked for.

    Raises:
        InputError: a mode that cannot work here, or one whose file or command is missing.
    """
    default = BY_DEFAULT if options.base_url else ON_STAND_IN
    mode = Chosen(options.apply, "--recsim-apply") if options.apply else Chosen(default.name, "built in")
    facts = MODES[mode.value]
    if facts.stand_in_only and options.base_url:
        raise _wrong(
            mode,
            f"`{facts.name}` starts the stand-in with the profile, but {options.base_url_source} names a running service; "
            f"must be one of {', '.join(one.name for one in ON_SERVICES)}",
        )
    if facts.running_only and not options.base_url:
        raise _wrong(mode, f"`{facts.name}` restarts a running service; name it with --base-url")
    if facts.restarts:
        return _env_file(mode, options)
    if not options.apply and (options.env_file or options.restart_command):
        option = "--recsim-env-file" if options.env_file else "--recsim-restart-command"
        raise InputError(Problem(option, "works with --recsim-apply env-file only; add that"))
    return Reach(mode)


def _env_file(mode: Chosen, options: Options) -> Reach:
    problems = [
        Problem(option, f"is missing; `{mode.value}` needs {what}")
        for option, value, what in (
            ("--recsim-env-file", options.env_file, "the file that the service starts with"),
            ("--recsim-restart-command", options.restart_command.strip(), "a command that restarts it"),
        )
        if not value
    ]
    if options.env_file:
        problems += _unusable(options.here / options.env_file)
    try:
        shlex.split(options.restart_command)
    except ValueError as error:
        problems.append(Problem("--recsim-restart-command", f"is not a command line ({error})"))
    if problems:
        raise InputError(problems)
    return Reach(mode, str((options.here / options.env_file).absolute()), options.restart_command.strip())


def _unusable(path: Path) -> list[Problem]:
    if not path.is_file():
        return [Problem("--recsim-env-file", f"{shown(path)}: must be an existing file with KEY=VALUE lines")]
    if not os.access(path, os.R_OK | os.W_OK):
        return [Problem("--recsim-env-file", f"{shown(path)}: the file must be readable and writable")]
    return []


def _wrong(mode: Chosen, what: str) -> InputError:
    return InputError(Problem(mode.origin, what))
