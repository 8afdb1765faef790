"""Where a simulation runs: base URL, tenant and namespace."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_recsim.data.guardrails.guardrails import CustomerEntry, Guardrails, packaged_guardrails
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.model import DEFAULT_ORG
from pytest_recsim.plan.options import Options
from pytest_recsim.record.asked import Chosen


@dataclass(frozen=True)
class Target:
    """The place whose data a simulation replaces."""

    base_url: Chosen
    org_id: Chosen
    namespace: Chosen
    ca_file: str = ""


def target_of(customer: str, options: Options, entry: CustomerEntry | None) -> Target:
    """Resolve service, tenant and namespace.

    Raises:
        InputError: an org id that is no UUID or the zero one, or a certificate authority that cannot be used.
    """
    return Target(
        base_url=Chosen(options.base_url, options.base_url_source or "no --base-url"),
        org_id=_org(options, entry),
        namespace=_namespace(customer, options, entry),
        ca_file=_authority(options),
    )


def _authority(options: Options) -> str:
    if not options.ca_file or not options.base_url:
        return ""
    path = options.here / options.ca_file
    if not options.base_url.lower().startswith("https:"):
        raise InputError(
            Problem("--recsim-ca", "is for a service at an https:// address, which --base-url is not")
        )
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError as error:  # ssl.SSLError is one
        what = f"{shown(path)}: must be a PEM file of certificates ({error.strerror or error})"
        raise InputError(Problem("--recsim-ca", what)) from None
    return str(path.absolute())


def _org(options: Options, entry: CustomerEntry | None) -> Chosen:
    if options.org_id:
        chosen = Chosen(options.org_id, options.origin("org_id", "--org-id"))
    elif options.environ_org:
        chosen = Chosen(options.environ_org, "RECSYS_ORG_ID")
    elif entry is not None and entry.org_id is not None:
        chosen = Chosen(entry.org_id, entry.origins["org_id"])
    else:
        return Chosen(DEFAULT_ORG, "built in")
    try:
        parsed = uuid.UUID(chosen.value)
    except ValueError:
        parsed = uuid.UUID(int=0)
    if not parsed.int:
        raise InputError(
            Problem(chosen.origin, f"`{chosen.value}`: must be a UUID other than the all-zero one")
        )
    return Chosen(str(parsed), chosen.origin)


def _namespace(customer: str, options: Options, entry: CustomerEntry | None) -> Chosen:
    if options.namespace:
        return Chosen(options.namespace, options.origin("namespace", "--namespace"))
    if entry is not None and entry.namespace is not None:
        return Chosen(entry.namespace, entry.origins["namespace"])
    return Chosen(default_namespace(customer), "built in")


def default_namespace(customer: str) -> str:
    """Return the namespace of a customer that names none."""
    return customer.replace("-", "_")


def namesakes(customer: str, target: Target, options: Options, guardrails: Guardrails) -> Iterator[Problem]:
    """Name customers of the guardrails file that fall on the same namespace of a running service, one by default.

    Two that name the same namespace mean it; nobody means that `a-b` and `a_b` wipe each other's data.
    """
    shipped = guardrails.path.absolute() == packaged_guardrails().absolute()
    example = shipped and guardrails.path.absolute() != (options.root / "guardrails.yml").absolute()
    if example or options.namespace or not target.base_url.value:
        return
    for other in guardrails.customers.values():
        meant = other.namespace is not None and target.namespace.origin != "built in"
        place = (
            _org(replace(options, org_id=""), other).value,
            other.namespace or default_namespace(other.name),
        )
        if other.name != customer and not meant and place == (target.org_id.value, target.namespace.value):
            what = f"`{customer}` and `{other.name}` fall on the same namespace `{target.namespace.value}`"
            advice = "would wipe each other's data; give one of them a `namespace` of its own"
            yield Problem(other.origin, f"{what} and {advice}.")
