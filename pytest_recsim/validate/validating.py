"""Every input read as a run would read it: all that is wrong by cause, and what a data set can carry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_recsim.data.batches.manifest import load_manifest
from pytest_recsim.data.fixtures.containers import named_so
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.data.guardrails.guardrails import Guardrails, load_guardrails
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.problems import PLACES, InputError, Problem, nearest
from pytest_recsim.data.profiles.profiles import (
    find_profile,
    load_profile,
    packaged_profiles,
    require_complete,
)
from pytest_recsim.pace import Progress, silent
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import resolve
from pytest_recsim.record.masking import safe
from pytest_recsim.validate.carrying import carried
from pytest_recsim.validate.inputs import kind_of, odd
from pytest_recsim.validate.model import Carried, Kind, Validated, Wrong
from pytest_recsim.validate.rehearsal import Run, rehearsed

OUTSIDER = "data-set"
"""Whom a data set is judged for that no customer has, by the default thresholds."""


@dataclass(frozen=True)
class Asked:
    """How inputs are to be looked at.

    Attributes:
        root: the folder with guardrails.yml, profiles and fixtures.
        now: what is later lies in the future.
        customer: for whom a data set is judged; empty: for every customer that has it.
        options: of a run, as fields of ``plan.options.Options``.
        rehearse: settle what depends on the service's answers by a run on the stand-in.
        progress: hears how far a rehearsal is.
    """

    root: Path
    now: datetime
    customer: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    rehearse: bool = False
    progress: Progress = silent

    def plans_for(self, customers: Sequence[str], **more: Any) -> Options:
        """The options of a run on the stand-in."""
        return Options(customers=tuple(customers), root=self.root, here=self.root, **self.options | more)

    @property
    def profiles(self) -> list[Path]:
        """Where profiles are."""
        return [self.root / "profiles", packaged_profiles()]

    def guardrails(self) -> Guardrails:
        """The thresholds that a run would take.

        Raises:
            InputError: they cannot be used.
        """
        own, given = self.root / "guardrails.yml", self.options.get("guardrails_file")
        return load_guardrails(self.root / given if given else own if own.exists() else None)


def check_customer(asked: Asked, inputs: Sequence[Path]) -> None:
    """Look whether the customer is one; without thresholds of one's own anybody is.

    Raises:
        InputError: neither guardrails.yml nor a data set names the customer.
    """
    try:
        guardrails = asked.guardrails()
    except InputError:  # told where it is looked at
        return
    own = asked.options.get("guardrails_file") or (asked.root / "guardrails.yml").exists()
    sets = [*_inside(asked.root / "fixtures" / "customers"), *inputs]
    names = sorted({*guardrails.customers, *map(_named_after, sets)})
    if asked.customer and own and asked.customer not in names:
        what = f"`{quoted(asked.customer)}` has neither an entry in guardrails.yml nor a data set{nearest(asked.customer, names)}"
        raise InputError(Problem("--customer", what))


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _named_after(path: Path) -> str:
    """The customer whose data set has this name."""
    return path.name.removesuffix(".gz").removesuffix(".json").replace("_", "-")


def validated(path: Path, asked: Asked) -> Validated:
    """Look at one input; whatever is wrong with it is told, never raised."""
    name = shown(path)
    if not path.exists():
        try:
            path = find_profile(str(path), asked.profiles)
        except InputError:
            told = "not found, neither as a file nor as the name of a profile"
            return Validated(path=name, kind="unknown", wrong=by_cause([Problem(name, told)]))
        name = shown(path)
    kind = kind_of(path)
    if kind == "unknown":
        return Validated(path=name, kind=kind, wrong=by_cause([Problem(name, odd(path))]))
    try:
        return _READERS[kind](path, asked)
    except InputError as error:
        return Validated(path=name, kind=kind, wrong=by_cause(error.problems))


def _data_set(path: Path, asked: Asked) -> Validated:
    first, *others = [asked.customer] if asked.customer else _judged_for(path, asked)
    fixture, told = _first(first, path, asked)
    counts = f"{len(fixture.items):,} items, {len(fixture.users):,} users, {len(fixture.events):,} events"
    left_out = [f"`{name}` in {count:,} rows" for name, count in fixture.defaulted.items()]
    return Validated(
        path=shown(path),
        kind="data set",
        summary=counts,
        notes=(
            *fixture.notes,
            *([f"left out, so at its default: {', '.join(left_out)}"] if left_out else []),
        ),
        carries=(told, *(_carried(name, path, asked)[1] for name in others)),
    )


def _first(customer: str, path: Path, asked: Asked) -> tuple[Fixture, Carried]:
    """The data and what they can carry; they are read by themselves where a run for that customer would not start.

    Raises:
        InputError: the data are wrong.
    """
    fixture, told = _carried(customer, path, asked)
    return fixture or load_fixture(path), told


def _judged_for(path: Path, asked: Asked) -> list[str]:
    """The customers that have a data set, by guardrails.yml or by its name; one outsider where none has."""
    try:
        customers = asked.guardrails().customers
    except InputError:
        return [OUTSIDER]
    found = [
        name for name, entry in customers.items() if _same(path, _fixtures_of(name, entry.fixture, asked))
    ]
    home = asked.root / "fixtures" / "customers"
    own = _named_after(path)
    if not found and path.absolute().parent == home.absolute() and own not in customers:
        found = [own]
    return found or [OUTSIDER]


def _fixtures_of(customer: str, given: Path | None, asked: Asked) -> list[Path]:
    """Where a customer's data set is, by its entry or by its name."""
    if given is not None:
        return [given]
    return named_so(asked.root / "fixtures" / "customers", customer.replace("-", "_"))


