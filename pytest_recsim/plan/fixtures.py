"""Which data set a simulation is made of."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.data.fixtures.containers import named_so, names_in
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.data.guardrails.guardrails import CustomerEntry, Guardrails
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.plan.options import Options


def fixture_of(
    customer: str, options: Options, entry: CustomerEntry | None, guardrails: Guardrails
) -> tuple[Fixture, str]:
    """Load a customer's data set; return it with where its path came from.

    Raises:
        InputError: it is not there, there are several, it cannot be used, or it has no users.
    """
    return _peopled(*_fixture(customer, options, entry, guardrails))


def _fixture(
    customer: str, options: Options, entry: CustomerEntry | None, guardrails: Guardrails
) -> tuple[Fixture, str]:
    if options.fixture_path:
        return load_fixture(options.here / options.fixture_path), options.origin(
            "fixture_path", "--fixture-path"
        )
    if entry is not None and entry.fixture is not None:
        return load_fixture(entry.fixture), entry.origins["fixture"]
    folder = options.root / "fixtures" / "customers"
    name = customer.replace("-", "_")
    found = named_so(folder, name)
    if not found:
        raise InputError(_no_data_set(customer, folder / f"{name}.json", options, guardrails))
    if len(found) > 1:
        listed = " and ".join(f"`{path.name}`" for path in found)
        what = f"{listed} are both data sets of `{customer}`; keep one, or name it with --fixture-path"
        raise InputError(Problem(shown(folder), what))
    return load_fixture(found[0]), "default"


def _peopled(fixture: Fixture, origin: str) -> tuple[Fixture, str]:
    """Refuse a fixture without users: every check is made for somebody."""
    if not fixture.users:
        raise InputError(Problem(shown(fixture.path), "`users` is empty; must hold at least one user"))
    return fixture, origin


def _no_data_set(customer: str, default: Path, options: Options, guardrails: Guardrails) -> Problem:
    if customer in guardrails.customers:
        return Problem(
            "--customer",
            f"`{customer}` has an entry in {shown(guardrails.path)} and no data set: there is no fixture at {shown(default)}; "
            "put one there, name it as `fixture` in the entry, or give --fixture-path",
        )
    folder = options.root / "fixtures" / "customers"
    known = sorted({*guardrails.customers, *(name.replace("_", "-") for name in names_in(folder))})
    listed = ", ".join(known) or "none"
    return Problem(
        "--customer",
        f"`{customer}` is unknown: it has no entry in {shown(guardrails.path)} and no fixture at {shown(default)} "
        f"(give one with --fixture-path); known here: {listed}{nearest(customer, known)}",
    )
