"""What the subcommands do; heavy rooms are imported by the one that needs them."""

from __future__ import annotations

import argparse
import os
import sys

from pytest_recsim.data.input.exitcodes import SERVICE_CHANGED, USAGE
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.pace import Meter, Stream
from pytest_recsim.record.masking import safe

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
        progress=_meter(),
    )
    write_fixture(document, options.out, force=options.force)
    return _say(f"{options.out}: {_counts(document)}")


def import_movielens(options: argparse.Namespace) -> int:
    from pytest_recsim.sources.movielens import import_movielens as read
    from pytest_recsim.sources.writer import write_fixture

    document = read(options.folder, window_days=options.window_days, progress=_meter())
    write_fixture(document, options.out, force=options.force)
    return _say(f"{options.out}: {_counts(document)}")


def report(options: argparse.Namespace) -> int:
    from pytest_recsim.report.partial import render_record
    from pytest_recsim.simulation.bundle.folders import bundle_at

    bundle = bundle_at(options.bundle)
    if wrong := render_record(bundle):
        raise InputError(Problem(str(options.bundle), "; ".join(wrong)))
    return _say(str(bundle.root / "README.md"))


def share(options: argparse.Namespace) -> int:
    import secrets

    from pytest_recsim.share.pack import Redaction, read_key
    from pytest_recsim.share.pack import share as pack

    if not options.redact and (options.key_file or options.fixture_path):
        given = "--key-file" if options.key_file else "--fixture-path"
        raise InputError(Problem(given, "is for --redact, which must be given, too"))
    redaction = None
    if options.redact:
        key = read_key(options.key_file) if options.key_file else secrets.token_bytes(32)
        redaction = Redaction(key, options.fixture_path)
    count = pack(options.folder, options.out, redaction, force=options.force)
    without = ", without ids" if options.redact else ""
    return _say(f"{options.out}: {count} files{without}")


def restore(options: argparse.Namespace) -> int:
    """Exit code 10 says, as pytest would, that a service is not, or may not be, what it was."""
    from pytest_recsim.apply.journal import Named
    from pytest_recsim.apply.leftover import Terms, restore_all, restore_one
    from pytest_recsim.service.contract.urls import normalise

    if options.keep and options.overwrite:
        raise InputError(Problem("recsim restore", "--keep and --overwrite contradict each other; give one"))
    if options.note and not options.base_url:
        raise InputError(Problem("--note", "needs --base-url: name the service that the note is to restore"))
    terms = Terms(
        tell=_tell,
        base_url=normalise(options.base_url) if options.base_url else "",
        api_key=os.environ.get("RECSYS_API_KEY"),
        ca_file=options.ca,
        named=Named(str(options.env_file or ""), options.restart_command),
        overwrite=options.overwrite,
        keep=options.keep,
    )
    count = restore_one(options.note, terms) if options.note else restore_all(options.reports_dir, terms)
    if not count.found:
        where = f" on {terms.base_url}" if terms.base_url else ""
        return _say(f"{options.reports_dir}: no run left anything changed{where}")
    if count.left:
        return SERVICE_CHANGED
    return USAGE if count.busy else 0


def merge(options: argparse.Namespace) -> int:
    """Exit code 1 says, as pytest would, that something stands against a customer or did not run."""
    from pytest_recsim.report.batch import headline
    from pytest_recsim.report.summary import append_step_summary
    from pytest_recsim.simulation.bundle.merging import merge as merged

    junit = options.junit or options.out / "junit.xml"
    facts = options.junit_properties
    record, path = merged(options.folders, options.out, junit, options.name, properties=facts)
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
            Problem("schema", f"`{options.name}`: must be one of {allowed}{nearest(options.name, known)}")
        )
    if options.name == _OPENAPI:
        document = resources.files("pytest_recsim").joinpath("standin", "openapi.yaml")
        return _print(document.read_text(encoding="utf-8").rstrip())
    return _print(json.dumps(published(options.name), indent=2))


def _meter() -> Meter:
    """How far long work is, on standard error."""
    return Meter(Stream(sys.stderr))


def _counts(document: dict[str, object]) -> str:
    sizes = [f"{len(rows):,} {name}" for name, rows in document.items() if isinstance(rows, list)]
    return ", ".join(sizes)


def _say(text: str) -> int:
    return _print(safe(text))


def _tell(line: str) -> None:
    _say(line)


def _print(text: str) -> int:
    print(text)  # noqa: T201 - this is the command's voice
    return 0
