"""``recsim open``: the page of a run in the browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pytest_recsim.cli.command import PATH, argument, command
from pytest_recsim.cli.completion import customers
from pytest_recsim.cli.voice import note, say
from pytest_recsim.data.input.problems import InputError, Problem


@command("recsim open", "recsim open acme", name="open")
@argument(
    "which",
    default="latest",
    metavar="RUN",
    help="a report folder, that of a study too, a customer, or `latest`",
    shell_complete=customers,
)
@click.option("--reports-dir", type=PATH, default=Path("reports"), metavar="DIR", help="where runs report")
def opening(which: str, reports_dir: Path) -> None:
    """Open the report.html of a run in the browser, and print its path.

    Without a display its path is all that you get.
    """
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.record.tune import NAME as STUDY
    from pytest_recsim.report.html.page import NAME
    from pytest_recsim.simulation.bundle.folders import run_named

    folder = Path(which)
    if not (folder / STUDY).is_file():
        folder = run_named(which, reports_dir).root
    page = folder / NAME
    if not page.is_file():
        what = f"no {NAME}; `recsim report {shown(folder)}` makes it"
        raise InputError(Problem(shown(folder), what))
    say(shown(page))
    if why := _opened(page):
        note(why)


def _opened(page: Path) -> str:
    """Open a page in the browser; return why that cannot be done here, empty when it was."""
    import webbrowser

    variables = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    if sys.platform.startswith("linux") and not any(map(os.environ.get, variables)):
        return "no display here, so nothing was opened"  # a browser for terminals would take this one
    try:
        done = webbrowser.open(page.resolve().as_uri())
    except (webbrowser.Error, OSError):
        done = False
    return "" if done else "no browser could be started, so nothing was opened"
