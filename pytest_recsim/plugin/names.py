"""The short names of our options, ``--customer`` and the like, which a project or another plugin may have, too.

Ours are registered last, when all others have theirs, and only where the name is free: pytest ends with an error when
an option is defined twice, and a project must not notice that we are installed. But which conftests load depends on
whether a run of ours is asked for. So that is read beforehand, as if the names were ours; where one of these conftests
has the name in quotes it waits until they are loaded.
"""

from __future__ import annotations

import argparse
import copy
import re
from collections.abc import Iterator, Sequence
from glob import iglob
from pathlib import Path

import pytest

from pytest_recsim.plugin.options import GROUP, OPTIONS

ASKING = ("--customer", "--batch-file", "--recsim-customer", "--recsim-batch-file", "@")
"""How words begin without which there is no run of ours; ``@FILE`` stands for the words in that file."""


def add_free(parser: pytest.Parser) -> None:
    """Register the short names that nobody else has."""
    taken, group = _taken(parser), parser.getgroup(*GROUP)
    for option in OPTIONS:
        if option.short and (name := f"--{option.name}") not in taken:
            group.addoption(name, help=f"short for {option.long}", **option.attributes())


def _taken(parser: pytest.Parser, but: str = "") -> set[str]:
    """Return the names of all options that are registered; those of one group are left out."""
    groups = [*parser._groups, parser._anonymous]  # noqa: SLF001 - there is no public way to see the options
    return {
        name for group in groups if group.name != but for option in group.options for name in option.names()
    }


def as_known(text: str, config: pytest.Config) -> str:
    """Return a sentence with our options as this run knows them: by the long name where the short one is somebody else's."""
    ours = {f"--{option.name}" for option in OPTIONS if option.short}
    theirs = ours & _taken(config._parser, but=GROUP[0])  # noqa: SLF001 - see ``_taken``
    for name in theirs:
        text = re.sub(rf"(?<![\w-]){name}(?![\w-])", f"--recsim-{name[2:]}", text)
    return text


def asked_early(config: pytest.Config, parser: pytest.Parser, args: Sequence[str]) -> bool:
    """Return whether a run of ours is asked for, as far as this is certain before conftests are loaded.

    If so, ``known_args_namespace`` holds the places of tests without the values of our options.
    """
    free = {f"--{option.name}" for option in OPTIONS if option.short} - _taken(parser)
    words = [_long(word, free) for word in args]
    known = _known(config, parser, words)
    typed = {word.partition("=")[0] for word in args} & free
    if known is None or any(_mentions(conftest, typed) for conftest in _conftests(config)):
        return False
    config.known_args_namespace.file_or_dir = known.file_or_dir
    return True


def asked(config: pytest.Config, parser: pytest.Parser, args: Sequence[str]) -> bool:
    """Return whether a run of ours is asked for, now that all options are registered."""
    return _known(config, parser, args) is not None


def _known(config: pytest.Config, parser: pytest.Parser, words: Sequence[str]) -> argparse.Namespace | None:
    """Read the command line if it asks for a run of ours; what is wrong with it is left for pytest to say."""
    handed_over = bool(
        config.option.recsim_customer or config.option.recsim_batch_file
    )  # to a worker of xdist
    if not handed_over and not any(word.startswith(ASKING) for word in words):
        return None
    try:
        known = parser.parse_known_args(words, copy.copy(config.option))
    except pytest.UsageError:
        return None
    return known if known.recsim_customer or known.recsim_batch_file else None


def _long(word: str, free: set[str]) -> str:
    return f"--recsim-{word[2:]}" if word.partition("=")[0] in free else word


def _conftests(config: pytest.Config) -> Iterator[Path]:
    """Yield the conftests that pytest loads at its start when no place is typed; those of typed places load anyway."""
    places = {str(config.invocation_params.dir), str(config.rootpath)}
    for pattern in config.getini("testpaths"):
        places.update(iglob(str(config.rootpath / pattern), recursive=True))  # noqa: PTH207 - as pytest does
    for place in places:
        for found in (Path(place, "conftest.py"), *Path(place).glob("test*/conftest.py")):
            if found.is_file():
                yield found


def _mentions(conftest: Path, names: set[str]) -> bool:
    quoted = set(re.findall(r"""["'](--[\w-]+)["']""", conftest.read_text(errors="replace")))
    return bool(quoted & names)
