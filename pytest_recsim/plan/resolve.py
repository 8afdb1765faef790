"""From options to plans. Everything that can be wrong on paper is found here, before any request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pytest_recsim.data.files import shown
from pytest_recsim.data.fixture import load_fixture
from pytest_recsim.data.guardrails import CustomerEntry, Guardrails, load_guardrails
from pytest_recsim.data.model import Fixture
from pytest_recsim.data.problems import InputError, Problem, nearest
from pytest_recsim.plan.model import Chosen, FixtureFacts, Plan
from pytest_recsim.plan.numbers import Numbers, read_numbers
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.profile import Asked, asked_profile
from pytest_recsim.plan.service import Target, target_of
from pytest_recsim.plan.thresholds import Limits, limits_of, notes_of, waivers_of

CUSTOMER = re.compile(r"[a-z0-9][a-z0-9_.-]*")
T = TypeVar("T")
NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class _Parts:
    """What was found for one customer; ``origin`` says where the fixture's path came from."""

    asked: Asked
    target: Target
    fixture: Fixture
    origin: str
    limits: Limits


def resolve(options: Options) -> list[tuple[Plan, Fixture]]:
    """Resolve every simulation of this run.

    Raises:
        InputError: with every problem that could be found, several customers' together.
    """
    numbers = read_numbers(options)
    guardrails = _guardrails(options)
    _check_names(options)
    plans: list[tuple[Plan, Fixture]] = []
    problems: list[Problem] = []
    for customer in dict.fromkeys(options.customers):
        try:
            plans.append(_one(customer, options, numbers, guardrails))
        except InputError as error:
            problems.extend(error.problems)
    problems.extend(_shared([plan for plan, _ in plans]))
    if problems:
        raise InputError(problems)
    return plans


def _shared(plans: list[Plan]) -> Iterator[Problem]:
    """Name customers that would wipe each other's data: one namespace of one running service."""
    places: dict[tuple[str, str], list[str]] = {}
    for plan in plans:
        if not plan.stand_in:
            places.setdefault((plan.org_id.value, plan.namespace.value), []).append(plan.customer)
    for (_, namespace), customers in places.items():
        if len(customers) > 1:
            names = " and ".join(f"`{name}`" for name in customers)
            what = f"{names} have the same namespace `{namespace}` and would wipe each other's data"
            yield Problem("--customer", f"{what}; give each its own in guardrails.yml")
    yield from _quarrels([plan for plan in plans if plan.apply.value in ("admin", "env-file")])


def _quarrels(plans: list[Plan]) -> Iterator[Problem]:
    """Name a customer that needs other knobs than the first on a service that has one configuration for all."""
    for plan in plans[1:]:
        if plan.profile_sha256 != plans[0].profile_sha256:
            what = (
                f"`{plans[0].customer}` and `{plan.customer}` ask for different knobs, and `{plan.apply.value}` sets them "
                "for the whole service; run one customer after the other, or use --recsim-apply request"
            )
            yield Problem(plan.apply.origin, what)


def _guardrails(options: Options) -> Guardrails:
    if options.guardrails_file:
        return load_guardrails(options.here / options.guardrails_file)
    own = options.root / "guardrails.yml"
    return load_guardrails(own if own.is_file() else None)


def _check_names(options: Options) -> None:
    problems = [
        Problem("--customer", f"`{customer}`: allowed are lower-case letters, digits, `-`, `_` and `.`")
        for customer in options.customers
        if not CUSTOMER.fullmatch(customer)
    ]
    single = {
        "--namespace": options.namespace,
        "--fixture-path": options.fixture_path,
        "--org-id": options.org_id,
    }
    if len(set(options.customers)) > 1:
        problems.extend(
            Problem(option, "is for exactly one --customer; here are several")
            for option, value in single.items()
            if value
        )
    if options.namespace and not NAMESPACE.fullmatch(options.namespace):
        problems.append(
            Problem("--namespace", f"`{options.namespace}`: allowed are letters, digits, `-`, `_` and `.`")
        )
    if problems:
        raise InputError(problems)


