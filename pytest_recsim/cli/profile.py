"""``recsim profile``: look at profiles, compare, check and change them, and exchange them with a service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_recsim.cli.columns import columns
from pytest_recsim.cli.command import PATH, argument, folder, group
from pytest_recsim.cli.completion import profiles
from pytest_recsim.cli.profile_service import apply, fetch
from pytest_recsim.cli.voice import note, say
from pytest_recsim.data.input.problems import InputError, Problem

if TYPE_CHECKING:
    from pytest_recsim.data.profiles.diff import Apart
    from pytest_recsim.data.profiles.knobs import Knob
    from pytest_recsim.data.profiles.profiles import Profile, Setting

ROOT = click.option(
    "--root",
    type=PATH,
    callback=folder,
    default=Path(),
    metavar="DIR",
    help="the folder with profiles/ and guardrails.yml",
)


@group("recsim profile list", "recsim profile set acme MMR_LAMBDA=0.5")
def profile() -> None:
    """Look at profiles, compare, check and change them, exchange them with a service.

    A profile is named as `--env-profile` names it, or by the path of its file.
    """


profile.add_command(fetch)
profile.add_command(apply)


@profile.command("list", examples=("recsim profile list",))
@ROOT
def list_profiles(root: Path) -> None:
    """List the profiles of this folder and those that ship with pytest-recsim, with the customers that use them."""
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.data.profiles.places import profiles_of
    from pytest_recsim.data.profiles.profiles import examine
    from pytest_recsim.plan.pairing import customers_with, guardrails_of

    guardrails = guardrails_of(root)
    rows = [("profile", "knobs", "customers", "file")]
    for place in profiles_of(root):
        try:
            found, problems = examine(place.path, partial=True)
            size = f"{len(found.values)}" + (f", {len(problems)} wrong" if problems else "")
        except InputError:
            size = "not readable"
        file = shown(place.path) + (" (ships with pytest-recsim)" if place.shipped else "")
        if place.hidden_by is not None:
            rows.append((place.name, size, "-", f"{file}; hidden by {shown(place.hidden_by)}"))
            continue
        names = ", ".join(entry.name for entry in customers_with(place.path, guardrails, root))
        rows.append((place.name, size, names or "-", file))
    say("\n".join(columns(rows)))


@profile.command("show", examples=("recsim profile show prod", "recsim profile show prod MMR_LAMBDA"))
@argument("name", metavar="NAME", help="the profile", shell_complete=profiles)
@argument("knob", metavar="KNOB", required=False, default="", help="only this one, with how it can travel")
@ROOT
def show_profile(name: str, knob: str, root: Path) -> None:
    """Show every knob: value, where it is set, meaning, range, unit and default."""
    from pytest_recsim.data.profiles.knobs import KNOBS, unknown_knob
    from pytest_recsim.data.profiles.places import profile_file
    from pytest_recsim.data.profiles.profiles import load_profile

    if knob and knob.upper() not in KNOBS:
        raise InputError(Problem("KNOB", unknown_knob(knob)))
    found = load_profile(profile_file(name, root))
    for text in found.notes:
        note(text)
    wanted = [KNOBS[knob.upper()]] if knob else KNOBS.values()
    say("\n".join(line for one in wanted for line in _described(one, found, travel=bool(knob))))
    if found.kept and not knob:
        note(f"operational settings in that file, which are never shown: {', '.join(found.kept)}")


def _described(knob: Knob, found: Profile, *, travel: bool) -> Iterator[str]:
    from pytest_recsim.data.profiles.knobs import allowed

    setting = found.values.get(knob.name)
    default = "unset" if knob.default is None else knob.default or "empty"
    if knob.required:
        when = f" while {knob.required_if} is true" if knob.required_if else ""
        default = f"none: the service does not start without it{when}"
    yield (
        f"{knob.name} = {setting.text or '(empty)'}  ({setting.origin})"
        if setting
        else f"{knob.name} is left out"
    )
    yield f"    {knob.meaning}"
    yield f"    takes {allowed(knob)}{f' ({knob.unit})' if knob.unit else ''}; default {default}"
    if travel:
        whole = ", whole numbers only" if knob.override_integer else ""
        echo = " (shown there, ranking ignores it)" if knob.admin_echo else ""
        yield f"    per request: {f'`{knob.override_key}`{whole}' if knob.override_key else 'no'}"
        yield f"    admin document: {f'`{knob.admin_key}`{echo}' if knob.admin_key else 'no'}"
        yield f"    moves lists: {'yes' if knob.ranks else 'no'}"


@profile.command("diff", examples=("recsim profile diff prod acme", "recsim profile diff prod ./service.env"))
@argument("one", metavar="A", help="a profile", shell_complete=profiles)
@argument("other", metavar="B", help="another one", shell_complete=profiles)
@ROOT
def diff_profiles(one: str, other: str, root: Path) -> None:
    """Compare two profiles by what they mean: 0.50 is 0.5, lists are sets. Exit code 0, whatever differs."""
    from pytest_recsim.data.profiles.diff import diff
    from pytest_recsim.data.profiles.places import profile_file
    from pytest_recsim.data.profiles.profiles import load_profile

    found = diff(*(load_profile(profile_file(name, root)) for name in (one, other)))
    apart = [row for row in found if not row.alike]
    if apart:
        say("\n".join(columns([("knob", one, other), *map(_apart, apart)])))
    else:
        say(f"{one} and {other} ask for the same")
    if alike := [row.knob.name for row in found if row.alike]:
        note(f"left out in one, and in the other what the service assumes then: {', '.join(alike)}")


def _apart(row: Apart) -> tuple[str, str, str]:
    return row.knob.name, _side(row.knob, row.one), _side(row.knob, row.other)


def _side(knob: Knob, setting: Setting | None) -> str:
    if setting is not None:
        return setting.text or "(empty)"
    if knob.required:
        return "(left out, but required)"
    return f"(left out: {'unset' if knob.default is None else knob.default or 'empty'})"


@profile.command("check", examples=("recsim profile check acme", "recsim profile check acme --partial"))
@argument("names", metavar="NAME", nargs=-1, required=True, help="the profiles", shell_complete=profiles)
@click.option("--partial", is_flag=True, help="required knobs may be missing: no service starts with it")
@ROOT
def check_profiles(names: tuple[str, ...], partial: bool, root: Path) -> int:
    """Say everything that is wrong with profiles at once. Exit code 1 when anything is."""
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.data.profiles.places import profile_file
    from pytest_recsim.data.profiles.profiles import examine

    files = [profile_file(name, root) for name in names]
    wrong = 0
    for path in files:
        try:
            found, problems = examine(path, partial=partial)
        except InputError as error:
            found, problems = None, error.problems
        wrong += len(problems)
        for text in found.notes if found else ():
            note(text)
        counted = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        sound = f"{len(found.values)} knobs, nothing is wrong" if found else ""
        say(f"{shown(path)}: {counted if problems else sound}")
        if problems:
            say(str(InputError(problems)))
    return 1 if wrong else 0


@profile.command(
    "set",
    examples=(
        "recsim profile set acme MMR_LAMBDA=0.5",
        "recsim profile set acme BRAND_CAP=3 EXCLUDE_EVENT_TYPES=2,3",
    ),
)
@argument("name", metavar="NAME", help="a profile of your own", shell_complete=profiles)
@argument("assignments", metavar="KEY=VALUE", nargs=-1, required=True, help="knobs and their values")
@ROOT
def set_values(name: str, assignments: tuple[str, ...], root: Path) -> None:
    """Change knobs in a profile's file, all or none; everything else in the file stays as it is."""
    from pytest_recsim.data.profiles.change import set_knobs
    from pytest_recsim.data.profiles.places import changeable, profile_file

    path = profile_file(name, root)
    changeable(path, name)
    for one in set_knobs(path, assignments):
        before = one.before.text or "(empty)" if one.before else "(left out)"
        say(f"{one.now.knob.name}: {before} -> {one.now.text or '(empty)'}  ({one.now.origin})")


@profile.command("copy", examples=("recsim profile copy prod acme",))
@argument("source", metavar="FROM", help="a profile", shell_complete=profiles)
@argument("target", metavar="TO", help="the name of the new one")
@ROOT
def copy_profile(source: str, target: str, root: Path) -> None:
    """Copy a profile byte for byte under a new name; nothing is ever overwritten."""
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.data.profiles.change import copied
    from pytest_recsim.data.profiles.places import new_file, profile_file

    path = new_file(target, root, what="TO")
    copied(profile_file(source, root), path)
    say(f"{shown(path)}: as {source}; `env_profile: {path.stem}` below a customer of guardrails.yml uses it")
