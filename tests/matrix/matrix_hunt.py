"""What the suite makes of a fault, and the weakest strength at which the right check still notices."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from matrix_catalogue import KINDS
from matrix_fault import ANY, Fault
from matrix_runner import NothingSeenError, Run, Seen

CLOSING = {"contract", "availability", "profile", "error_rate", ANY}
"""They judge what was seen while all other checks ran, so all of them have to run."""
Row = dict[str, Any]


def caught(fault: Fault, seen: Seen) -> bool:
    """Whether the check that must notice failed, and for the right reason; an error counts where the run must stop.

    Raises ``NothingSeenError`` if that check did not run, so that its silence says nothing.
    """
    if fault.by == ANY:
        return seen.code != 0 and all(
            fault.because in sentence for sentence in seen.sentences.values() if sentence
        )
    if fault.by and not any(goes_by(fault.by, name) for name in seen.outcomes):
        raise NothingSeenError(f"{fault.by} did not run")
    return any(
        seen.outcomes[name] == "failed" and fault.because in seen.sentences[name]
        for name in named(fault, seen)
    )


def named(fault: Fault, seen: Seen) -> list[str]:
    """The red checks that go by the name of the one that must notice (it may have a case per segment)."""
    return [name for name in seen.red if fault.by and goes_by(fault.by, name)]


def goes_by(check: str, name: str) -> bool:
    """Whether a check's name, with its case, is one of a check's."""
    return name == check or name.startswith(f"{check} ")


def others(fault: Fault, seen: Seen) -> list[str]:
    """The other checks that are red, without their cases."""
    return sorted({name.partition(" ")[0] for name in seen.red if name not in named(fault, seen)}, key=order)


def order(check: str) -> tuple[int, str]:
    return (int(check[1:]), "") if check[1:].isdigit() else (99, check)


def selection(fault: Fault) -> str:
    """The ``-k`` expression that runs no more than the check needs; empty for everything."""
    check = fault.by.partition(" ")[0]
    if check in CLOSING:
        return ""
    if check.startswith("segment_lift_"):
        return " and ".join(check.rsplit("_", 1))
    return "S1 and not S10" if check == "S1" else check


def hunt(fault: Fault) -> Generator[Run, Seen, Row]:
    """Run everything at full strength, then find the weakest strength that is caught, by bisection of the ladder."""
    full = yield Run(fault.name, fault.full)
    found = caught(fault, full)
    weakest, silent = len(fault.ladder) - 1, -1
    while found and weakest - silent > 1:
        middle = (weakest + silent) // 2
        seen = yield Run(fault.name, fault.ladder[middle], selection(fault))
        weakest, silent = (middle, silent) if caught(fault, seen) else (weakest, middle)
    return described(fault) | {
        "caught": found,
        "weakest": fault.ladder[weakest] if found else None,
        "also_red": [] if fault.by == ANY else others(fault, full),
    }


def described(fault: Fault) -> Row:
    """What the catalogue itself says of a fault."""
    kind = next(kind for kind, faults in KINDS.items() if fault in faults)
    return {
        "fault": fault.name,
        "kind": kind,
        "imitates": fault.imitates,
        "by": fault.by,
        "because": fault.because,
        "of": fault.of,
        "ladder": list(fault.ladder),
        "why_not": fault.why_not,
    }


def complaint(row: Row) -> str:
    """What is wrong with a row; empty when the fault is caught by its check, or is known to be invisible and is."""
    if not row["by"]:
        seen = ", ".join(row["also_red"])
        return f"{row['fault']} is called invisible, but {seen} is red" if seen else ""
    if row["caught"]:
        return ""
    if row["also_red"]:
        return f"{row['fault']} is caught by accident: {', '.join(row['also_red'])}, not {row['by']}"
    return f"{row['fault']} is missed: {row['by']} should be red"


def again(fault: Fault, row: Row, weaken: str = "") -> Generator[Run, Seen, list[str]]:
    """Compare a fault with its row in the table: caught at full strength and at the weakest one that is told."""
    found = []
    full = yield Run(fault.name, fault.full, weaken=weaken)
    if not fault.by:
        return [f"{fault.name}: the table says invisible, now red: {', '.join(full.red)}"] if full.red else []
    if not caught(fault, full):
        found.append(
            f"{fault.name}: {fault.by} does not notice it at full strength; red: {full.red or 'nothing'}"
        )
    if not found and row["weakest"] != fault.full:
        seen = yield Run(fault.name, row["weakest"], selection(fault), weaken)
        if not caught(fault, seen):
            found.append(f"{fault.name}: {fault.by} no longer notices it at {row['weakest']:g} of {fault.of}")
    return found
