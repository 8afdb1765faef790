"""A whole run of the suite with some set of knobs, in a process of its own, as ``pytest --customer`` makes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.pace import Progress, paced, silent
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.history import past_of
from pytest_recsim.record.legible import legible
from pytest_recsim.record.masking import masked
from pytest_recsim.record.tune import Suite
from pytest_recsim.simulation.bundle.folders import bundles_in

NESTED = Path(__file__).with_name("nested.py")
"""Run as a text: pytest wants to rewrite the asserts of this package, so it may not be imported before."""
FOLDER = "suites"
LOG = "pytest.txt"
ENDING_S = 120.0
TAIL = 800
DROPPED = ("PYTEST_XDIST", "PYTEST_CURRENT_TEST", "GITHUB_STEP_SUMMARY")
"""What is told to the process around this one alone."""


@dataclass(frozen=True)
class Ask:
    """How whole runs are asked for.

    Attributes:
        root: the folder that pytest is started in.
        words: of its command line, the same for every run: customer, profile, service and so on.
    """

    root: Path
    words: tuple[str, ...]


def made(study: Path, who: str, where: str) -> Bundle | None:
    """Return the finished run that a study has made of these knobs on this slice, None where there is none."""
    for root in sorted((study / FOLDER / f"{where}-{who}").glob("*/"), reverse=True):
        for bundle in reversed(bundles_in(root)):
            with suppress(OSError, msgspec.DecodeError):
                if bundle.read_metadata().get("status") == "finished":
                    return bundle
    return None


def run_suite(
    ask: Ask, study: Path, who: str, where: str, values: Mapping[str, str], progress: Progress = silent
) -> Bundle:
    """Run the whole suite with these knobs laid over the profile; a run that this study has finished is not repeated.

    Ctrl-C reaches the run once, and it is waited for, so that it puts back what it changed.

    Args:
        ask: how it is asked for.
        study: the study's folder.
        who: ``start``, or a trial's number.
        where: the slice, ``tuning`` or ``verdict``.
        values: knob -> value as in a profile.
        progress: hears that it goes on.

    Raises:
        InputError: there is no finished record afterwards; says what pytest said.
    """
    found = made(study, who, where)
    if found is None:
        folder = study / FOLDER / f"{where}-{who}"
        folder.mkdir(parents=True, exist_ok=True)
        with paced(
            progress,
            f"whole run of {'the starting profile' if who == 'start' else f'trial {who}'}, {where} slice",
        ):
            code = _run(
                ask, ["--recsim-slice", where, *_overrides(values), *_of_reports(folder)], folder / LOG
            )
        found = made(study, who, where)
        if found is None:
            said = (folder / LOG).read_bytes()[-TAIL:].decode("utf-8", "replace").strip()
            what = f"the whole run of {who} on the {where} slice left no finished record (pytest ended with code {code}); it said at last:"
            raise InputError(Problem(shown(folder / LOG), f"{what}\n{masked(legible(said))}"))
    return found


def _overrides(values: Mapping[str, str]) -> list[str]:
    return [word for knob, text in values.items() for word in ("--recsim-env-override", f"{knob}={text}")]


def _of_reports(folder: Path) -> list[str]:
    """Everything that such a run leaves lies in its folder, whatever the ini file says."""
    return [
        "--recsim-reports-dir",
        str(folder.absolute()),
        "--junit-xml",
        str(folder.absolute() / "junit.xml"),
        "-o",
        "recsim_upload=",
    ]


def _run(ask: Ask, words: Sequence[str], log: Path) -> int:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(DROPPED)}
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-c", NESTED.read_text(encoding="utf-8"), *ask.words, *words],
            cwd=ask.root,
            env=kept,
            stdin=subprocess.PIPE,  # it closes when this process ends, however that happens
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # one Ctrl-C must not reach it twice
        )
        try:
            return process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            if process.stdin is not None:
                process.stdin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end as Ctrl-C does, and wait while it cleans up; somebody who is in a hurry asks again."""
    for wait_s in (ENDING_S, ENDING_S / 4):
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(wait_s)
            return
    process.kill()
    process.wait()


def suite_of(study: Path, who: str, where: str, bundle: Bundle) -> Suite:
    """Return what a run amounts to.

    Raises:
        OSError, msgspec.DecodeError: its record cannot be read.
    """
    run = past_of(bundle)
    return Suite(
        who=who,
        slice=where,  # type: ignore[arg-type]
        run=bundle.root.absolute().relative_to(study.absolute()).as_posix(),
        ready=run.ended and run.verdict == "may_go",
        verdict=run.sentence,
        failing=run.failing,
        figures={one.name: one.value for one in run.figures if not one.segment} | _money(bundle),
    )


def _money(bundle: Bundle) -> dict[str, float | None]:
    """What hits are worth, per list."""
    quality = bundle.read_quality()
    return {f"{one.name} per list": one.mean for one in quality.money} if quality else {}
