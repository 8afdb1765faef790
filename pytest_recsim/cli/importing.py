"""``recsim import``: somebody else's data set as a fixture."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_recsim.cli.command import PATH, argument, group
from pytest_recsim.cli.voice import counts, meter, say


@group("recsim import movielens ml-latest-small --out fixtures/customers/movies.json")
def importing() -> None:
    """Turn somebody else's data set into a fixture."""


@importing.command(examples=("recsim import movielens ml-latest-small --out fixtures/customers/movies.json",))
@argument("folder", type=PATH, metavar="DIR", help="the unpacked archive")
@click.option("--out", type=PATH, required=True, metavar="FIXTURE", help="the file to write")
@click.option("--window-days", type=float, metavar="D", help="the window you will judge with")
@click.option("--force", is_flag=True, help="overwrite an existing file")
def movielens(folder: Path, out: Path, window_days: float | None, force: bool) -> None:
    """Read a MovieLens folder with ratings.csv and movies.csv."""
    from pytest_recsim.sources.movielens import import_movielens
    from pytest_recsim.sources.writer import write_fixture

    made = import_movielens(folder, window_days=window_days, progress=meter())
    write_fixture(made, out, force=force)
    say(f"{out}: {counts(made)}")
