"""Writes the tables of options and of apply modes from what they are: ``python tests/options_page.py``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from pytest_recsim.cli.command import shown
from pytest_recsim.cli.main import recsim
from pytest_recsim.plan.modes import MODES
from pytest_recsim.plugin.options import ENVIRONMENT, OPTIONS, SWITCHES, Option
from pytest_recsim.record.publish import renewed

DOCS = Path(__file__).parent.parent / "docs"


def rows(*rows: Iterable[str]) -> str:
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)


def of_pytest() -> str:
    """The options of the plugin."""
    head = ("option", "default", "ini", "meaning"), ("---",) * 4
    return rows(*head, *map(_row, OPTIONS))


def _row(option: Option) -> tuple[str, ...]:
    name = f"--{option.name}" if option.short else option.long
    ini = f"`{option.ini_name}`" if option.ini else "-"
    return f"`{name} {option.metavar}`".replace(" `", "`"), option.default or "-", ini, option.help


def of_surroundings() -> str:
    """Ini values without an option, and variables of the environment."""
    named = [(f"`{name}` (ini)", text) for name, text in SWITCHES.items()]
    read = [(f"`{name}`", text) for name, text in ENVIRONMENT.items()]
    return rows(("name", "meaning"), ("---",) * 2, *named, *read)


def of_commands() -> str:
    """Every command of `recsim` with what it takes."""
    told = [
        (f"`{name} {_usage(taken)}`", _default(taken), taken.help or "")
        for name, command in commands()
        for taken in arguments(command)
    ]
    return rows(("command", "default", "meaning"), ("---",) * 3, *told)


def commands(of: click.Command = recsim, name: str = "recsim") -> Iterator[tuple[str, click.Command]]:
    """The commands that do something, by what one types."""
    if not isinstance(of, click.Group):
        yield name, of
        return
    with click.Context(of) as context:
        for verb in of.list_commands(context):
            yield from commands(of.get_command(context, verb), f"{name} {verb}")


def arguments(command: click.Command) -> list[click.Parameter]:
    """What a command takes, without its help."""
    return command.params


def _usage(taken: click.Parameter) -> str:
    flag = isinstance(taken, click.Argument) or taken.is_flag
    return shown(taken) if flag else f"{shown(taken)} {taken.metavar}"


def _default(taken: click.Parameter) -> str:
    if taken.required:
        return "**required**"
    default = taken.to_info_dict()["default"]
    return str(default) if default not in (None, False, "", ()) else "-"


def of_modes() -> str:
    """The apply modes."""
    told = [(f"`{mode.name}`", mode.what, mode.reach, mode.others) for mode in MODES.values()]
    return rows(("mode", "what it does", "reaches", "others on the service"), ("---",) * 4, *told)


TABLES = {
    "options.md": {"pytest": of_pytest, "surroundings": of_surroundings, "commands": of_commands},
    "services.md": {"modes": of_modes},
}


def page(name: str) -> str:
    """A page with its tables renewed."""
    text = (DOCS / name).read_text(encoding="utf-8")
    for mark, table in TABLES[name].items():
        text = renewed(text, mark, table())
    return text


if __name__ == "__main__":
    for name in TABLES:
        (DOCS / name).write_text(page(name), encoding="utf-8")
