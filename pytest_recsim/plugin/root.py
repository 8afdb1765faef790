"""A trap of pytest: an option's value that is an existing path, typed after a blank, can move the rootdir."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest


def refuse_moved_root(config: pytest.Config) -> None:
    """Stop when a typed path made pytest look for the project elsewhere.

    pytest looks for its root before plugins are loaded, so it takes the value in ``--fixture-path /data/a.json``
    for a place of tests. Then the project's ini, guardrails.yml and reports folder would silently be others.

    Raises:
        UsageError: naming the option and the spelling that does not do this.
    """
    here, root = Path(config.invocation_params.dir), config.rootpath
    chosen = config.option.rootdir or config.option.inifilename
    if chosen or (config.inipath is not None and here.is_relative_to(root)):
        return
    words = [str(word) for word in config.invocation_params.args]
    for option, value in pairwise(words):
        if option.startswith("--") and "=" not in option and _outside(value, here):
            raise pytest.UsageError(
                f"{option} {value}: pytest takes this path for the project and moves its root to {root}; "
                f"write {option}={value}"
            )


def _outside(value: str, here: Path) -> bool:
    try:
        path = (here / value).resolve()
        return not value.startswith("-") and path.exists() and not path.is_relative_to(here.resolve())
    except OSError:
        return False