def _one(customer: str, options: Options, numbers: Numbers, guardrails: Guardrails) -> tuple[Plan, Fixture]:
    entry = guardrails.customer(customer)
    problems: list[Problem] = []

    def attempt(work: Callable[[], T]) -> T | None:
        try:
            return work()
        except InputError as error:
            problems.extend(error.problems)
            return None

    asked = attempt(lambda: asked_profile(options, entry))
    target = attempt(lambda: target_of(customer, options, entry))
    fixture = attempt(lambda: _peopled(*_fixture(customer, options, entry, guardrails)))
    limits: Limits | None = None
    if target is not None and fixture is not None:
        namespace, segments = target.namespace.value, list(fixture[0].segments)
        limits = attempt(lambda: limits_of(guardrails, customer, namespace, segments, options.own))
    if problems or asked is None or target is None or fixture is None or limits is None:
        raise InputError(problems)
    parts = _Parts(asked, target, *fixture, limits)
    return _plan(customer, options, numbers, guardrails, parts), parts.fixture


def _plan(
    customer: str,
    options: Options,
    numbers: Numbers,
    guardrails: Guardrails,
    parts: _Parts,
) -> Plan:
    asked, target, fixture = parts.asked, parts.target, parts.fixture
    segments = {name: len(users) for name, users in fixture.segments.items()}
    return Plan(
        id=customer,
        customer=customer,
        org_id=target.org_id,
        namespace=target.namespace,
        base_url=target.base_url,
        profile=asked.name,
        profile_sha256=asked.sha256,
        knobs=asked.knobs,
        profile_notes=asked.notes,
        apply=asked.reach.mode,
        fixture=FixtureFacts(
            file=str(fixture.path.absolute()),
            path=shown(fixture.path),
            origin=parts.origin,
            sha256=fixture.sha256,
            items=len(fixture.items),
            users=len(fixture.users),
            events=len(fixture.events),
            segments=segments,
            notes=fixture.notes,
        ),
        guardrails=Chosen(
            shown(guardrails.path), "--guardrails-file" if options.guardrails_file else "default"
        ),
        guardrails_sha256=guardrails.sha256,
        limits=parts.limits,
        guardrail_notes=notes_of(guardrails, customer, target.namespace.value, list(segments)),
        waivers=waivers_of(guardrails, customer),
        surface=options.surface or "default",
        sample_users=numbers.sample_users,
        timeout=numbers.timeout,
        window_days=numbers.window_days,
        concurrency=numbers.concurrency,
        env_file=asked.reach.env_file,
        restart_command=asked.reach.restart_command,
        ca_file=target.ca_file,
        skip=tuple(dict.fromkeys(options.skip)),
        allow_reset=options.allow_reset,
        seed_only=options.seed_only,
        own=options.own,
    )


def _fixture(
    customer: str, options: Options, entry: CustomerEntry | None, guardrails: Guardrails
) -> tuple[Fixture, str]:
    if options.fixture_path:
        return load_fixture(options.here / options.fixture_path), "--fixture-path"
    if entry is not None and entry.fixture is not None:
        return load_fixture(entry.fixture), entry.origins["fixture"]
    default = options.root / "fixtures" / "customers" / f"{customer.replace('-', '_')}.json"
    if not default.is_file():
        raise InputError(_unknown(customer, default, options, guardrails))
    return load_fixture(default), "default"


def _peopled(fixture: Fixture, origin: str) -> tuple[Fixture, str]:
    """Refuse a fixture without users: every check is made for somebody."""
    if not fixture.users:
        raise InputError(Problem(shown(fixture.path), "`users` is empty; allowed is at least one user"))
    return fixture, origin


def _unknown(customer: str, default: Path, options: Options, guardrails: Guardrails) -> Problem:
    folder = options.root / "fixtures" / "customers"
    known = sorted({*guardrails.customers, *(path.stem.replace("_", "-") for path in folder.glob("*.json"))})
    listed = ", ".join(known) or "none"
    return Problem(
        "--customer",
        f"`{customer}` is unknown: it has no entry in {shown(guardrails.path)} and no fixture at {shown(default)} "
        f"(give one with --fixture-path); known here: {listed}{nearest(customer, known)}",
    )
