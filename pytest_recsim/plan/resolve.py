"""From options to plans. Everything that can be wrong on paper is found here, before any request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.data.guardrails.guardrails import Guardrails, load_guardrails
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.names import wrong_namespace
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.batch import Asked, Batch, asked_for, shard_of, sliced
from pytest_recsim.plan.compare_to import compared_with
from pytest_recsim.plan.early import refused
from pytest_recsim.plan.fixtures import fixture_of
from pytest_recsim.plan.model import FixtureFacts, Plan
from pytest_recsim.plan.numbers import Numbers, read_numbers
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.paper import on_paper
from pytest_recsim.plan.profile import AskedProfile, asked_profile
from pytest_recsim.plan.service import Target, namesakes, target_of
from pytest_recsim.plan.sharing import Once
from pytest_recsim.plan.sweep import swept_of, unreachable, variants
from pytest_recsim.plan.thresholds import Limits, limits_of, notes_of, waivers_of
from pytest_recsim.record.asked import Chosen

BATCHES = "batches"
"""The one folder beside the bundles whose name a customer could have."""
CUSTOMER = re.compile(r"[a-z0-9][a-z0-9_.-]*")
T = TypeVar("T")


@dataclass(frozen=True)
class _Parts:
    """What was found for one customer.

    ``origin`` says where the fixture's path came from, ``earlier`` is the run to compare with and why there is none.
    """

    asked: AskedProfile
    target: Target
    fixture: Fixture
    origin: str
    limits: Limits
    earlier: tuple[str, str]


@dataclass(frozen=True)
class Resolved:
    """Everything that this run is to do.

    Attributes:
        plans: in the order of the command line or the manifest.
        fixture: the data set, where there is a single one; several are loaded again when each is due.
        batch: what the plans were selected from, None where there is a single simulation of each customer.
        elsewhere: ids of the batch that other slices take.
    """

    plans: list[Plan]
    fixture: Fixture | None = None
    batch: Batch | None = None
    elsewhere: tuple[str, ...] = ()


def resolve(options: Options, seconds: Mapping[str, float] | None = None) -> Resolved:
    """Resolve every simulation of this run; ``seconds`` are durations by id that are known from earlier.

    Raises:
        InputError: with every problem that could be found, several simulations' together.
    """
    numbers = read_numbers(options)
    shard = shard_of(options.shard)
    asked, batch = asked_for(options)
    if shard and batch is None:
        raise InputError(Problem("--recsim-shard", "slices a --batch-file; there is none here"))
    if shard and options.sweep:
        raise InputError(
            Problem("--recsim-shard", "cuts variants apart that --recsim-sweep compares; use one of the two")
        )
    if wrong := list(refused(options)):
        raise InputError(wrong)
    _check_names(options, asked)
    swept = swept_of(options.sweep)
    asked = [variant for one in asked for variant in variants(one, swept)]
    single = len({_place(one) for one in asked}) == 1
    guardrails: dict[Path | None, Guardrails] = {}
    once = Once()
    plans: list[Plan] = []
    fixtures: dict[str, tuple[Fixture, str]] = {}
    problems: list[Problem] = []
    for one in asked:  # the other slices' too: what is wrong on paper stops all of them
        try:
            known = _guardrails(one.options, guardrails)
            plan, found = _one(one, numbers, known, fixtures.get(_place(one)))
        except InputError as error:
            problems.extend(problem for problem in error.problems if problem not in problems)
        else:
            plans.append(once.shared(plan))
            fixtures = {_place(one): found}
    problems.extend(_shared(plans))
    if problems:
        raise InputError(problems)
    fixture = fixtures[_place(asked[-1])][0] if single else None
    return _slice(Resolved(plans, fixture, batch), shard, seconds or {})


def _place(one: Asked) -> str:
    """What variants have in common: one seeding of one data set."""
    return one.variant.first if one.variant else one.id


def _slice(whole: Resolved, shard: tuple[int, int] | None, seconds: Mapping[str, float]) -> Resolved:
    if shard is None:
        return whole
    taken = sliced([plan.id for plan in whole.plans], shard, seconds)
    if not taken:
        what = f"slice {shard[0]} of {shard[1]} is empty: there are {len(whole.plans)} simulations"
        raise InputError(Problem("--recsim-shard", what))
    mine = [plan for plan in whole.plans if plan.id in taken]
    elsewhere = tuple(plan.id for plan in whole.plans if plan.id not in taken)
    return Resolved(mine, whole.fixture, whole.batch, elsewhere)


def _shared(plans: list[Plan]) -> Iterator[Problem]:
    """Name simulations that would wipe each other's data: one namespace of one running service."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for plan in plans:
        if not plan.stand_in and (plan.variant is None or plan.variant.number == 1):
            places.setdefault((plan.address, plan.org_id.value, plan.namespace.value), []).append(plan.id)
    for (_, _, namespace), customers in places.items():
        if len(customers) > 1:
            names = " and ".join(f"`{name}`" for name in customers)
            what = f"{names} have the same namespace `{namespace}` and would wipe each other's data"
            yield Problem("--customer", f"{what}; give each its own in guardrails.yml or the manifest")


