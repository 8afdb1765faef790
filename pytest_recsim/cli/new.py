"""``recsim new``: a customer's files, ready for a first run."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_recsim.cli.command import PATH, argument, command
from pytest_recsim.cli.completion import templates
from pytest_recsim.cli.voice import meter, say
from pytest_recsim.data.input.problems import InputError, Problem


@command(
    "recsim new acme --template media",
    "recsim new acme --from fixtures/customers/acme.json",
    "recsim new acme --dry-run",
)
@argument("customer", metavar="CUSTOMER", help="the new customer's name")
@click.option(
    "--template",
    metavar="NAME",
    help="synthetic people: retail, media or marketplace (default: retail)",
    shell_complete=templates,
)
@click.option("--from", "source", type=PATH, metavar="FIXTURE", help="the customer's data set")
@click.option("--dry-run", is_flag=True, help="say what would be written, and write nothing")
def new(customer: str, template: str | None, source: Path | None, dry_run: bool) -> None:
    """Make what a new customer needs, here: data, profile, thresholds, a check of its own, a line of the batch.

    In an empty folder that is a whole workspace, in which `pytest --customer CUSTOMER` works at once. Nothing is ever written over;
    guardrails.yml and the manifest of the batch keep their comments and their order.
    """
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.workspace.new import Asked, planned
    from pytest_recsim.workspace.write import write_all

    if template and source:
        raise InputError(Problem("--template", "is for a customer without data; leave it out, or --from"))
    asked = Asked(customer, template or "retail", source)
    changes = planned(Path.cwd(), asked, meter())
    if not dry_run:
        write_all(changes)
    for change in changes:
        say(f"{'would write ' if dry_run else ''}{shown(change.path)}: {change.what}")
        if dry_run and change.added:
            say(change.added.rstrip())
    if not dry_run:
        say(f"next: pytest --customer {customer}\nthen: recsim open {customer}")
