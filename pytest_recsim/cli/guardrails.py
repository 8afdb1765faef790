"""``recsim guardrails``: what a customer is held to, and thresholds to start with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_recsim.cli.columns import columns
from pytest_recsim.cli.command import PATH, argument, folder, group
from pytest_recsim.cli.completion import customers
from pytest_recsim.cli.voice import document, note, say
from pytest_recsim.data.input.problems import InputError, Problem, nearest

if TYPE_CHECKING:
    from pytest_recsim.plan.effective import Effective, Guard


@group("recsim guardrails show acme", "recsim guardrails suggest --from reports/acme")
def guardrails() -> None:
    """Say what a customer is held to, and suggest thresholds to start with."""


@guardrails.command(
    "show",
    examples=(
        "recsim guardrails show acme",
        "recsim guardrails show acme --segment new_users",
        "recsim guardrails show acme --namespace acme_de --json",
    ),
)
@argument("customer", metavar="CUSTOMER", help="whose thresholds", shell_complete=customers)
@click.option(
    "--namespace", default="", show_default=False, metavar="NAME", help="else the customer's usual one"
)
@click.option("--segment", default="", show_default=False, metavar="NAME", help="what holds for this segment")
@click.option(
    "--guardrails-file", type=PATH, metavar="FILE", help="else guardrails.yml, else the packaged one"
)
@click.option(
    "--root", type=PATH, callback=folder, default=Path(), metavar="DIR", help="the folder with guardrails.yml"
)
@click.option("--json", "as_json", is_flag=True, help="print it as JSON")
def show(
    customer: str, namespace: str, segment: str, guardrails_file: Path | None, root: Path, as_json: bool
) -> None:
    """Show every threshold that holds for a customer: value, severity, where it is said, unit, meaning, waivers."""
    from pytest_recsim.clock import utc_now
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.data.input.names import wrong_namespace
    from pytest_recsim.plan.effective import effective
    from pytest_recsim.plan.pairing import guardrails_of, known_customers
    from pytest_recsim.plan.service import default_namespace

    found = guardrails_of(root, guardrails_file)
    known = known_customers(found, root)
    if customer not in known:
        listed = ", ".join(sorted(known)) or "none"
        what = f"`{customer}` is unknown; known here: {listed}{nearest(customer, known)}"
        raise InputError(Problem("CUSTOMER", what))
    if namespace and (wrong := wrong_namespace(namespace)):
        raise InputError(Problem("--namespace", f"`{namespace}`: {wrong}"))
    entry = found.customer(customer)
    place = namespace or (entry.namespace if entry else None) or default_namespace(customer)
    if namespace and namespace not in (named := [*found.namespaces(customer), default_namespace(customer)]):
        note(f"{shown(found.path)} says nothing of namespace `{namespace}`{nearest(namespace, named)}")
    if segment:
        _check_segment(segment, list(found.segments(customer, place)), known[customer])
    guard = effective(found, customer, place, segment, utc_now().date(), shown(found.path))
    if as_json:
        return _as_json(guard)
    return say("\n".join(_page(guard, segment)))


@guardrails.command(
    "suggest",
    examples=(
        "recsim guardrails suggest --from reports/acme",
        "recsim guardrails suggest --from reports --customer acme > start.yml",
        "recsim guardrails suggest --from reports/acme/202611*",
    ),
)
@click.option(
    "--from",
    "folders",
    type=PATH,
    multiple=True,
    required=True,
    metavar="DIR",
    help="a report folder, or a folder of them; may be given several times",
)
@argument(
    "more", type=PATH, metavar="DIR", nargs=-1, required=False, help="more folders, as a shell makes of *"
)
@click.option("--customer", default="", show_default=False, metavar="NAME", help="only this customer's runs")
def suggest(folders: tuple[Path, ...], more: tuple[Path, ...], customer: str) -> None:
    """Print thresholds that these runs hold, as a guardrails file: a start, with what each would catch.

    None is stricter than the worse ends of the 95 % intervals.
    """
    from pytest_recsim.compare.snippet import snippet
    from pytest_recsim.compare.sound import sound_runs
    from pytest_recsim.compare.suggest import suggest as suggested

    say(snippet(map(suggested, sound_runs((*folders, *more), customer))))


def _check_segment(segment: str, named: Sequence[str], fixture: Path | None) -> None:
    """Refuse a segment that neither the file nor the data set has; the data set is read only when the file has none such."""
    if segment in named:
        return
    from pytest_recsim.data.fixtures.fixture import load_fixture

    there = list(load_fixture(fixture).segments) if fixture and fixture.exists() else []
    if segment in there:
        return
    known = list(dict.fromkeys([*there, *named]))
    listed = f"must be one of {', '.join(known)}" if known else "no segment is known of this customer"
    raise InputError(Problem("--segment", f"`{segment}` is unknown; {listed}{nearest(segment, known)}"))


def _as_json(guard: Guard) -> None:
    import msgspec

    from pytest_recsim.record.jsonio import dumps

    document(msgspec.json.format(dumps(guard), indent=2).decode())


def _page(guard: Guard, segment: str) -> Iterator[str]:
    of = f", segment {segment}" if segment else ""
    yield f"{guard.customer} in namespace {guard.namespace}{of}, by {guard.guardrails}"
    on = [one for one in guard.thresholds if one.value is not None]
    for section in dict.fromkeys(one.section for one in on):
        yield from ("", section)
        rows = [one for one in on if one.section == section]
        for one, line in zip(rows, columns([_cells(one, segment) for one in rows]), strict=True):
            yield f"  {line}"
            yield f"      {one.definition}"
    yield from ("", "settings")
    settings = [(one.key, _value(one), one.origin) for one in guard.settings]
    yield from (f"  {line}" for line in columns(settings))
    if off := [_label(one, segment) for one in guard.thresholds if one.value is None]:
        yield from ("", f"off, so nothing is checked: {', '.join(off)}")
    if guard.waivers:
        yield from ("", "waivers")
    for place, waiver in enumerate(guard.waivers):
        name = f"{waiver.check} [{waiver.segment}]" if waiver.segment else waiver.check
        yield f"  {name}: {waiver.words}{', which has passed' if place in guard.ended else ''}"


def _cells(one: Effective, segment: str) -> tuple[str, str, str, str, str]:
    return _label(one, segment), _value(one), one.unit, one.severity, one.origin


def _label(one: Effective, segment: str) -> str:
    return f"{one.key} [{one.segment}]" if one.segment and not segment else one.key


def _value(one: Effective) -> str:
    if isinstance(one.value, dict):
        return ", ".join(f"{name} {value:g}" for name, value in one.value.items())
    return f"{one.value:g}" if isinstance(one.value, int | float) else str(one.value)
