"""``recsim validate``: what is wrong with inputs, what a data set can carry, and what looks odd in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pytest_recsim.cli.command import PATH, argument, command
from pytest_recsim.cli.completion import customers, profiles
from pytest_recsim.cli.voice import document, meter, say
from pytest_recsim.data.input.problems import InputError, Problem


def _a(
    kind: click.FloatRange | click.IntRange,
) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Refuse a text that is no such number; what is judged takes texts, as pytest's options are."""

    def checked(context: click.Context, option: click.Parameter, text: str | None) -> str | None:
        if text is not None:
            kind(text, option, context)
        return text

    return checked


@command(
    "recsim validate",
    "recsim validate fixtures/customers/acme.json --customer acme --window-days 60",
    "recsim validate guardrails.yml profiles/prod.env --json",
    "recsim validate fixtures/customers/acme.json --rehearse",
    "recsim validate acme.json --derive-tags acme_tagged.json",
)
@argument(
    "inputs",
    nargs=-1,
    type=PATH,
    metavar="INPUT",
    help="data set, profile, guardrails.yml or batch file",
)
@click.option(
    "--customer",
    default="",
    metavar="NAME",
    help="judge data sets as this customer's",
    shell_complete=customers,
)
@click.option("--env-profile", metavar="NAME", help="with these knobs", shell_complete=profiles)
@click.option(
    "--env-override", "env_overrides", multiple=True, metavar="KNOB=VALUE", help="on top of it (repeatable)"
)
@click.option("--namespace", metavar="NAME", help="with the thresholds of this namespace")
@click.option("--guardrails-file", metavar="FILE", help="in place of guardrails.yml")
@click.option(
    "--window-days",
    callback=_a(click.FloatRange(min=0.01)),
    metavar="D",
    help="only events of the last D days",
)
@click.option("--sample-users", callback=_a(click.IntRange(min=1)), metavar="N", help="judge so many users")
@click.option(
    "--rehearse",
    is_flag=True,
    help="run the suite on the stand-in where only answers can tell, and keep nothing of it",
)
@click.option(
    "--derive-tags", type=PATH, metavar="FIXTURE", help="write a copy with brand: and category: tags"
)
@click.option("--json", "as_json", is_flag=True, help="print everything as JSON")
def validate(
    inputs: tuple[Path, ...],
    customer: str | None,
    rehearse: bool,
    derive_tags: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Say all that is wrong with data sets and settings, and what a data set can carry.

    Without INPUT everything that this folder holds. Exit code 1: something is wrong; 0: nothing is, whatever looks odd.
    """
    import msgspec

    from pytest_recsim.clock import utc_now
    from pytest_recsim.data.profiles.profiles import find_profile, packaged_profiles
    from pytest_recsim.record.jsonio import dumps
    from pytest_recsim.record.masking import safe
    from pytest_recsim.validate.inputs import everything
    from pytest_recsim.validate.page import ending, lines_of
    from pytest_recsim.validate.validating import Asked, check_customer, validated

    if derive_tags is not None:
        return _derive(inputs, derive_tags)
    if options["env_profile"]:
        find_profile(options["env_profile"], (Path("profiles"), packaged_profiles()))
    given = {key: value for key, value in options.items() if value}
    asked = Asked(Path.cwd(), utc_now(), customer or "", given, rehearse, meter())
    check_customer(asked, inputs)
    found = [validated(path, asked) for path in inputs or everything(asked.root)]
    if rehearse and not any(one.kind == "data set" for one in found):
        raise InputError(Problem("--rehearse", "runs the suite on data sets; none was given, so name one"))
    if as_json:
        document(safe(msgspec.json.format(dumps({"inputs": found}), indent=2).decode()))
    else:
        say("\n".join(line for one in found for line in [*lines_of(one), ""]) + ending(found))
    return 0 if all(one.sound for one in found) else 1


def _derive(inputs: tuple[Path, ...], out: Path) -> int:
    from pytest_recsim.data.fixtures.fixture import load_fixture
    from pytest_recsim.sources.writer import refuse_ending, write_fixture
    from pytest_recsim.validate.tags import derived

    if len(inputs) != 1:
        raise InputError(Problem("--derive-tags", f"is for exactly one data set; here are {len(inputs)}"))
    refuse_ending(out)
    made, added = derived(load_fixture(inputs[0]))
    write_fixture(made, out)
    told = " and ".join(f"{count:,} `{kind}:` tags" for kind, count in added.items())
    say(f"{out}: {told} added; judge it with --fixture-path, or name it in guardrails.yml")
    return 0
