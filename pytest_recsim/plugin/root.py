"""A trap of pytest: an option's value that is an existing path, typed after a blank, can move the rootdir.

pytest looks for its root before plugins are loaded, so it takes the value in ``--fixture-path /data/a.json`` for a place
of tests. Then the project's ini, guardrails.yml and reports folder would silently be others. Once all options are known
it is clear what was meant, and pytest starts again with ``--fixture-path=/data/a.json``, which moves nothing.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ADDED = "PYTEST_ADDOPTS"


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | pytest.ExitCode | None:
    """Run pytest anew with the root that the user meant; None when this one has it."""
    if hasattr(config, "workerinput") or config.option.help or config.option.version:
        return None  # a worker's words come from a run that has it, and help needs none
    if config.option.inifilename:
        return None  # a chosen ini file brings its root with it
    here = Path(config.invocation_params.dir)
    typed = [str(word) for word in config.invocation_params.args]
    added = shlex.split(os.environ.get(ADDED, ""))
    places = set(map(str, config.option.file_or_dir))
    ours, theirs = joined(typed, places, here), joined(added, places, here)
    if (ours, theirs) == (typed, added) or not _moved([*typed, *added], places, here, config.rootpath):
        return None
    with _added(shlex.join(theirs)):
        return pytest.main(ours, config.invocation_params.plugins)


def joined(words: Sequence[str], places: Collection[str], here: Path) -> list[str]:
    """Write ``--option value`` as ``--option=value`` where the value is an existing path and no place of tests.

    Args:
        words: as typed.
        places: the words among them that say where tests are.
        here: where relative paths start.
    """
    done: list[str] = []
    for word in words:
        if done and _takes(done[-1]) and word not in places and _exists(word, here):
            done[-1] += f"={word}"
        else:
            done.append(word)
    return done


def _takes(option: str) -> bool:
    return option.startswith("--") and "=" not in option and option != "--"


def _exists(word: str, here: Path) -> bool:
    try:
        return not word.startswith("-") and (here / word).exists()
    except OSError:
        return False


def _moved(words: Sequence[str], places: Collection[str], here: Path, root: Path) -> bool:
    """Whether a path beside or above ``here`` took part in the search, or one inside had a root of its own."""
    paths = [(here / word).resolve() for word in words if word not in places and _exists(word, here)]
    outside = any(not path.is_relative_to(here.resolve()) for path in paths)
    return outside or not here.is_relative_to(root)


@contextmanager
def _added(words: str) -> Iterator[None]:
    """Let the second run read these words from the environment, as it would the user's."""
    if before := os.environ.get(ADDED):
        os.environ[ADDED] = words
    try:
        yield
    finally:
        if before:
            os.environ[ADDED] = before
