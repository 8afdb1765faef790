"""``recsim tune``: knobs tried on one part of the data and judged on another."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_recsim.cli.command import PATH, argument, command
from pytest_recsim.cli.completion import customers
from pytest_recsim.cli.tune_options import FLAGS, OF_PLAN, named_here, of_plan, spaces
from pytest_recsim.cli.voice import meter, note, say
from pytest_recsim.data.input.exitcodes import NOT_DONE, SERVICE_CHANGED
from pytest_recsim.data.input.problems import InputError, Problem, RecsimError

if TYPE_CHECKING:
    from pytest_recsim.record.tune import Study
    from pytest_recsim.tune.tuning import Wanted

MAY_CHANGE = ("trials", "reports_dir", *FLAGS)
"""What may be given with --resume."""


@command(
    "recsim tune acme --space relevance --trials 60",
    'recsim tune acme --knob "PROFILE_BOOST=0.1..2:log" --knob MMR_LAMBDA=0.2..1',
    "recsim tune acme --show",
    "recsim tune acme --resume",
)
@argument(
    "customer",
    required=False,
    metavar="CUSTOMER",
    help="whose knobs; with --show and --resume also a study's folder",
    shell_complete=customers,
)
@click.option(
    "--space",
    default="",
    metavar="NAME",
    help="knobs to try: a shipped space (--spaces) or a YAML file",
    shell_complete=spaces,
)
@click.option(
    "--knob",
    "knobs",
    multiple=True,
    metavar="KNOB=RANGE",
    help="a knob to try: LOW..HIGH, with :log or :step=STEP, or A,B,C",
)
@click.option(
    "--goal", "goals", multiple=True, metavar="METRIC", help="what to make better; the first decides"
)
@click.option(
    "--harm", type=float, default=0.05, metavar="X", help="most that a segment may lose, as a share"
)
@click.option("--trials", type=int, default=60, metavar="N", help="how many sets of knobs to try")
@click.option("--jobs", type=int, default=1, metavar="J", help="trials at once")
@click.option(
    "--sampler", default="gp", metavar="NAME", help="how the next is chosen: gp, tpe, random, nsga2"
)
@click.option("--seed", type=int, default=0, metavar="N", help="the same seed makes the same study")
@click.option(
    "--learn-from",
    type=PATH,
    multiple=True,
    metavar="DIR",
    help="studies of other customers: what won there is tried first",
)
@of_plan
@click.option("--reports-dir", type=PATH, default=Path("reports"), metavar="DIR", help="where studies are")
@click.option("--resume", is_flag=True, help="go on with a study that was cut off")
@click.option("--show", is_flag=True, help="how far a study is, also while it runs")
@click.option("--spaces", "list_spaces", is_flag=True, help="the shipped spaces, and what they try")
def tune(**given: Any) -> int:
    """Look for better knobs on one part of a customer's data, and judge the best on a part that no trial has seen.

    Nothing is changed on a service: what comes out is a report and, where it is better, a profile beside the others.
    Exit code 0: there is a better profile; 1: keep the one there is, or a service failed; 130: cut off, --resume goes on.
    """
    if given["list_spaces"]:
        return _list_spaces()
    if not given["customer"]:
        raise InputError(Problem("recsim tune", "CUSTOMER is missing; `recsim tune --help` explains"))
    if given["show"]:
        return _show(given["customer"], given["reports_dir"])
    try:
        with _ended_kindly():
            study, folder = _made(given)
    except (RecsimError, KeyboardInterrupt) as error:
        left = getattr(error, "__notes__", ())
        for sentence in left:
            note(named_here(sentence))
        if isinstance(error, InputError) and not left:
            raise InputError([_named_here(one) for one in error.problems]) from None
        note(named_here(str(error)) or "interrupted")
        stopped = 130 if isinstance(error, KeyboardInterrupt) else NOT_DONE
        return SERVICE_CHANGED if left else stopped
    _tell(study, folder)
    return 0 if study.verdict and study.verdict.decision == "change" else NOT_DONE


def _named_here(problem: Problem) -> Problem:
    return replace(problem, where=named_here(problem.where), what=named_here(problem.what))


def _made(given: dict[str, Any]) -> tuple[Study, Path]:
    from pytest_recsim.tune.tuning import resume, tune

    if given["resume"]:
        folder, wanted = _as_begun(given)
        return resume(folder, wanted, say=note, progress=meter()), folder
    folder, study = tune(_wanted(given), say=note, progress=meter())
    return study, folder


def _wanted(given: dict[str, Any]) -> Wanted:
    from pytest_recsim.tune.tuning import Wanted

    own = ("customer", "space", "knobs", "goals", "harm", "trials", "jobs", "sampler", "seed", "learn_from")
    options = {name: given[name] for name in OF_PLAN if given[name] not in ("", ())}
    return Wanted(
        **{name: given[name] for name in own},
        reports=given["reports_dir"],
        options=options,
        command=_command(given),
    )


def _command(given: dict[str, Any]) -> str:
    """Return the command line that means the same, without what goes without saying."""
    words = ["recsim", "tune", given["customer"]]
    for one in tune.params:
        value = given[one.name or ""]
        if not isinstance(one, click.Option) or one.name in FLAGS or value in (one.default, "", ()):
            continue
        several = value if one.multiple else (value,)
        words += [word for text in several for word in (max(one.opts, key=len), str(text))]
    return shlex.join(words)


def _as_begun(given: dict[str, Any]) -> tuple[Path, Wanted]:
    """Return the folder of a study, and what was wanted when it was begun; more trials may be wanted now."""
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.tune.folders import opened, study_named

    folder = study_named(given["customer"], given["reports_dir"])
    here = [one for one in tune.params if isinstance(one, click.Option) and one.name not in MAY_CHANGE]
    if typed := [max(one.opts, key=len) for one in here if _typed(one.name or "")]:
        what = f"{typed[0]}: a study goes on as it was begun; leave it out, or begin another one"
        raise InputError(Problem("--resume", what))
    study = opened(folder)
    words = shlex.split(study.command)
    if words[:2] != ["recsim", "tune"]:
        what = "was not begun with `recsim tune`; the program that began it goes on with it"
        raise InputError(Problem(shown(folder), what))
    with tune.make_context("recsim tune", words[2:]) as context:
        begun = dict(context.params)
    if _typed("trials"):
        begun["trials"] = given["trials"]
    return folder, _wanted(begun)


def _typed(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


@contextmanager
def _ended_kindly() -> Iterator[None]:
    """Let a signal end the study as Ctrl-C does, so that what it changed is put back."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {one: signal.signal(one, interrupt) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _tell(study: Study, folder: Path) -> None:
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.tune.showing import lines_of

    say("\n".join(lines_of(study, shown(folder), working=False)))


def _show(name: str, reports: Path) -> int:
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.tune.folders import at_work, opened, study_named
    from pytest_recsim.tune.showing import lines_of

    folder = study_named(name, reports)
    say("\n".join(lines_of(opened(folder), shown(folder), working=at_work(folder))))
    return 0


def _list_spaces() -> int:
    from pytest_recsim.tune.wishes import read_space, shipped

    for name in shipped():
        space = read_space(name)
        say(f"{name}: {space.about}")
        if space.goals:
            say(f"  --goal {' --goal '.join(space.goals)}")
        for wish in space.wishes:
            say(f"  {wish.knob}={wish.said if isinstance(wish.said, str) else ','.join(wish.said)}")
    return 0
