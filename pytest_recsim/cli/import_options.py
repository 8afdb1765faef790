"""Options that importers share, and what they come to: which column is what, what was decided about doubtful rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pytest_recsim.cli.command import PATH
from pytest_recsim.data.input.problems import InputError, Problem

Command = Callable[..., Any]

OUT = (click.option("--out", type=PATH, required=True, metavar="FIXTURE", help="the file to write"),)
CHOICES = (
    click.option("--segment", "segments", multiple=True, metavar="RULE", help='such as "new_users: events < 5", "fans: events in top 10%", "pro: plan = pro" or a last name alone; repeat it, the first that holds decides'),
    click.option("--segment-column", metavar="COLUMN", help="a column of the table of users that is the segment"),
    click.option("--returns", default="drop", metavar="drop|cancel|keep", help="what came back: left out; left out with its purchase; kept as negative"),
    click.option("--guests", default="drop", metavar="drop|each|error", help="rows without a user: left out; each a user of its own; refused"),
    click.option("--delisted", default="unavailable", metavar="unavailable|keep|drop|error", help="events on items that the table of items does not list"),
    click.option("--no-item", default="error", metavar="error|drop", help="rows without an item"),
    click.option("--duplicates", default="keep", metavar="keep|drop", help="rows that equal an earlier one"),
    click.option("--window-days", type=float, metavar="D", help="the window you will judge with; segments are made within it"),
    click.option("--anonymise", is_flag=True, help="words in the place of ids of users; of their traits only the segment is kept"),
    click.option("--key-file", type=PATH, metavar="FILE", help="key that makes the words the same in every import (default: a new one that nobody keeps)"),
    click.option("--sample-users", type=int, metavar="N", help="keep about N users, each segment in proportion"),
    click.option("--seed", type=int, default=1, metavar="N", help="of the sample"),
    click.option("--force", is_flag=True, help="overwrite an existing file"),
)  # fmt: skip
BESIDE = (
    click.option("--items", type=PATH, metavar="FILE", help="table of items"),
    click.option("--users", type=PATH, metavar="FILE", help="table of users"),
    click.option("--mapping", type=PATH, metavar="FILE", help="which column is what, as an earlier import wrote it beside its fixture"),
    click.option("--column", "columns", multiple=True, metavar="FIELD=NAME", help="one field's column: user_id, item_id, ts, type, value or source_event_id (repeatable)"),
)  # fmt: skip
RECOGNISED = (
    click.option("--day-first/--month-first", "day_first", default=None, help="how to read 01/02/2026 where every date fits both ways"),
    click.option("--time-zone", metavar="ZONE", help="of times that name none, such as Europe/Berlin (default: UTC)"),
    click.option("--time-unit", metavar="s|ms|us|ns", help="of times that are numbers"),
    click.option("--decimal-comma/--decimal-point", "decimal_comma", default=None, help="how to read 1,234 where every number fits both ways"),
    click.option("--item-fields", is_flag=True, default=None, help="take price, brand, category and other fields of items from the events, where there is no table of items"),
    click.option("--event-type", metavar="TYPE", help="every row is one: view, click, add, purchase or custom"),
    click.option("--unknown-events", metavar="error|drop|custom", help="event words that are not known (default: error)"),
)  # fmt: skip
TEXT = (click.option("--encoding", metavar="NAME", help="such as latin-1 (default: recognised)"),)
LAYOUT = (
    click.option("--delimiter", metavar="CHAR", help="between cells; `tab` and `::` are known, too (default: recognised)"),
    click.option("--header/--no-header", default=None, help="whether the first line names the columns (default: recognised)"),
)  # fmt: skip


def options(*groups: tuple[Command, ...]) -> Command:
    """Put groups of options on a command, in their order."""

    def put(command: Command) -> Command:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return put


def refuse_out(given: dict[str, Any]) -> None:
    """Raise ``InputError`` when the fixture cannot be written where it is to be, or would replace what it is made of."""
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.sources.writer import refuse_ending, refuse_existing

    out = given["out"]
    refuse_existing(out, force=given["force"])
    for name in ("source", "items", "users", "mapping", "key_file"):
        if given.get(name) and _same(out, given[name]):
            raise InputError(Problem(shown(out), "is what is read; must be another file"))
    refuse_ending(out)


def _same(one: Path, other: Path | str) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there, or is an address
        return False


def reading_of(given: dict[str, Any]) -> Any:
    """Return the mapping that the options give."""
    from dataclasses import replace

    from pytest_recsim.sources.importing.mapping import SETTINGS, Reading, by_hand, load_mapping

    reading = Reading() if given["mapping"] is None else load_mapping(given["mapping"])
    words = {"tab": "\t", "\\t": "\t"}
    named = {name: given[name] for name in SETTINGS if given.get(name) is not None}
    if "delimiter" in named:
        named["delimiter"] = words.get(named["delimiter"], named["delimiter"])
    return replace(
        reading,
        interactions={**reading.interactions, **by_hand(given["columns"], ())},
        settings={**reading.settings, **named},
    )


def choices_of(given: dict[str, Any]) -> Any:
    """Return what was decided about doubtful rows, segments and the sample."""
    from dataclasses import fields

    from pytest_recsim.sources.importing.choices import Choices

    names = {one.name for one in fields(Choices)} - {"key"}
    return Choices(**{name: given[name] for name in names}, key=_key(given))


def _key(given: dict[str, Any]) -> bytes | None:
    import secrets

    from pytest_recsim.share.pack import read_key

    if given["key_file"] and not given["anonymise"]:
        raise InputError(Problem("--key-file", "is for --anonymise, which must be given, too"))
    if not given["anonymise"]:
        return None
    return read_key(given["key_file"]) if given["key_file"] else secrets.token_bytes(32)
