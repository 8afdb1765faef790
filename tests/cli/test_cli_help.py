"""`--help` teaches: it wraps, names every argument and ends with examples that work; completion knows the folder."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from pytest_recsim.cli import main
from pytest_recsim.cli.main import COMPLETE, recsim
from pytest_recsim.cli.table import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted({*ROOT.glob("docs/*.md")} - {ROOT / "docs/options.md"})]
CALLED = re.compile(r"\brecsim ((?:[a-z]|--?[a-z])[^>|)\n`#]*)")
IN_PAGES = re.compile(r"(?:^ {0,4}|^\$ |`)(recsim (?:[a-z]|--?[a-z])[^`\n]*)", re.MULTILINE)
HEAVY = {"numpy", "httpx", "yaml", "msgspec", "jsonschema", "aiohttp", "pytest", "polars", "matplotlib"}


def every(of: click.Command = recsim, name: str = "recsim"):
    """All commands, groups as well, by what one types."""
    yield name, of
    if isinstance(of, click.Group):
        with click.Context(of) as context:
            for verb in of.list_commands(context):
                yield from every(of.get_command(context, verb), f"{name} {verb}")


EVERY = dict(every())


def parsed(words):
    """Parse a command line as `main` would and return what it calls, the groups on the way first."""
    context, command = recsim.make_context("recsim", list(words)), recsim
    called = [command]
    while isinstance(command, click.Group):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
        called.append(command)
    return called


@pytest.mark.parametrize("name", EVERY)
def test_help_wraps_at_80_columns_and_ends_with_examples(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*name.split()[1:], "--help"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert re.search(r"\nExamples?:\n(  .+\n)+$", shown)


@pytest.mark.parametrize("name", EVERY)
def test_the_examples_of_a_command_call_it_as_it_can_be_called(name):
    command = EVERY[name]
    calls = CALLED.findall("\n".join(command.examples).replace("\\\n", " "))
    assert calls
    for call in calls:
        assert command in parsed(shlex.split(call)), call


def test_every_recsim_command_line_of_the_pages_can_be_typed():
    wrong = []
    for page in PAGES:
        lines = IN_PAGES.findall(page.read_text(encoding="utf-8").replace("\\\n", " "))
        for call in (call for line in lines for call in CALLED.findall(line)):
            try:
                parsed(shlex.split(call.replace(" ...", "").replace("[", "").replace("]", "")))
            except click.exceptions.Exit:  # --help
                continue
            except click.UsageError as error:
                # a value is left to the reader
                short = isinstance(error, click.BadParameter | click.BadOptionUsage)
                if "is missing" not in str(error) and not short:
                    wrong.append(f"{page.name}: {call}: {error.format_message()}")
    assert wrong == []


def test_the_list_of_commands_says_what_each_is_for(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for entry in COMMANDS.values():
        assert re.search(rf"^  {entry.name} +{re.escape(entry.help[:20])}", shown, re.MULTILINE)
    assert all(isinstance(EVERY[f"recsim {name}"], click.Command) for name in COMMANDS)


def test_who_names_no_command_is_shown_the_commands_and_gets_exit_code_4(capsys):
    for words in ((), ("baseline",)):
        assert main(list(words)) == 4
        out, err = capsys.readouterr()
        assert out == ""
        assert "Commands:" in err or "Data:" in err
        name = " ".join(("recsim", *words))
        assert err.endswith(f"\n{name}: COMMAND is missing; see `{name} --help`\n")


def test_help_costs_next_to_nothing():
    code = f"import sys; from pytest_recsim.cli import main; main(['--help']); print(sorted({HEAVY!r} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert shown.stdout.endswith("\n[]\n"), shown.stdout


def test_nothing_but_the_command_knows_click():
    rooms = (path for path in (ROOT / "pytest_recsim").glob("**/*.py") if "cli" not in path.parts)
    wanting = re.compile(
        r"^\s*(import click|from click|from pytest_recsim\.cli|import pytest_recsim\.cli)", re.MULTILINE
    )
    assert [path.name for path in rooms if wanting.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_each_shell(shell, capsys):
    assert main(["completion", shell]) == 0
    shown = capsys.readouterr().out
    assert f"{COMPLETE}={shell}_complete" in shown


@pytest.fixture
def completed(tmp_path, monkeypatch):
    """What a shell would be offered in a folder with customers and profiles."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "guardrails.yml").write_text("customers:\n  acme: {}\n  7: {}\n")
    for folder in ("reports/shop", "reports/.recsim", "profiles", "fixtures/customers"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "profiles/mine.env").touch()
    (tmp_path / "fixtures/customers/later.json").touch()

    def offer(*words):
        found = BashComplete(recsim, {}, "recsim", COMPLETE).get_completions(list(words[:-1]), words[-1])
        return [one.value for one in found]

    return offer


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["hist"], ["history"]),
        (["history", ""], ["7", "acme", "later", "shop"]),
        (["baseline", "set", "a"], ["acme"]),
        (["open", "s"], ["shop"]),
        (["serve", "--env-profile", "m"], ["mine"]),
        (["generate", "m"], ["marketplace", "media"]),
        (["schema", "fix"], ["fixture"]),
        (["completion", ""], ["bash", "fish", "zsh"]),
    ],
)
def test_names_of_the_folder_complete(completed, words, offered):
    assert completed(*words) == offered


def test_what_cannot_be_read_completes_to_less_and_never_fails(completed, tmp_path):
    (tmp_path / "guardrails.yml").write_text("customers: [")
    assert completed("history", "") == ["later", "shop"]


def test_a_shell_that_asks_is_answered_on_standard_output(monkeypatch, capfd):
    for name, value in {COMPLETE: "bash_complete", "COMP_WORDS": "recsim comp", "COMP_CWORD": "1"}.items():
        monkeypatch.setenv(name, value)
    assert main([]) == 0
    assert capfd.readouterr().out.split() == ["plain,compare", "plain,completion"]
