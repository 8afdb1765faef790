"""Commands that look back: `recsim history` and `recsim open`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.masking import safe


def arguments(verbs: Any) -> None:
    """Add both commands."""
    history = verbs.add_parser(
        "history", help="a customer's runs: verdicts, configurations, figures and what changed"
    )
    history.add_argument("customer", metavar="CUSTOMER", help="whose runs")
    _reports(history)
    history.add_argument("--last", type=_count, metavar="N", help="only the last N runs")
    history.add_argument("--json", action="store_true", help="as JSON, with every figure and segment")
    history.set_defaults(run=show)
    opener = verbs.add_parser("open", help="open the report.html of a run in the browser, and print its path")
    opener.add_argument(
        "which", nargs="?", default="latest", metavar="RUN", help="a report folder, a customer, or `latest`"
    )
    _reports(opener)
    opener.set_defaults(run=open_page)


def _reports(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--reports-dir", type=Path, default=Path("reports"), metavar="DIR", help="where runs report"
    )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"`{text}`: must be a whole number of at least 1")
    return int(text)


def show(options: argparse.Namespace) -> int:
    """Print a customer's history, oldest run first."""
    import json

    from pytest_recsim.record.trend import known
    from pytest_recsim.report.past import as_data, lines, steps
    from pytest_recsim.simulation.bundle.folders import simulations_of

    customer, reports = options.customer, options.reports_dir
    runs, notices = known(reports, customer, simulations_of(reports, customer))
    if not runs:
        raise InputError(Problem(str(reports), f"no run of `{customer}` has ended or begun here"))
    found = list(steps(runs))[-(options.last or len(runs)) :]
    if options.json:
        print(safe(json.dumps([as_data(step) for step in found], indent=2)))  # noqa: T201 - this is the command's voice
    else:
        for line in lines(found):
            print(safe(line))  # noqa: T201
    for notice in notices:
        print(safe(f"recsim: {notice}"), file=sys.stderr)  # noqa: T201
    return 0


def open_page(options: argparse.Namespace) -> int:
    """Open a run's page; where no browser can be shown, print its path only."""
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.report.html.page import NAME
    from pytest_recsim.simulation.bundle.folders import run_named

    folder = run_named(options.which, options.reports_dir).root
    page = folder / NAME
    if not page.is_file():
        what = f"no {NAME}; `recsim report {shown(folder)}` makes it"
        raise InputError(Problem(shown(folder), what))
    print(safe(shown(page)))  # noqa: T201
    if why := _opened(page):
        print(f"recsim: {why}", file=sys.stderr)  # noqa: T201
    return 0


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
