"""``recsim merge``: the slices of a batch as one."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pytest_recsim.cli.command import PATH, argument, command
from pytest_recsim.cli.voice import say


@command("recsim merge slice-1/reports slice-2/reports --out reports")
@argument("folders", nargs=-1, required=True, type=PATH, metavar="DIR", help="reports folder of a slice")
@click.option("--out", type=PATH, default=Path("reports"), metavar="DIR", help="where the summary goes")
@click.option("--junit", type=PATH, metavar="FILE", help="default: junit.xml in --out")
@click.option(
    "--junit-properties",
    is_flag=True,
    help="facts as properties of every testcase, too (Jenkins' xUnit plugin refuses those)",
)
@click.option(
    "--name",
    default="",
    metavar="NAME",
    help="of the batch, where a folder holds several",
)
def merge(folders: tuple[Path, ...], out: Path, junit: Path | None, junit_properties: bool, name: str) -> int:
    """Make one summary and one junit file out of a batch's slices.

    Exit code 1 says, as pytest would, that something stands against a customer or did not run.
    """
    from pytest_recsim.report.batch import headline
    from pytest_recsim.report.summary import append_step_summary
    from pytest_recsim.simulation.bundle.merging import merge as merged

    junit = junit or out / "junit.xml"
    record, path = merged(list(folders), out, junit, name, properties=junit_properties)
    append_step_summary(path.with_suffix(".md"), os.environ)
    say(f"{record.name}: {headline(record)}; summary {path.with_suffix('.md')}, junit {junit}")
    return 0 if record.may_go else 1
