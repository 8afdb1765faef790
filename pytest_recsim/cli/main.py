"""Arguments of the `recsim` command and how its errors are told: one sentence, exit code 4."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from pytest_recsim import __version__
from pytest_recsim.cli import baseline, commands, compare, past, serve
from pytest_recsim.data.input.exitcodes import USAGE
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.masking import learn, safe
from pytest_recsim.record.secrets import of_command, of_variables

Verbs = Any  # what add_subparsers returns; argparse has no public name for it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit code: 0 done, 4 wrong input, 10 a service is changed, 130 interrupted."""
    options = parser().parse_args(arguments)
    learn(of_variables(os.environ))
    learn(of_command(getattr(options, "restart_command", "")))
    try:
        return int(options.run(options) or 0)
    except InputError as error:
        print(f"recsim: {error}", file=sys.stderr)  # noqa: T201 - this is the command's voice
        return USAGE
    except BrokenPipeError:  # who reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(safe(f"recsim: {error.filename or ''}: {error.strerror or error}"), file=sys.stderr)  # noqa: T201
        return USAGE
    except KeyboardInterrupt:
        return 130


class _Parser(argparse.ArgumentParser):
    """Exits with 4 on wrong arguments, as the plugin does."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="recsim", description="Companion of pytest-recsim.")
    parser.add_argument("--version", action="version", version=f"pytest-recsim {__version__}")
    verbs = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    stand_in = verbs.add_parser("serve", help="run the stand-in service by hand until Ctrl-C")
    serve.arguments(stand_in)
    stand_in.set_defaults(run=serve.serve)
    _generate(verbs)
    _import(verbs)
    report = verbs.add_parser(
        "report", help="render a bundle's report.html and README.md again from its record"
    )
    report.add_argument("bundle", type=Path, metavar="DIR", help="the report folder of one simulation")
    report.set_defaults(run=commands.report)
    past.arguments(verbs)
    _share(verbs)
    sides = verbs.add_parser("compare", help="hold a run against another, user by user")
    compare.arguments(sides)
    sides.set_defaults(run=compare.run)
    accepted = verbs.add_parser("baseline", help="name the accepted run that later ones are held against")
    baseline.arguments(accepted)
    accepted.set_defaults(run=baseline.run)
    _restore(verbs)
    _merge(verbs)
    schema = verbs.add_parser(
        "schema",
        help="print a published JSON Schema or the stand-in's OpenAPI document; without a name, all names",
    )
    schema.add_argument("name", nargs="?", metavar="NAME", help="which one")
    schema.set_defaults(run=commands.schema)
    return parser


def _merge(verbs: Verbs) -> None:
    merge = verbs.add_parser("merge", help="make one summary and one junit file out of a batch's slices")
    merge.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="reports folder of a slice")
    merge.add_argument(
        "--out", type=Path, default=Path("reports"), metavar="DIR", help="where the summary goes"
    )
    merge.add_argument("--junit", type=Path, metavar="FILE", help="default: junit.xml in --out")
    merge.add_argument(
        "--junit-properties",
        action="store_true",
        help="facts as properties of every testcase, too (Jenkins' xUnit plugin refuses those)",
    )
    merge.add_argument("--name", default="", help="of the batch, where a folder holds several")
    merge.set_defaults(run=commands.merge)


def _share(verbs: Verbs) -> None:
    share = verbs.add_parser("share", help="pack a report folder, or a batch, into one file for sending")
    share.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="the report folder of one simulation, or a reports folder, of which the newest batch is packed",
    )
    share.add_argument("--out", type=Path, required=True, metavar="FILE", help="the zip file to write")
    share.add_argument(
        "--redact",
        action="store_true",
        help="words instead of user ids and item ids, and neither lists nor people",
    )
    share.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="key that makes the words the same in every call (default: a new one that nobody keeps)",
    )
    share.add_argument(
        "--fixture-path",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="the data set, where it is not where the run found it (repeatable)",
    )
    share.add_argument("--force", action="store_true", help="overwrite an existing file")
    share.set_defaults(run=commands.share)


def _restore(verbs: Verbs) -> None:
    restore = verbs.add_parser("restore", help="take back what a killed run left changed on a service")
    restore.add_argument(
        "--reports-dir",
        type=Path,
        default=Path("reports"),
        metavar="DIR",
        help="where the killed run reported",
    )
    restore.add_argument(
        "--base-url", default="", metavar="URL", help="the service; RECSYS_API_KEY is sent to no other"
    )
    restore.add_argument(
        "--env-file", type=Path, metavar="FILE", help="for apply mode env-file: no other file is written"
    )
    restore.add_argument("--restart-command", default="", metavar="COMMAND", help="for apply mode env-file")
    restore.add_argument(
        "--note",
        type=Path,
        metavar="FILE",
        help="restore by this note though it may not be ours; read it first",
    )
    restore.add_argument(
        "--overwrite", action="store_true", help="bring the original back also where others changed it since"
    )
    restore.add_argument(
        "--keep", action="store_true", help="leave the services as they are and delete the notes"
    )
    restore.add_argument("--ca", type=Path, metavar="FILE", help="PEM file of a private authority")
    restore.set_defaults(run=commands.restore)


def _generate(verbs: Verbs) -> None:
    generate = verbs.add_parser("generate", help="make a synthetic customer from a seed")
    generate.add_argument("template", metavar="TEMPLATE", help="marketplace, media or retail")
    generate.add_argument(
        "--seed", type=int, required=True, metavar="N", help="the same seed makes the same file"
    )
    generate.add_argument("--out", type=Path, required=True, metavar="FIXTURE", help="the file to write")
    for name in ("items", "users", "events"):
        generate.add_argument(f"--{name}", type=int, metavar="N", help=f"how many {name}")
    generate.add_argument("--days", type=int, default=60, metavar="D", help="how long the history is")
    generate.add_argument("--force", action="store_true", help="overwrite an existing file")
    generate.set_defaults(run=commands.generate)


def _import(verbs: Verbs) -> None:
    importer = verbs.add_parser("import", help="turn somebody else's data set into a fixture")
    kinds = importer.add_subparsers(required=True, metavar="KIND")
    movielens = kinds.add_parser("movielens", help="a MovieLens folder with ratings.csv and movies.csv")
    movielens.add_argument("folder", type=Path, metavar="DIR", help="the unpacked archive")
    movielens.add_argument("--out", type=Path, required=True, metavar="FIXTURE", help="the file to write")
    movielens.add_argument("--window-days", type=float, metavar="D", help="the window you will judge with")
    movielens.add_argument("--force", action="store_true", help="overwrite an existing file")
    movielens.set_defaults(run=commands.import_movielens)
