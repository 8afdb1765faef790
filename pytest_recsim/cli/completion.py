"""``recsim completion``, and what completes where: customers, profiles, templates, schemas.

Looking something up while somebody types must never fail and never take long: what cannot be read completes to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_recsim.cli.command import argument, command
from pytest_recsim.cli.voice import document
from pytest_recsim.data.input.problems import InputError, Problem, nearest

if TYPE_CHECKING:
    import click

SHELLS = ("bash", "fish", "zsh")


@command(
    'eval "$(recsim completion bash)"',
    "recsim completion fish > ~/.config/fish/completions/recsim.fish",
)
@argument(
    "shell",
    metavar="SHELL",
    help="bash, fish or zsh",
    shell_complete=lambda _ctx, _param, typed: _matching(SHELLS, typed),
)
def completion(shell: str) -> None:
    """Print the script that completes commands, options, customers, profiles and templates in your shell.

    Put the first example into ~/.bashrc (with zsh for bash into ~/.zshrc), the second is for fish.
    """
    from click.shell_completion import get_completion_class

    from pytest_recsim.cli.main import COMPLETE, recsim

    kind = get_completion_class(shell) if shell in SHELLS else None
    if kind is None:
        what = f"`{shell}`: must be one of {', '.join(SHELLS)}{nearest(shell, SHELLS)}"
        raise InputError(Problem("completion", what))
    document(kind(recsim, {}, "recsim", COMPLETE).source().strip())


def templates(_ctx: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """Complete templates of synthetic shops."""
    from pytest_recsim.sources.words import TEMPLATES

    return _matching(TEMPLATES, typed)


def customers(_ctx: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """Complete the customers of guardrails.yml and those with fixtures or reports."""
    found = [path.name for path in _inside("reports") if path.is_dir() and path.name[:1] not in "._"]
    found += [path.stem for path in _inside("fixtures/customers")]
    with suppress(Exception):  # half-written YAML is nothing to complain about while somebody types
        import yaml

        found += map(str, yaml.safe_load(Path("guardrails.yml").read_text(encoding="utf-8"))["customers"])
    return _matching(found, typed)


def profiles(_ctx: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """Complete profiles of this folder and of the package."""
    from pytest_recsim.data.profiles.profiles import packaged_profiles

    files = [*_inside("profiles"), *_inside(packaged_profiles())]
    return _matching((path.stem for path in files if path.suffix == ".env"), typed)


def schemas(_ctx: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """Complete names of published schemas."""
    from pytest_recsim.schemas import names

    return _matching((*names(), "openapi"), typed)


def _inside(folder: str | Path) -> list[Path]:
    with suppress(OSError):
        return list(Path(folder).iterdir())
    return []


def _matching(names: Iterable[str], typed: str) -> list[str]:
    return sorted({name for name in names if name.startswith(typed)})
