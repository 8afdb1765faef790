"""``recsim baseline``: name the run that later ones are held against, and show it."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from pytest_recsim.data.input.problems import InputError, Problem, nearest


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    accept = verbs.add_parser("set", help="accept a finished run: its numbers are copied to baselines/")
    accept.add_argument("customer", metavar="CUSTOMER", help="whose run")
    accept.add_argument(
        "folder", type=Path, metavar="DIR", help="its report folder, or the customer's, for the newest"
    )
    accept.set_defaults(run_verb=_set)
    show = verbs.add_parser("show", help="say which runs are accepted")
    show.add_argument("customer", metavar="CUSTOMER", help="whose runs")
    show.set_defaults(run_verb=_show)
    for verb in (accept, show):
        verb.add_argument(
            "--root", type=Path, default=Path(), metavar="DIR", help="the folder with guardrails.yml"
        )
    accept.add_argument("--name", default="accepted", metavar="NAME", help="several may be kept by name")


def run(options: argparse.Namespace) -> int:
    """Do what was asked. Wrong folders and names are an InputError."""
    return int(options.run_verb(options))


def _set(options: argparse.Namespace) -> int:
    from pytest_recsim.compare.baseline import accept, place
    from pytest_recsim.compare.sides import find_run
    from pytest_recsim.record.bundle import Bundle

    for what, name in (("CUSTOMER", options.customer), ("--name", options.name)):
        if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", name):
            raise InputError(Problem(what, f"`{name}`: must be lower-case letters, digits, `-`, `_` and `.`"))
    if options.name == "latest":
        raise InputError(Problem("--name", "`latest` stands for the newest run; must be another name"))
    target = place(options.root, options.customer, options.name)
    found = accept(find_run(options.folder), options.customer, target)
    _say(f"{target}: {_words(found.side)}")
    if (Bundle(target).read_metadata().get("verdict") or {}).get("status") != "may_go":
        _say("note: that run was not ready to go live; later ones are held against it all the same")
    _say(f"commit that folder; pytest ... --recsim-compare-to {options.name} holds runs against it")
    return 0


def _show(options: argparse.Namespace) -> int:
    from pytest_recsim.plan.compare_to import BASELINES

    folder = options.root / BASELINES
    known = sorted(one.name for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []
    if options.customer not in known:
        listed = f"accepted runs are of {', '.join(known)}" if known else "no run is accepted yet"
        what = f"`{options.customer}` has none; {listed}{nearest(options.customer, known)}"
        raise InputError(Problem(str(folder), what))
    for run_ in sorted((folder / options.customer).iterdir()):
        if run_.is_dir() and not run_.name.startswith("."):
            _say(f"{run_.name}: {_found(run_)}")
    return 0


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


def _say(text: str) -> None:
    from pytest_recsim.record.masking import safe

    print(safe(text))  # noqa: T201 - the command's voice
