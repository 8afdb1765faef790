"""``recsim baseline``: name the run that later ones are held against, and show it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from pytest_recsim.cli.command import PATH, argument, group
from pytest_recsim.cli.completion import customers
from pytest_recsim.cli.voice import say
from pytest_recsim.data.input.problems import InputError, Problem, nearest

_ROOT = click.option(
    "--root", type=PATH, default=Path(), metavar="DIR", help="the folder with guardrails.yml"
)


@group("recsim baseline set acme reports/acme", "recsim baseline show acme")
def baseline() -> None:
    """Name the accepted run that later ones are held against, and show it."""


@baseline.command(
    "set",
    examples=(
        "recsim baseline set acme reports/acme",
        "recsim baseline set acme reports/acme/20261122T221500Z --name before-sale",
    ),
)
@argument("customer", metavar="CUSTOMER", help="whose run", shell_complete=customers)
@argument("folder", type=PATH, metavar="DIR", help="its report folder, or the customer's, for the newest")
@_ROOT
@click.option("--name", default="accepted", metavar="NAME", help="several may be kept by name")
def accept_run(customer: str, folder: Path, root: Path, name: str) -> None:
    """Accept a finished run: its numbers are copied to baselines/, to be committed."""
    from pytest_recsim.compare.baseline import accept, place
    from pytest_recsim.compare.sides import find_run
    from pytest_recsim.record.bundle import Bundle

    for what, given in (("CUSTOMER", customer), ("--name", name)):
        if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", given):
            raise InputError(
                Problem(what, f"`{given}`: must be lower-case letters, digits, `-`, `_` and `.`")
            )
    if name == "latest":
        raise InputError(Problem("--name", "`latest` stands for the newest run; must be another name"))
    target = place(root, customer, name)
    found = accept(find_run(folder), customer, target)
    say(f"{target}: {_words(found.side)}")
    if (Bundle(target).read_metadata().get("verdict") or {}).get("status") != "may_go":
        say("note: that run was not ready to go live; later ones are held against it all the same")
    say(f"commit that folder; pytest ... --recsim-compare-to {name} holds runs against it")


@baseline.command("show", examples=("recsim baseline show acme",))
@argument("customer", metavar="CUSTOMER", help="whose runs", shell_complete=customers)
@_ROOT
def show_runs(customer: str, root: Path) -> None:
    """Say which runs of a customer are accepted."""
    from pytest_recsim.plan.compare_to import BASELINES

    folder = root / BASELINES
    known = sorted(one.name for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []
    if customer not in known:
        listed = f"accepted runs are of {', '.join(known)}" if known else "no run is accepted yet"
        what = f"`{customer}` has none; {listed}{nearest(customer, known)}"
        raise InputError(Problem(str(folder), what))
    for run in sorted((folder / customer).iterdir()):
        if run.is_dir() and not run.name.startswith("."):
            say(f"{run.name}: {_found(run)}")


def _found(folder: Path) -> str:
    """What was accepted; a run that cannot be read does not hide the others."""
    from pytest_recsim.compare.sides import read_run

    try:
        return _words(read_run(folder).side)
    except InputError as error:
        return error.problems[0].what


def _words(side: Any) -> str:
    from pytest_recsim.record.asked import configured

    profile = configured(side.profile, side.overrides)
    return f"{side.started_at[:16]} profile {profile} on {side.service}, {side.users:,} users: {side.verdict}"
