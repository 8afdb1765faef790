"""``recsim restore``: what a killed run left changed on a service."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pytest_recsim.cli.command import PATH, command
from pytest_recsim.cli.voice import say
from pytest_recsim.data.input.exitcodes import SERVICE_CHANGED, USAGE
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.masking import learn
from pytest_recsim.record.secrets import of_command


@command(
    "recsim restore --base-url https://recsys.example",
    "recsim restore --base-url https://recsys.example --env-file service.env \\\n"
    "  --restart-command 'systemctl restart recsys'",
)
@click.option(
    "--reports-dir", type=PATH, default=Path("reports"), metavar="DIR", help="where the note of it is"
)
@click.option(
    "--base-url",
    default="",
    metavar="URL",
    help="the service; RECSYS_API_KEY is sent to no other",
)
@click.option(
    "--env-file", type=PATH, metavar="FILE", help="for apply mode env-file: no other file is written"
)
@click.option("--restart-command", default="", metavar="COMMAND", help="for apply mode env-file")
@click.option(
    "--note", type=PATH, metavar="FILE", help="restore by this note though it may not be ours; read it first"
)
@click.option("--overwrite", is_flag=True, help="bring the original back also where others changed it since")
@click.option("--keep", is_flag=True, help="leave the services as they are and delete the notes")
@click.option("--ca", type=PATH, metavar="FILE", help="PEM file of a private authority")
def restore(  # noqa: PLR0913 - one for each option
    *,
    reports_dir: Path,
    base_url: str,
    env_file: Path | None,
    restart_command: str,
    note: Path | None,
    overwrite: bool,
    keep: bool,
    ca: Path | None,
) -> int:
    """Take back what a killed run, or `recsim profile apply`, left changed on a service.

    Exit code 0 says that all is as it was, 10 that a note stays because a service is not, or may not be, what it was.
    """
    from pytest_recsim.apply.journal import Named
    from pytest_recsim.apply.leftover import Terms, restore_all, restore_one
    from pytest_recsim.service.contract.urls import normalise

    learn(of_command(restart_command))
    if keep and overwrite:
        raise InputError(Problem("recsim restore", "--keep and --overwrite contradict each other; give one"))
    if note and not base_url:
        raise InputError(Problem("--note", "needs --base-url: name the service that the note is to restore"))
    terms = Terms(
        tell=say,
        base_url=normalise(base_url) if base_url else "",
        api_key=os.environ.get("RECSYS_API_KEY"),
        ca_file=ca,
        named=Named(str(env_file or ""), restart_command),
        overwrite=overwrite,
        keep=keep,
    )
    count = restore_one(note, terms) if note else restore_all(reports_dir, terms)
    if not count.found:
        where = f" on {terms.base_url}" if terms.base_url else ""
        say(f"{reports_dir}: no run left anything changed{where}")
        return 0
    if count.left:
        return SERVICE_CHANGED
    return USAGE if count.busy else 0
