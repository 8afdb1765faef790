"""How a command is declared: its help names every argument and ends with examples, its sub-commands are looked up kindly.

A module of this room has ``@command("recsim report reports/acme/20261122T221500Z")`` above a function of its
parameters, or ``@group(...)`` and below it ``@name.command(examples=(...))``; a line of ``table.py`` makes it known.
The function returns the exit code (None is 0) and raises ``InputError`` for input that cannot be used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from pytest_recsim.data.input.problems import InputError, Problem, nearest

PATH = click.Path(path_type=Path, readable=False)
"""A file or folder that the room below opens, and explains when it cannot."""


def folder(_context: click.Context, parameter: click.Parameter, value: Path) -> Path:
    """Refuse what is no folder, instead of finding nothing in it."""
    if not value.is_dir():
        raise InputError(Problem(parameter.opts[0], f"{value}: there is no such folder"))
    return value


class Argument(click.Argument):
    """An argument with a sentence of its own; click has that from 8.5 on only."""

    def __init__(self, *declarations: Any, help: str = "", **attributes: Any) -> None:  # noqa: A002 - click's word
        super().__init__(*declarations, **attributes)
        self.help = help

    def make_metavar(self, *_: Any) -> str:
        return shown(self)


class _Taught(click.Command):
    """Help in the order that people read: what it does, what it takes, an example."""

    def __init__(self, *words: Any, examples: Sequence[str] = (), **attributes: Any) -> None:
        super().__init__(*words, **attributes)
        self.examples = tuple(examples)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:  # click does not always say whose command line it was
            error.ctx = error.ctx or ctx
            raise

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        taken = [(shown(one), one.help or "") for one in self.params if isinstance(one, Argument)]
        options = [one for one in self.get_params(ctx) if not isinstance(one, click.Argument)]
        for one in options:
            if isinstance(one, click.Option) and one.default == "":
                one.show_default = False  # an empty text says nothing to people
        records = [record for one in options if (record := one.get_help_record(ctx))]
        for title, rows in (("Arguments", taken), ("Options", records)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)
        with formatter.section("Examples" if len(self.examples) > 1 else "Example"):
            for line in "\n".join(self.examples).splitlines():
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


class Command(_Taught):
    """A command that does something."""


class NoCommandError(click.UsageError):
    """A group was named and none of its commands."""


class Group(_Taught, click.Group):
    """Commands below a name."""

    command_class = Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if set(args) <= {"--"} and not ctx.resilient_parsing:
            raise NoCommandError("COMMAND is missing", ctx)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, _first_sentence(one)) for name, one in found if one and not one.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            what = f"there is no command `{name}`{nearest(name, self.list_commands(ctx))}"
            raise click.UsageError(what, ctx)
        return super().resolve_command(ctx, args)


def command(*examples: str, **attributes: Any) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a command; its docstring is the help, and the examples end it."""
    return click.command(cls=Command, examples=examples, **attributes)


def group(*examples: str, **attributes: Any) -> Callable[[Callable[..., Any]], Group]:
    """Make a function the head of several commands."""
    return click.group(cls=Group, examples=examples, **attributes)


def argument(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare an argument; `help` says what it is."""
    return click.argument(name, cls=Argument, **attributes)


def _first_sentence(one: click.Command) -> str:
    """Return what the list of commands says of one: lower-case and without a full stop, like all of them."""
    text = " ".join((one.help or "").partition("\n\n")[0].split())
    text = text.partition(". ")[0].rstrip(".")
    return text[:1].lower() + text[1:]


def shown(parameter: click.Parameter) -> str:
    """Return a parameter as messages name it: `--out`, `FIXTURE`, `[NAME]`, `DIR ...`."""
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    name = parameter.metavar or (parameter.name or "").upper()
    several = f"{name} ..." if parameter.nargs == -1 else name
    return several if parameter.required else f"[{several}]"
