"""The compatibility page and its JSON: the page is made from the JSON alone, so that neither can drift."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from peers_catalogue import PEERS

DOCS = Path(__file__).resolve().parents[2] / "docs"
JSON, PAGE = DOCS / "compatibility.json", DOCS / "compatibility.md"
KNOWN = {peer.key: peer for peer in PEERS}
Facts = dict[str, Any]
HEAD = """\
# Beside other pytest plugins

**{same} of {count} plugins change nothing**; the first table explains the others, the second lists what was tried. In none of {runs}
runs did the record say that a customer is ready to go live while pytest's exit code was not 0, or while a check had not passed.

Every plugin was installed beside ours, alone, with the words in the table, and two customers ran: one who passes all {checks} checks
and one who fails {failing} of them. *-n 2*: once more on two workers. *wavering*: for plugins that try again or repeat, a third
customer, whose own check fails only the first time. Exit code, verdict and every outcome are compared with a run without
any other plugin, on Python {python} and pytest {pytest} where no other is named.

## What differs

| plugin | what it does | with | runs | differs | why |
| --- | --- | --- | --- | --- | --- |
"""
ALIKE = """
## No difference

| plugin | what it does | with |
| --- | --- | --- |
"""
MADE = """
Made by `python -m tests.peers` from `compatibility.json`; CI runs beside the ten most used plugins again.
"""
VERSIONS = """
## Versions of Python and pytest

Without any other plugin (except pytest-xdist), compared with the run on Python {python} and pytest {pytest}.

| Python | pytest | differs |
| --- | --- | --- |
"""


def load() -> Facts:
    """Return what was measured before; nothing where there is no table yet."""
    known = json.loads(JSON.read_text(encoding="utf-8")) if JSON.exists() else {}
    return {"peers": [], "versions": []} | known


def key(row: Facts) -> str:
    """What tells a row apart, as :attr:`Peer.key` does."""
    return " ".join((row["name"], *row["words"]))


def save(facts: Facts) -> None:
    """Write both files."""
    JSON.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(facts), encoding="utf-8")


def page(facts: Facts) -> str:
    rows = facts["peers"]
    plugins = {row["name"] for row in rows}
    differing = {row["name"] for row in rows if any(run["differences"] for run in row["runs"])}
    head = HEAD.format(
        **facts["plain"],
        count=len(plugins),
        same=len(plugins - differing),
        runs=sum(len(row["runs"]) for row in rows),
    )
    newest = facts["plain"]["pytest"]
    unlike = [row for row in rows if _explained(row["runs"])]
    alike = [row for row in rows if row not in unlike]
    lines = [head, *(_line(_cells(row, newest)) for row in unlike), ALIKE]
    lines += [_line(list(_cells(row, newest))[:3]) for row in alike]
    lines.append(VERSIONS.format(**facts["plain"]))
    lines += [
        _line((row["python"], row["pytest"], _explained(row["runs"]) or "nothing")) for row in _had(facts)
    ]
    if lacking := [row["python"] for row in facts["versions"] if not row["runs"]]:
        lines.append(f"\nNot to be had where this was made: Python {', '.join(dict.fromkeys(lacking))}.\n")
    return "".join([*lines, MADE])


def _had(facts: Facts) -> list[Facts]:
    return [row for row in facts["versions"] if row["runs"]]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cells(row: Facts, newest: str) -> Iterator[str]:
    peer = KNOWN[key(row)]
    yield f"{row['name']} {row['version']}"
    yield peer.does + (f" (pytest {row['pytest']})" if row["pytest"] != newest else "")
    words = [*(f"{name}={text}" for name, text in peer.env.items()), *row["words"]]
    yield f"`{' '.join(words)}`" if words else ""
    yield ", ".join(_runs(row["runs"]))
    yield _explained(row["runs"])
    yield peer.because


def _runs(runs: list[Facts]) -> Iterator[str]:
    yield from (run["customer"] for run in runs if not run["workers"])
    if any(run["workers"] for run in runs):
        yield "-n 2"


def _explained(runs: list[Facts]) -> str:
    """Say the differences of each customer, once."""
    found = dict.fromkeys(
        f"{run['customer']}: {'; '.join(run['differences'])}" for run in runs if run["differences"]
    )
    return ". ".join(found)
