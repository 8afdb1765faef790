"""What has to be true after every fault: how the run ended, what it recorded, what it left on the service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from fault_model import KILLED, REFUSED, SURVIVED, TOLD, Fault
from fault_stage import Stage, holdings

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.report import render_bundle

if TYPE_CHECKING:
    from plugin.plugin_shop import Ran

STACK = re.compile(r"^Traceback|INTERNALERROR|^\S+\.py:\d+: \w+(Error|Exception)", re.MULTILINE)
CHECKS = {"catalog_coverage", "S2", "S8", "contract", "availability"}


def ended(fault: Fault, ran: Ran, retries: dict[str, int]) -> Iterator[str]:
    """The exit code, no stack anywhere, the retries counted and told."""
    if ran.code != fault.code:
        yield f"ended with {ran.code}, not {fault.code}:\n{ran.text}"
    if STACK.search(ran.text):
        yield f"shows a stack:\n{ran.text}"
    few = any(retries.get(cause, 0) < times for cause, times in fault.retries.items())
    if few or set(retries) - set(fault.retries):
        yield f"counted the retries {retries}, expected {dict(fault.retries)}"
    if retries and fault.outcome != KILLED and "  retries: " not in ran.out:
        yield "the summary does not tell the retries"


def recorded(fault: Fault, stage: Stage, ran: Ran) -> Iterator[str]:
    """Refused: nothing written anywhere, one sentence. Else a bundle in which every check has an outcome."""
    if fault.outcome == REFUSED:
        if stage.project.left_behind or stage.proxy.writes:
            yield f"refused, but left {stage.project.left_behind} and wrote {stage.proxy.writes}"
        if len([line for line in ran.err.splitlines() if line.strip()]) != 1:
            yield f"not one sentence: {ran.err}"
        return
    planned = {name.strip() for name in stage.record.metadata["planned_checks"]}
    if fault.recorded and planned != CHECKS:
        yield f"planned {sorted(planned)}"
    if fault.outcome == KILLED:
        render_bundle(Bundle(stage.record.root))  # what `recsim report` does
        if "Planned and never reported: " not in stage.record.readme:
            yield "the page does not name what a killed run did not get to"
        return
    yield from _bundle(fault, stage)
    cases = ET.parse(stage.project.folder / "junit.xml").getroot().iter("testcase")
    names = {case.get("name") for case in cases if case.get("classname") != "recsim"}
    if len(names) != len(CHECKS):
        yield "junit.xml does not hold every check"


def _bundle(fault: Fault, stage: Stage) -> Iterator[str]:
    status, outcomes = stage.record.metadata["status"], stage.record.outcomes
    for row in stage.record.events:
        if row["outcome"] in ("failed", "not_measured") and not row["next_step"]:
            yield f"{row['check']} does not say what to do about it: {row['sentence']}"
    if status != ("finished" if fault.recorded else "started"):
        yield f"the bundle is {status}"
    if not fault.recorded:
        if "incomplete" not in stage.record.readme:
            yield "the page does not say that the record is incomplete"
        return
    if set(outcomes) != CHECKS or "missing" in outcomes.values():
        yield f"not every check reported: {outcomes}"
    bad = {name for name, outcome in outcomes.items() if outcome != "passed"}
    expected = set() if fault.outcome == SURVIVED else CHECKS if fault.failing is None else fault.failing
    if not (bad >= expected if fault.or_more else bad == expected):
        yield f"failed were {sorted(bad)}, expected {sorted(expected)}"


def left(fault: Fault, stage: Stage) -> Iterator[str]:
    """What the service holds, asked past the proxy: nothing of ours active, every event exactly once."""
    if not fault.lasting or fault.outcome == REFUSED:
        return
    held = holdings(stage.service, stage.namespace)
    yield from (f"still active: {name}" for name in held.leftovers)
    ours = held.marker.get("run_id") == stage.record.metadata["run_id"]
    if not held.marker or (ours and not held.marker["finished"]):
        yield f"the marker is gone or not finished: {held.marker}"
    mine = [source for source in held.sources if source is not None]
    if len(mine) != len(set(mine)):
        yield f"{len(mine) - len(set(mine))} events are there twice"
    if (stage.record.root / "artifacts" / "seed_manifest.json").exists():
        sent = stage.record.artifact("seed_manifest.json")["sent"]["events"]
        if len(set(mine)) != sent:
            yield f"{sent} events were sent, {len(set(mine))} are there"
    elif fault.outcome != TOLD:
        yield "no seed manifest"
