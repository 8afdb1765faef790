"""``recsim profile fetch`` and ``apply``: profiles from and to a running service, through its admin document."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_recsim.cli.columns import columns
from pytest_recsim.cli.command import PATH, argument, command, folder
from pytest_recsim.cli.completion import profiles
from pytest_recsim.cli.voice import note, say
from pytest_recsim.data.input.exitcodes import SERVICE_CHANGED
from pytest_recsim.data.input.problems import InputError, Problem

if TYPE_CHECKING:
    from pytest_recsim.apply.byhand import Wanted
    from pytest_recsim.plan.service import Target
    from pytest_recsim.service.api.client import Service

_Decorated = Callable[..., Any]


def _options(of: _Decorated) -> _Decorated:
    """What both commands take."""
    for option in (
        click.option(
            "--root",
            type=PATH,
            callback=folder,
            default=Path(),
            metavar="DIR",
            help="the folder with profiles/",
        ),
        click.option(
            "--ca", default="", show_default=False, metavar="FILE", help="PEM file of a private authority"
        ),
        click.option(
            "--org-id", default="", show_default=False, metavar="UUID", help="the tenant; else RECSYS_ORG_ID"
        ),
        click.option(
            "--base-url", required=True, metavar="URL", help="the service; RECSYS_API_KEY is sent to it"
        ),
    ):
        of = option(of)
    return of


@command("recsim profile fetch --base-url https://recsys.example --out live")
@_options
@click.option("--out", required=True, metavar="NAME", help="the name of the new profile")
def fetch(base_url: str, org_id: str, ca: str, root: Path, out: str) -> None:
    """Write the configuration in effect on a service as a profile; nothing is ever overwritten."""
    from pytest_recsim.apply.admin import API
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.data.profiles.fetched import fetched, profile_text
    from pytest_recsim.data.profiles.places import new_file
    from pytest_recsim.record.jsonio import write_text

    path = new_file(out, root, what="--out")
    with _place(base_url, org_id, ca, root).talk() as service:
        stored = service.stored_config()
        where = service.endpoint.base_url
    found = fetched(stored.config, posted=stored.metadata.get("source", API) == API)
    head = (f"What {where} showed in its admin document.", f"It does not show {len(found.hidden)} knobs.")
    write_text(path, profile_text(found.values, head))
    say(f"{shown(path)}: {len(found.values)} knobs of {where}")
    for text in found.wrong:
        note(text)
    if found.hidden:
        note(f"not in the document, so left out: {', '.join(found.hidden)}")
    if found.unsure:
        why = "somebody has posted the document, and ranking need not follow what it shows of these"
        note(f"{why}, so left out: {', '.join(found.unsure)}")


@command(
    "recsim profile apply acme --base-url https://recsys.example --dry-run",
    "recsim profile apply acme --base-url https://recsys.example",
)
@argument("name", metavar="NAME", help="the profile", shell_complete=profiles)
@_options
@click.option(
    "--namespace",
    "namespaces",
    multiple=True,
    metavar="NAME",
    help="whose data have to be ours; else those of the customers that use the profile, else `default`",
)
@click.option(
    "--allow", default="", show_default=False, metavar="NAMESPACE", help="although its data are not ours"
)
@click.option(
    "--reports-dir", type=PATH, default=Path("reports"), metavar="DIR", help="where the note of it is kept"
)
@click.option("--dry-run", is_flag=True, help="say what would change, and change nothing")
def apply(  # noqa: PLR0913 - one for each option
    *,
    name: str,
    base_url: str,
    org_id: str,
    ca: str,
    root: Path,
    namespaces: tuple[str, ...],
    allow: str,
    reports_dir: Path,
    dry_run: bool,
) -> int:
    """Bring a profile to a running service through its admin document; `recsim restore` takes it back.

    All tenants of the service get it. The next run of pytest with this reports folder takes it back, too.
    """
    from pytest_recsim.apply.byhand import bring, may_change, no_earlier_change, wanted
    from pytest_recsim.apply.change import UNSEALED
    from pytest_recsim.apply.hold import Hold
    from pytest_recsim.apply.journal import Journal
    from pytest_recsim.data.input.files import shown
    from pytest_recsim.data.profiles.places import profile_file
    from pytest_recsim.data.profiles.profiles import load_profile
    from pytest_recsim.plan.model import same_address
    from pytest_recsim.simulation.controller.opening import new_run_id

    path = profile_file(name, root)
    asked, run_id = load_profile(path), new_run_id()
    place = _place(base_url, org_id, ca, root)
    journal = Journal.of(reports_dir, place.url)
    hold = Hold(same_address(place.url), alone=True)
    hold.acquire(lambda text: note(text.removeprefix("recsim: ")), limit_s=0)
    try:
        no_earlier_change(journal)
        for namespace in namespaces or _namespaces(path, root):
            with place.talk(namespace) as service:
                may_change([service], run_id=run_id, allowed=allow)
        with place.talk() as service:
            found = wanted(asked, service.stored_config().config)
            _tell(found)
            if dry_run or not found.changes:
                say("nothing was changed" if dry_run else f"{place.url} runs with these already")
                return 0
            try:
                back = bring(service, found, journal, run_id)
            except (InputError, KeyboardInterrupt) as error:
                if not journal.pending:
                    raise
                note(f"{error or 'interrupted'} The note {shown(journal.path)} stays.")
                return SERVICE_CHANGED
    finally:
        hold.release()
    say(f"{place.url} runs with {name}; to take it back: {back}")
    if journal.unsealed:
        note(f"{journal.unsealed} {UNSEALED}")
    return 0


def _tell(found: Wanted) -> None:
    from pytest_recsim.data.profiles.documents import without_secrets
    from pytest_recsim.data.profiles.knobs import KNOBS

    names = {knob.admin_key: knob.name for knob in KNOBS.values()}
    rows = [
        (
            names.get(one.name, one.name),
            *(str(without_secrets(one.name, value)) for value in (one.there, one.should)),
        )
        for one in found.changes
    ]
    if rows:
        say("\n".join(columns([("knob", "now", "profile"), *rows])))
    if found.stays:
        note(f"cannot travel, so the service's own stay in effect: {', '.join(found.stays)}")
    if found.moot:
        note(f"cannot travel either, and move no list: {', '.join(found.moot)}")


def _namespaces(path: Path, root: Path) -> list[str]:
    """Those of the customers of this folder that use the profile."""
    from pytest_recsim.plan.pairing import NAME, customers_with, guardrails_of
    from pytest_recsim.plan.service import default_namespace

    if not (root / NAME).exists():
        return ["default"]
    paired = customers_with(path, guardrails_of(root), root)
    found = [entry.namespace or default_namespace(entry.name) for entry in paired]
    return list(dict.fromkeys(found)) or ["default"]


@dataclass(frozen=True)
class _Place:
    target: Target

    @property
    def url(self) -> str:
        return self.target.base_url.value

    @contextmanager
    def talk(self, namespace: str = "default") -> Iterator[Service]:
        """A service to talk to; what it answers with is an InputError when it is of no use."""
        from pytest_recsim.service.api.client import Service
        from pytest_recsim.service.contract.errors import ServiceError
        from pytest_recsim.service.http.endpoint import Endpoint

        target = self.target
        endpoint = Endpoint(
            self.url,
            target.org_id.value,
            namespace,
            api_key=os.environ.get("RECSYS_API_KEY"),
            ca_file=Path(target.ca_file) if target.ca_file else None,
        )
        try:
            with Service(endpoint) as service:
                yield service
        except ServiceError as error:
            raise InputError(Problem(self.url, str(error))) from None


def _place(base_url: str, org_id: str, ca: str, root: Path) -> _Place:
    from pytest_recsim.plan.options import Options
    from pytest_recsim.plan.service import target_of
    from pytest_recsim.service.contract.urls import normalise

    options = Options(
        customers=(),
        root=root,
        here=Path(),
        base_url=normalise(base_url, "--base-url"),
        base_url_source="--base-url",
        org_id=org_id,
        environ_org=os.environ.get("RECSYS_ORG_ID", ""),
        ca_file=ca,
    )
    return _Place(target_of("default", options, None))