def _guardrails(options: Options, loaded: dict[Path | None, Guardrails]) -> Guardrails:
    own = options.root / "guardrails.yml"
    path = (
        options.here / options.guardrails_file if options.guardrails_file else own if own.exists() else None
    )
    if path not in loaded:
        loaded[path] = load_guardrails(path)
    return loaded[path]


def _check_names(options: Options, asked: list[Asked]) -> None:
    problems = [
        Problem("--customer", f"`{one.customer}`: must be lower-case letters, digits, `-`, `_` and `.`")
        for one in asked
        if not CUSTOMER.fullmatch(one.customer)
    ]
    problems += [
        Problem(
            "--customer",
            f"`{one.id}` is the folder of batch summaries; in a manifest, give the run an `id` of its own",
        )
        for one in asked
        if one.id == BATCHES
    ]
    single = {
        "--namespace": options.namespace,
        "--fixture-path": options.fixture_path,
        "--org-id": options.org_id,
    }
    if len(asked) > 1:
        problems.extend(
            Problem(option, "is for exactly one --customer; here are several")
            for option, value in single.items()
            if value
        )
    for one in asked:
        if one.options.namespace and (wrong := wrong_namespace(one.options.namespace)):
            what = f"`{quoted(one.options.namespace)}`: {wrong}"
            problems.append(Problem(one.options.origin("namespace", "--namespace"), what))
    if problems:
        raise InputError(problems)


def _one(
    one: Asked, numbers: Numbers, guardrails: Guardrails, loaded: tuple[Fixture, str] | None
) -> tuple[Plan, tuple[Fixture, str]]:
    customer, options = one.customer, one.options
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
    if target is not None:
        problems.extend(namesakes(customer, target, options, guardrails))
    if one.variant is not None and asked is not None:
        problems.extend(unreachable(one.variant, asked.reach, options))
    fixture = loaded or attempt(lambda: fixture_of(customer, options, entry, guardrails))
    limits: Limits | None = None
    if target is not None and fixture is not None:
        namespace, segments = target.namespace.value, list(fixture[0].segments)
        limits = attempt(lambda: limits_of(guardrails, customer, namespace, segments, options.own))
    earlier = attempt(lambda: _earlier(one))
    if problems or asked is None or target is None or fixture is None or limits is None or earlier is None:
        raise InputError(problems)
    parts = _Parts(asked, target, *fixture, limits, earlier)
    plan = _plan(one, numbers, guardrails, parts)
    if problems := list(on_paper(plan, parts.fixture)):
        raise InputError(problems)
    return plan, fixture


def _earlier(one: Asked) -> tuple[str, str]:
    options = one.options
    return compared_with(
        options.compare_to,
        customer=one.customer,
        simulation=one.id,
        root=options.root,
        here=options.here,
        reports=options.root / options.reports_dir,
    )


def _plan(one: Asked, numbers: Numbers, guardrails: Guardrails, parts: _Parts) -> Plan:
    customer, options = one.customer, one.options
    asked, target, fixture = parts.asked, parts.target, parts.fixture
    segments = {name: len(users) for name, users in fixture.segments.items()}
    return Plan(
        id=one.id,
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
            file_sha256=fixture.file_sha256,
        ),
        guardrails=Chosen(
            shown(guardrails.path),
            options.origin("guardrails_file", "--guardrails-file") if options.guardrails_file else "default",
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
        latency_ms=numbers.latency_ms,
        warm_up=numbers.warm_up,
        env_file=asked.reach.env_file,
        restart_command=asked.reach.restart_command,
        ca_file=target.ca_file,
        skip=tuple(dict.fromkeys(options.skip)),
        allow_reset=options.allow_reset,
        seed_only=options.seed_only,
        show_users=options.show_users,
        own=options.own,
        compare_to=parts.earlier[0],
        compare_note=parts.earlier[1],
        slice=options.slice,
        variant=one.variant,
        stop_early=options.stop_early,
    )