def _same(path: Path, others: Sequence[Path]) -> bool:
    return any(other.resolve() == path.resolve() for other in others)


def _carried(customer: str, path: Path, asked: Asked) -> tuple[Fixture | None, Carried]:
    """What the data can carry for a customer, or why that cannot be said."""
    try:
        resolved = resolve(asked.plans_for([customer], fixture_path=str(path.absolute())))
    except InputError as error:
        return None, Carried(customer=customer, profile="", wrong=by_cause(error.problems))
    (plan,), fixture = resolved.plans, resolved.fixture
    assert fixture is not None  # there is one plan
    told = carried(plan, fixture, asked.now, named=customer != OUTSIDER)
    if asked.rehearse:
        told = rehearsed(told, Run(customer, path, asked.root, asked.options), asked.progress)
    return fixture, told


def _profile(path: Path, _: Asked) -> Validated:
    profile = load_profile(path)
    require_complete(profile)
    return Validated(
        path=shown(path), kind="profile", summary=f"{len(profile.values)} knobs", notes=tuple(profile.notes)
    )


def _guardrails(path: Path, asked: Asked) -> Validated:
    found = load_guardrails(path)
    names = ", ".join(found.customers) or "none of their own"
    return Validated(
        path=shown(path),
        kind="guardrails",
        summary=f"customers: {names}",
        wrong=by_cause(list(_missing(found, asked))),
    )


def _missing(found: Guardrails, asked: Asked) -> Iterator[Problem]:
    """Name what a customer's entry points at and is not there."""
    for name, entry in found.customers.items():
        if entry.fixture is not None and not entry.fixture.exists():
            yield Problem(
                entry.origins["fixture"], f"the data set of `{name}`, {shown(entry.fixture)}, is not found"
            )
        if entry.env_profile:
            try:
                find_profile(entry.env_profile, asked.profiles)
            except InputError as error:
                for problem in error.problems:
                    yield Problem(entry.origins["env_profile"], f"`{entry.env_profile}`: {problem.what}")


def _batch(path: Path, asked: Asked) -> Validated:
    runs = load_manifest(path).runs
    resolve(asked.plans_for([], batch_file=str(path.absolute())))
    left_out = sum(run.left_out for run in runs)
    more = f", {left_out} of them left out" if left_out else ""
    return Validated(path=shown(path), kind="batch file", summary=f"{len(runs)} simulations{more}")


_READERS: dict[Kind, Callable[[Path, Asked], Validated]] = {
    "data set": _data_set,
    "profile": _profile,
    "guardrails": _guardrails,
    "batch file": _batch,
}


def by_cause(problems: Sequence[Problem]) -> tuple[Wrong, ...]:
    """Gather problems of one cause, in the order of their first."""
    groups: dict[str, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.cause or problem.what, []).append(problem)
    return tuple(
        Wrong(
            sentence=safe(alike[0].what),
            count=len(alike),
            places=tuple(safe(one.where) for one in alike[: 1 + PLACES] if one.where),
        )
        for alike in groups.values()
    )
