"""What the subcommands do; heavy rooms are imported by the one that needs them."""

from __future__ import annotations

import argparse
import os

from pytest_recsim.data.problems import InputError, Problem, nearest

_OPENAPI = "openapi"


def generate(options: argparse.Namespace) -> int:
    from pytest_recsim.sources.generator import generate as make
    from pytest_recsim.sources.writer import write_fixture

    document = make(
        options.template,
        options.seed,
        items=options.items,
        users=options.users,
        events=options.events,
        days=options.days,
    )
    write_fixture(document, options.out, force=options.force)
    return _say(f"{options.out}: {_counts(document)}")


def import_movielens(options: argparse.Namespace) -> int:
    from pytest_recsim.sources.movielens import import_movielens as read
    from pytest_recsim.sources.writer import write_fixture

    document = read(options.folder, window_days=options.window_days)
    write_fixture(document, options.out, force=options.force)
    return _say(f"{options.out}: {_counts(document)}")


def report(options: argparse.Namespace) -> int:
    from pytest_recsim.record.bundle import Bundle
    from pytest_recsim.report import render_bundle

    bundle = Bundle(options.bundle)
    if not bundle.metadata.is_file():
        raise InputError(
            Problem(str(options.bundle), "no bundle: allowed is a folder with simulation_metadata.json")
        )
    render_bundle(bundle)
    return _say(str(bundle.root / "README.md"))


def restore(options: argparse.Namespace) -> int:
    from pytest_recsim.apply.leftover import restore_all
    from pytest_recsim.service.errors import ServiceError

    try:
        found = restore_all(
            options.reports_dir,
            api_key=os.environ.get("RECSYS_API_KEY"),
            ca_file=options.ca,
            restart=options.restart_command,
            tell=print,
        )
    except ServiceError as error:
        raise InputError(Problem("", error.sentence)) from None
    return 0 if found else _say(f"{options.reports_dir}: no run left anything changed")


def merge(options: argparse.Namespace) -> int:
    """Exit code 1 says, as pytest would, that something stands against a customer or did not run."""
    from pytest_recsim.report.batch import headline
    from pytest_recsim.report.summary import append_step_summary
    from pytest_recsim.simulation.merging import merge as merged

    junit = options.junit or options.out / "junit.xml"
    record, path = merged(options.folders, options.out, junit, options.name)
    append_step_summary(path.with_suffix(".md"), os.environ)
    _say(f"{record.name}: {headline(record)}; summary {path.with_suffix('.md')}, junit {junit}")
    return 0 if record.may_go else 1


def schema(options: argparse.Namespace) -> int:
    import json
    from importlib import resources

    from pytest_recsim.schemas import names
    from pytest_recsim.schemas import schema as published

    known = (*names(), _OPENAPI)
    if options.name is None:
        return _say("\n".join(known))
    if options.name not in known:
        allowed = ", ".join(known)
        raise InputError(
            Problem("schema", f"`{options.name}`: allowed are {allowed}{nearest(options.name, known)}")
        )
    if options.name == _OPENAPI:
        document = resources.files("pytest_recsim").joinpath("standin", "openapi.yaml")
        return _say(document.read_text(encoding="utf-8").rstrip())
    return _say(json.dumps(published(options.name), indent=2))


def _counts(document: dict[str, object]) -> str:
    sizes = [f"{len(rows):,} {name}" for name, rows in document.items() if isinstance(rows, list)]
    return ", ".join(sizes)


def _say(text: str) -> int:
    print(text)  # noqa: T201 - this is the command's voice
    return 0
