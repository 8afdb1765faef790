"""Whether a run uses an engine, or is a task of one; and what stands against that, found before anything begins."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_recsim.data.input.problems import Problem, nearest
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import Resolved
from pytest_recsim.plugin.names import as_known

if TYPE_CHECKING:
    from pytest_recsim.engine.job import Job

ENGINES = ("dask",)
OPTION, ADDRESS, WORKERS = "--recsim-engine", "--recsim-engine-address", "--recsim-engine-workers"
SCHEMES = ("tcp://", "tls://")


def job_of(config: pytest.Config) -> tuple[Path, Job] | None:
    """Return the folder of the task that this run is, and what it is to do; None for a run that somebody has typed."""
    found = getattr(config.option, "recsim_task", "")
    if not found:
        return None
    from pytest_recsim.engine.job import read_job

    return Path(found), read_job(Path(found))


def refuse_engine(config: pytest.Config, options: Options, resolved: Resolved) -> None:
    """Stop when an engine is asked for and cannot do what is asked.

    Raises:
        UsageError: with a sentence for each thing that stands against it.
    """
    problems = [*_of_options(options), *(_of_run(config, options, resolved) if options.engine else ())]
    if problems:
        raise pytest.UsageError(as_known("\n".join(map(str, problems)), config))


def _of_options(options: Options) -> Iterator[Problem]:
    if not options.engine:
        for name, given in ((ADDRESS, options.engine_address), (WORKERS, options.engine_workers)):
            if given:
                yield Problem(name, f"says something about an engine, and there is none: add {OPTION} dask")
        return
    if options.engine not in ENGINES:
        word = options.engine
        yield Problem(OPTION, f"`{word}`: must be one of {', '.join(ENGINES)}{nearest(word, ENGINES)}")
    elif find_spec("distributed") is None:
        yield Problem(OPTION, "needs the package distributed: pip install 'pytest-recsim[dask]'")
    if options.engine_address and not options.engine_address.startswith(SCHEMES):
        what = f"`{options.engine_address}`: must begin with {' or '.join(SCHEMES)}, as in tcp://host:8786"
        yield Problem(ADDRESS, what)
    if options.engine_address and options.engine_workers:
        yield Problem(WORKERS, f"is for a cluster that is started here; the one at {ADDRESS} has its own")
    if options.engine_workers and not (options.engine_workers.isdecimal() and int(options.engine_workers)):
        yield Problem(WORKERS, f"`{options.engine_workers}`: must be a whole number >= 1")


def _of_run(config: pytest.Config, options: Options, resolved: Resolved) -> Iterator[Problem]:
    if getattr(config.option, "dist", "no") != "no":
        yield Problem(OPTION, "has processes of its own: leave -n out")
    if options.sweep:
        yield Problem(
            OPTION, "takes no --recsim-sweep: its variants share one seeding, which is in one place"
        )
    if options.seed_only:
        yield Problem(OPTION, "takes no --recsim-seed-only: nothing is left to be run elsewhere")
    if getattr(config.option, "usepdb", False):
        yield Problem(OPTION, "takes no --pdb: tests stop in another process, maybe on another machine")
    for plan in resolved.plans:
        if plan.mode.changes and not plan.stand_in:
            what = (
                f"takes no apply mode `{plan.apply.value}` on a running service, as {plan.id} has it: the note "
                "that says how to put the service back must lie where the next run finds it"
            )
            yield Problem(OPTION, what)
