"""``recsim share``: a report folder, or a batch, as one file."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_recsim.cli.command import PATH, argument, command
from pytest_recsim.cli.voice import say
from pytest_recsim.data.input.problems import InputError, Problem


@command(
    "recsim share reports/acme/20261122T221500Z --out acme.zip",
    "recsim share reports --redact --out pilot.zip",
)
@argument(
    "folder",
    type=PATH,
    metavar="DIR",
    help="the report folder of one simulation, or a reports folder, of which the newest batch is packed",
)
@click.option("--out", type=PATH, required=True, metavar="FILE", help="the zip file to write")
@click.option(
    "--redact", is_flag=True, help="words instead of user ids and item ids, and neither lists nor people"
)
@click.option(
    "--key-file",
    type=PATH,
    metavar="FILE",
    help="key that makes the words the same in every call (default: a new one that nobody keeps)",
)
@click.option(
    "--fixture-path",
    "fixtures",
    type=PATH,
    multiple=True,
    metavar="PATH",
    help="the data set, where it is not where the run found it (repeatable)",
)
@click.option("--force", is_flag=True, help="overwrite an existing file")
def share(
    folder: Path, out: Path, redact: bool, key_file: Path | None, fixtures: tuple[Path, ...], force: bool
) -> None:
    """Pack a report folder, or the newest batch of a reports folder, into one zip file for sending."""
    import secrets

    from pytest_recsim.share.pack import Redaction, read_key
    from pytest_recsim.share.pack import share as pack

    if not redact and (key_file or fixtures):
        given = "--key-file" if key_file else "--fixture-path"
        raise InputError(Problem(given, "is for --redact, which must be given, too"))
    redaction = None
    if redact:
        redaction = Redaction(read_key(key_file) if key_file else secrets.token_bytes(32), fixtures)
    count = pack(folder, out, redaction, force=force)
    say(f"{out}: {count} files{', without ids' if redact else ''}")
