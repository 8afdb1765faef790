"""Which customers of a workspace go with which profile, and what a workspace's guardrails are."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.data.fixtures.containers import named_so, names_in
from pytest_recsim.data.guardrails.guardrails import CustomerEntry, Guardrails, load_guardrails
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.profiles.places import profile_file
from pytest_recsim.plan.profile import DEFAULT_PROFILE

NAME = "guardrails.yml"


def guardrails_of(root: Path, file: Path | None = None) -> Guardrails:
    """Return the guardrails that a run in this folder would judge by: the file that is named, the folder's, or the packaged.

    Raises:
        InputError: the file cannot be used.
    """
    own = root / NAME
    return load_guardrails(file or (own if own.exists() else None))


def customers_with(profile: Path, guardrails: Guardrails, root: Path) -> list[CustomerEntry]:
    """Return the customers whose runs ask for this profile, those that name none and fall on the usual one included."""
    return [entry for entry in guardrails.customers.values() if _file(entry, root) == profile.resolve()]


def known_customers(guardrails: Guardrails, root: Path) -> dict[str, Path | None]:
    """Return customer -> data set: those of the guardrails, and those that only have a data set in the usual folder."""
    folder = root / "fixtures" / "customers"
    by_name = {name.replace("_", "-"): next(iter(named_so(folder, name)), None) for name in names_in(folder)}
    own = {entry.name: entry.fixture for entry in guardrails.customers.values()}
    usual = {name: by_name.get(name.replace("_", "-")) for name in own}
    return by_name | {name: fixture or usual[name] for name, fixture in own.items()}


def _file(entry: CustomerEntry, root: Path) -> Path | None:
    try:
        return profile_file(entry.env_profile or DEFAULT_PROFILE, root).resolve()
    except InputError:  # a profile that is not there is the business of that customer's runs
        return None
