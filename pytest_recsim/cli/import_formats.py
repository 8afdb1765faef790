"""``recsim import KIND`` for every layout that is known by name, made from the registry."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import click

from pytest_recsim.cli.command import PATH, Command, argument, command
from pytest_recsim.cli.import_options import CHOICES, OUT, choices_of, options, refuse_out
from pytest_recsim.cli.voice import meter, say
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.sources.formats.registry import KINDS, Kind

CA = click.option("--ca", "ca_file", type=PATH, metavar="FILE", help="PEM file of a private authority")
OWN: dict[str, tuple[Any, ...]] = {
    "gorse": (
        click.option("--event", "events", multiple=True, metavar="WORD=TYPE", help="what a feedback type is: view, click, add, purchase, custom, return or drop (repeatable)"),
        click.option("--unknown-events", default="error", metavar="error|drop|custom", help="feedback types that are not known"),
        CA,
    ),
    "service": (
        click.option("--namespace", required=True, metavar="N", help="whose data are read"),
        click.option("--org-id", metavar="UUID", help="tenant (default: RECSYS_ORG_ID)"),
        CA,
    ),
}  # fmt: skip
KEYS = {"gorse": "RECSIM_GORSE_API_KEY", "service": "RECSYS_API_KEY"}
"""Variables that hold the key of a running service; there is no option, so that it is in no command line."""


def commands() -> Iterator[Command]:
    """One command for each layout."""
    for kind in KINDS.values():
        yield _command(kind)


def _command(kind: Kind) -> Command:
    def run(**given: Any) -> None:
        _import(kind, given)

    run.__doc__ = f"Read {kind.title}.\n\n{kind.mapping} docs/importers.md has all of it."
    metavar = "URL" if kind.key == "service" else "SOURCE"
    run = options(OUT, OWN.get(kind.key, ()), CHOICES)(run)
    run = argument("source", metavar=metavar, help=kind.source)(run)
    ending = " --namespace acme" if kind.key == "service" else ""
    example = f"recsim import {kind.key} {kind.example}{ending} --out acme.json"
    return command(example, name=kind.key)(run)


def _import(kind: Kind, given: dict[str, Any]) -> None:
    from pytest_recsim.sources.importing.tables import require_polars

    require_polars()
    refuse_out(given)
    from pytest_recsim.pace import paced
    from pytest_recsim.sources.importing.build import build

    choices = choices_of(given)
    choices.check()
    progress = meter()
    with paced(progress, f"reading {kind.key}"):
        tables = kind.read(_source(kind, given))
    built = build(tables, choices, progress)
    built.write(given["out"], force=given["force"])
    for one in built.notes:
        say(f"note: {one}")
    say(f"{given['out']}: " + ", ".join(f"{count:,} {name}" for name, count in built.counts.items()))


def _source(kind: Kind, given: dict[str, Any]) -> Any:
    from pytest_recsim.sources.formats.source import Source

    return Source(
        given["source"],
        window_days=given["window_days"],
        namespace=given.get("namespace") or "",
        org_id=given.get("org_id") or os.environ.get("RECSYS_ORG_ID", ""),
        api_key=os.environ.get(KEYS.get(kind.key, "")) or None,
        ca_file=given.get("ca_file"),
        events=_words(given.get("events", ())),
        unknown_events=given.get("unknown_events", "error"),
    )


def _words(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read `WORD=TYPE`."""
    from pytest_recsim.data.fixtures.model import EVENT_TYPES

    allowed = (*EVENT_TYPES, "return", "drop")
    found = {}
    for pair in pairs:
        word, _, kind = pair.rpartition("=")
        if not word or kind not in allowed:
            what = f"`{pair}`: must be a word, `=` and one of {', '.join(allowed)}"
            raise InputError(Problem("--event", what))
        found[word] = kind
    return found
