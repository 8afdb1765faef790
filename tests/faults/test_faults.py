"""Reality against the catalogue: every fault is played with a real run through the proxy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fault_catalogue import CATALOGUE
from fault_model import SURVIVED, Fault
from fault_play import play

if TYPE_CHECKING:
    from pathlib import Path

    from plugin.plugin_shop import Served

CASES = [
    pytest.param(
        fault,
        id=re.sub(r"\W+", "-", f"{fault.name} {fault.where} {fault.does}"[:60]),
        marks=() if fault.quick else pytest.mark.long,
    )
    for fault in CATALOGUE
]
UNDISTURBED = Fault("nothing", "never", "the proxy only passes on", SURVIVED)


def complaints(fault: Fault, tmp_path: Path, world: Path, service: Served) -> list[str]:
    number = CATALOGUE.index(fault) if fault in CATALOGUE else len(CATALOGUE)
    return play(fault, tmp_path / f"fault-{number}", world, service).complaints


@pytest.mark.parametrize("fault", CASES)
def test_a_run_makes_of_a_fault_what_the_catalogue_says(
    fault: Fault, tmp_path: Path, fault_world: Path, fault_service: Served
) -> None:
    assert complaints(fault, tmp_path, fault_world, fault_service) == []


@pytest.mark.long
def test_through_a_proxy_that_only_passes_on_nothing_is_repeated_and_everything_passes(
    tmp_path: Path, fault_world: Path, fault_service: Served
) -> None:
    assert complaints(UNDISTURBED, tmp_path, fault_world, fault_service) == []


@pytest.mark.long
def test_a_fault_that_is_not_what_the_catalogue_says_is_noticed(
    tmp_path: Path, fault_world: Path, fault_service: Served
) -> None:
    """The players can complain: a told fault passed off as survived."""
    wrong = next(fault for fault in CATALOGUE if fault.quick and fault.says.startswith("recent_event_count"))
    played = Fault(wrong.name, wrong.where, wrong.does, SURVIVED, wrong.hits, retries={"503": 1})
    found = " ".join(complaints(played, tmp_path, fault_world, fault_service))
    assert "ended with 1, not 0" in found
    assert "counted the retries {}, expected {'503': 1}" in found
