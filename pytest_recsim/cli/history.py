"""``recsim history``: what became of a customer's runs."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_recsim.cli.command import PATH, argument, command
from pytest_recsim.cli.completion import customers
from pytest_recsim.cli.voice import note, say
from pytest_recsim.data.input.problems import InputError, Problem


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise click.BadParameter(f"`{text}`: must be a whole number of at least 1")
    return int(text)


@command("recsim history acme --last 5", "recsim history acme --json > acme.json")
@argument("customer", metavar="CUSTOMER", help="whose runs", shell_complete=customers)
@click.option("--reports-dir", type=PATH, default=Path("reports"), metavar="DIR", help="where runs report")
@click.option("--last", type=_count, metavar="N", help="only the last N runs")
@click.option("--json", "as_json", is_flag=True, help="as JSON, with every figure and segment")
def history(customer: str, reports_dir: Path, last: int | None, as_json: bool) -> None:
    """Show a customer's runs, oldest first: verdicts, configurations, figures and what changed."""
    import json

    from pytest_recsim.record.trend import known
    from pytest_recsim.report.past import as_data, lines, steps
    from pytest_recsim.simulation.bundle.folders import simulations_of

    runs, notices = known(reports_dir, customer, simulations_of(reports_dir, customer))
    if not runs:
        raise InputError(Problem(str(reports_dir), f"no run of `{customer}` has ended or begun here"))
    found = list(steps(runs))[-(last or len(runs)) :]
    if as_json:
        say(json.dumps([as_data(step) for step in found], indent=2))
    else:
        for line in lines(found):
            say(line)
    for notice in notices:
        note(notice)
