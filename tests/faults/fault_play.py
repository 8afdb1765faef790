"""Playing one fault: a real run through the proxy, and everything that is wrong about how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fault_ends import ended, left, recorded
from fault_model import REFUSED, Fault, no_more
from fault_proxy import Proxy
from fault_stage import Stage, holdings, serving
from plugin.plugin_shop import Ran, Served, settle

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Told:
    """What a run did with a fault.

    Attributes:
        sentence: the line with the words that are expected, empty when none are.
        retries: cause -> requests that were repeated, as the record counts them.
        complaints: everything that is not as it should be.
    """

    fault: Fault
    code: int
    sentence: str
    retries: dict[str, int] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def play(fault: Fault, folder: Path, world: Path, shared: Served) -> Told:
    """Run pytest under a fault, in a project and a namespace of its own."""
    with ExitStack() as held:
        service = shared
        if fault.own or fault.clock_hours:
            service = held.enter_context(serving(folder / "service", fault.clock_hours))
        proxy = held.enter_context(Proxy(service.url, fault.hits))
        proxy.beside = lambda *request: Served(proxy.target, service.log).ask(*request)
        proxy.restart = lambda: _restart(proxy, held, folder)
        stage = Stage(settle(folder / "shop", world), service, proxy, f"acme-{folder.name}", fault.words)
        fault.arrange(stage)
        return _look(fault, stage, fault.run(stage))


def _restart(proxy: Proxy, held: ExitStack, folder: Path) -> None:
    """The proxy gets another service, empty, in place of the one it had."""
    fresh = held.enter_context(serving(folder / "again"))
    proxy.target_port = int(fresh.url.rpartition(":")[2])


def _look(fault: Fault, stage: Stage, ran: Ran) -> Told:
    found = next((line.strip() for line in _lines(fault, stage, ran) if fault.says in line), "")
    told = Told(fault, ran.code, found if fault.says else "")
    if stage.project.bundles():
        told.retries = stage.record.metadata["requests"]["retries"]
    told.complaints += ended(fault, ran, told.retries)
    if fault.says and not found:
        told.complaints.append(f"nobody says `{fault.says}`:\n{ran.text}")
    if 0 in stage.proxy.hits:
        told.complaints.append(f"the fault did not happen: {stage.proxy.hits}")
    if not told.complaints:
        told.complaints += [*recorded(fault, stage, ran), *left(fault, stage)]
    told.complaints += fault.afterwards(stage)
    if fault.afterwards is not no_more:
        active = holdings(stage.service, stage.namespace).leftovers
        told.complaints += [f"still active after the next run: {name}" for name in active]
    return told


def _lines(fault: Fault, stage: Stage, ran: Ran) -> Iterator[str]:
    """Every line that the user may read: the refusal, the checks' sentences, the record, the terminal."""
    if fault.outcome == REFUSED:
        yield from ran.err.splitlines()
        return
    for row in stage.record.events:
        yield from row["sentence"].splitlines()
    yield from stage.record.metadata["notes"]
    yield from stage.record.readme.splitlines()
    yield from ran.out.splitlines()
