"""Every command of `recsim`: its name, where it lives and its line of help. A new one is a line here.

Modules are imported when their command is asked for, so that `recsim --help` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from pytest_recsim.cli.command import Group

if TYPE_CHECKING:
    import click


class Entry(NamedTuple):
    """A command: ``lives_at`` is its module in this room and its name there."""

    name: str
    lives_at: str
    help: str


SECTIONS = {
    "Data": (
        Entry("new", "new:new", "start a customer: data, profile, thresholds, a check, a batch"),
        Entry("import", "importing:importing", "turn somebody else's data set into a fixture"),
        Entry("validate", "validate:validate", "what is wrong, and what a data set can carry"),
        Entry("generate", "generate:generate", "make a synthetic customer from a seed"),
    ),
    "Settings": (
        Entry("profile", "profile:profile", "look at profiles, compare, check, change, fetch and apply them"),
        Entry(
            "guardrails", "guardrails:guardrails", "what a customer is held to, and thresholds to start with"
        ),
    ),
    "Knobs": (Entry("tune", "tune:tune", "look for better knobs, and judge the best on data unseen"),),
    "Runs": (
        Entry("open", "opening:opening", "open the report of a run in the browser"),
        Entry("history", "history:history", "what became of a customer's runs, and what changed"),
        Entry("report", "report:report", "render the pages of a run again from its record"),
        Entry("compare", "compare:compare", "hold a run against another, user by user"),
        Entry("baseline", "baseline:baseline", "name the run that later ones are held against"),
        Entry("merge", "merge:merge", "one summary and one junit file out of a batch's slices"),
        Entry("share", "share:share", "pack a report folder, or a batch, for sending"),
    ),
    "Service": (
        Entry("serve", "serve:serve", "run the stand-in service by hand until Ctrl-C"),
        Entry("restore", "restore:restore", "take back what a killed run left changed on a service"),
    ),
    "Tools": (
        Entry("schema", "schema:schema", "print a published JSON Schema or OpenAPI document"),
        Entry("completion", "completion:completion", "print the script that completes in your shell"),
    ),
}
COMMANDS = {entry.name: entry for section in SECTIONS.values() for entry in section}
_WIDTH = max(map(len, COMMANDS))


class Console(Group):
    """The commands of the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry.lives_at.partition(":")
        found: click.Command = getattr(import_module(f"pytest_recsim.cli.{module}"), name)
        found.short_help = entry.help
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{entry.name:{_WIDTH}}", entry.help) for entry in entries])
