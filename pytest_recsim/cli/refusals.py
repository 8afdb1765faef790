"""A wrong command line in a sentence, with the nearest word that is right."""

from __future__ import annotations

import sys

import click

from pytest_recsim.cli.command import NoCommandError, shown
from pytest_recsim.data.input.exitcodes import USAGE
from pytest_recsim.data.input.problems import nearest
from pytest_recsim.record.masking import safe

LONGEST = 400
"""Characters of a sentence; who pasted a file does not get it back."""


def refuse(error: click.UsageError) -> int:
    """Say what is wrong on standard error and return the exit code; who named no command is shown the commands."""
    where = error.ctx.command_path if error.ctx else "recsim"
    if isinstance(error, NoCommandError) and error.ctx:
        print(f"{error.ctx.get_help()}\n", file=sys.stderr)  # noqa: T201 - this is the command's voice
    what = _one_line(_what(error))
    hint = "" if "did you mean" in what else f"; see `{where} --help`"
    print(safe(f"{where}: {what}{hint}"), file=sys.stderr)  # noqa: T201
    return USAGE


def _one_line(text: str) -> str:
    """Return a sentence that repeats what was typed, whatever that was: printable, on one line, and not endless."""
    line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[:LONGEST])
    return line if len(text) <= LONGEST else f"{line}..."


def _what(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        options = error.ctx.command.get_params(error.ctx) if error.ctx else []
        known = [name for option in options for name in option.opts if name.startswith("--")]
        return f"there is no option `{error.option_name}`{nearest(error.option_name, known)}"
    if isinstance(error, click.MissingParameter) and error.param:
        return f"{shown(error.param)} is missing"
    if isinstance(error, click.BadParameter) and error.param:
        return f"{shown(error.param)}: {error.message.rstrip('.')}"
    if isinstance(error, NoCommandError):
        return error.message
    return error.message[:1].lower() + error.message[1:].rstrip(".")
