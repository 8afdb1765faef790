"""Which inputs there are, and what each is: told by its content, where that is broken by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pytest_recsim.data.fixtures.containers import holds_data
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.kinds import HEAD, named
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.bounds import open_at_once
from pytest_recsim.validate.model import Kind

KINDS = "a data set (JSON, .json.gz or a folder), a profile (.env), guardrails.yml or a batch file"
_SETTING = re.compile(rb"(?m)^\s*(?:export\s+)?[A-Z][A-Z0-9_]*\s*=")
_RUNS = re.compile(rb"(?m)^(?:runs\s*:|- )")
_RULES = re.compile(rb"(?m)^(?:defaults|customers|schema_version)\s*:")
_YAML = (".yml", ".yaml")
_DATA = (".json", ".json.gz")


def kind_of(path: Path) -> Kind:
    """Return what a path is, ``unknown`` where nothing tells."""
    if path.is_dir():
        return "data set" if holds_data(path) else "unknown"
    if path.name.endswith(_DATA):
        return "data set"
    head = _head(path)
    if path.suffix in _YAML:
        return "batch file" if _RUNS.search(head) else "guardrails"
    signs: dict[Kind, bool] = {
        "profile": path.suffix == ".env",
        "data set": head.lstrip()[:1] == b"{",
        "batch file": _RUNS.search(head) is not None,
        "guardrails": _RULES.search(head) is not None,
    }
    said = next((kind for kind, holds in signs.items() if holds), None)
    return said or ("profile" if _SETTING.search(head) else "unknown")


def odd(path: Path) -> str:
    """Say what a path is that is none of our inputs."""
    if path.is_dir():
        return f"a folder without items, users and events; must be {KINDS}"
    return f"{named(_head(path), path) or 'not known what this is'}; must be {KINDS}"


def _head(path: Path) -> bytes:
    with open_at_once(path) as stream:
        return stream.read(HEAD)


def everything(root: Path) -> list[Path]:
    """Return all inputs that a folder holds, guardrails and profiles first.

    Raises:
        InputError: there are none.
    """
    found = list(dict.fromkeys(_there(root)))
    if not found:
        raise InputError(Problem(shown(root) or ".", f"nothing to validate here; name a file: {KINDS}"))
    return found


def _there(root: Path) -> Iterator[Path]:
    for path in sorted([*root.glob("*.yml"), *root.glob("*.yaml")]):
        if kind_of(path) == "batch file" or path.name == "guardrails.yml":
            yield path
    yield from sorted((root / "profiles").glob("*.env"))
    below = sorted((root / "fixtures").rglob("*"))
    sets = [path for path in below if path.is_dir() and holds_data(path)]
    yield from sets
    for path in below:
        if path.is_file() and not any(parent in sets for parent in path.parents):
            batch = path.suffix in _YAML and kind_of(path) == "batch file"
            if batch or path.name.endswith(_DATA):
                yield path
