"""The `recsim` command itself, and how its errors are told: one sentence, exit code 4."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click
from click.shell_completion import shell_complete

from pytest_recsim import __version__
from pytest_recsim.cli.refusals import refuse
from pytest_recsim.cli.table import Console
from pytest_recsim.cli.voice import note
from pytest_recsim.data.input.exitcodes import USAGE
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.masking import learn
from pytest_recsim.record.secrets import of_variables

COMPLETE = "_RECSIM_COMPLETE"
"""The variable in which a shell's completion script asks what could come next."""
EXAMPLES = (
    "recsim new acme",
    "recsim import csv orders.csv --out fixtures/customers/acme.json",
    "recsim open acme",
)


@click.group(
    cls=Console,
    examples=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80, "show_default": True},
)
@click.version_option(__version__, prog_name="pytest-recsim", message="%(prog)s %(version)s")
def recsim() -> None:
    """Prepare data and settings for pytest-recsim, look at its reports, run its stand-in.

    `recsim COMMAND --help` explains a command, with an example.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 done, 1 must not go, 4 wrong input, 10 a service is changed, 130 interrupted."""
    learn(of_variables(os.environ))
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except click.UsageError as error:
        return refuse(error)
    except InputError as error:
        print(f"recsim: {error}", file=sys.stderr)  # noqa: T201 - this is the command's voice
        return USAGE
    except BrokenPipeError:  # who reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        note(": ".join(filter(None, (str(error.filename or ""), error.strerror or str(error)))))
        return USAGE
    except KeyboardInterrupt:
        return 130


def _run(words: list[str]) -> int:
    if asked := os.environ.get(COMPLETE):
        return shell_complete(recsim, {}, "recsim", COMPLETE, asked)
    try:
        with recsim.make_context("recsim", words) as context:
            return int(recsim.invoke(context) or 0)
    except click.exceptions.Exit as end:  # after --help and --version
        return end.exit_code
