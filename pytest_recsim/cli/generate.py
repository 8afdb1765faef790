"""``recsim generate``: a synthetic customer from a seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pytest_recsim.cli.command import PATH, argument, command
from pytest_recsim.cli.completion import templates
from pytest_recsim.cli.voice import counts, meter, say


@command(
    "recsim generate retail --seed 7 --out fixtures/customers/acme.json",
    "recsim generate media --seed 7 --users 200 --out small.json",
)
@argument("template", metavar="TEMPLATE", help="marketplace, media or retail", shell_complete=templates)
@click.option("--seed", type=int, required=True, metavar="N", help="the same seed makes the same file")
@click.option("--out", type=PATH, required=True, metavar="FIXTURE", help="the file to write")
@click.option("--items", type=int, metavar="N", help="how many items")
@click.option("--users", type=int, metavar="N", help="how many users")
@click.option("--events", type=int, metavar="N", help="how many events")
@click.option("--days", type=int, default=60, metavar="D", help="how long the history is")
@click.option("--force", is_flag=True, help="overwrite an existing file")
def generate(template: str, seed: int, out: Path, force: bool, **sizes: Any) -> None:
    """Make a synthetic customer: items, users with tastes of their own, and what these people did.

    The fixture is the same for the same seed and sizes, down to the byte.
    """
    from pytest_recsim.sources.generator import generate as make
    from pytest_recsim.sources.generator import rendered
    from pytest_recsim.sources.writer import refuse_ending, write_bytes

    refuse_ending(out)
    made = make(template, seed, **sizes, progress=meter())
    write_bytes(rendered(made), out, force=force)
    say(f"{out}: {counts(made)}")
