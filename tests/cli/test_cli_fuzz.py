"""Whatever is typed behind `recsim` is understood, or refused in one sentence with exit code 4."""

from __future__ import annotations

import click
from fuzzing import FEW, for_all
from hypothesis import strategies as st
from test_cli_help import EVERY, parsed

from pytest_recsim.cli.command import NoCommandError
from pytest_recsim.cli.refusals import LONGEST, refuse

OPTIONS = sorted({name for one in EVERY.values() for option in one.params for name in option.opts})
ODD = ["", "-", "--", "-1", "9" * 5000, "\udcff", "\x1b[2K", "a\nb", "--=", "²", "nan", "x" * 3000, "`"]
WORD = (
    st.sampled_from(ODD)
    | st.sampled_from(OPTIONS)
    | st.text(st.characters(exclude_characters="\0"), max_size=8)
)  # which cannot be typed
LINES = st.tuples(
    st.sampled_from(sorted(EVERY)),
    st.lists(WORD | st.tuples(st.sampled_from(OPTIONS), WORD).map("=".join), max_size=5),
)


def refused(words):
    """What is wrong with a command line; None where it is understood."""
    try:
        parsed(words)
    except click.exceptions.Exit:  # --help
        return None
    except click.UsageError as error:
        return error
    return None


def test_any_command_line_is_understood_or_refused_in_a_sentence(capsys):
    def holds(line):
        name, words = line
        if (error := refused([*name.split()[1:], *words])) is None:
            return
        capsys.readouterr()
        assert refuse(error) == 4
        said = capsys.readouterr().err.splitlines()
        assert said[-1].startswith("recsim")
        assert len(said[-1]) < LONGEST + 100
        assert isinstance(error, NoCommandError) or len(said) == 1

    for_all(FEW, LINES, holds)
