"""Batch manifests: several simulations in one YAML or JSON file, with the line of everything that is wrong."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_recsim.data.guardrails.guardrail_read import CUSTOMER
from pytest_recsim.data.guardrails.guardrail_values import kind, namespace, org_id, text, unknown
from pytest_recsim.data.input.files import read_bytes, shown
from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.data.input.yamlmarks import Marked, load_marked
from pytest_recsim.data.profiles.profiles import Assignment

PLACES = ("fixture_path", "guardrails_file")
TEXTS = ("namespace", "org_id", "base_url", "env_profile", *PLACES)
SHARED = (*TEXTS, "env_overrides", "skip")
_READERS = {"namespace": namespace, "org_id": org_id}
_NAME = re.compile(CUSTOMER)


@dataclass(frozen=True)
class Said:
    """A value of a manifest and its file and line."""

    value: str
    origin: str


@dataclass(frozen=True)
class Run:
    """One simulation as the manifest describes it, the file's defaults laid under it.

    Attributes:
        id: names the simulation in reports; the customer unless that occurs twice.
        customer, origin: whose it is, and its file and line.
        texts: key of ``TEXTS`` -> what is said; paths of ``PLACES`` start from the manifest's folder.
        env_overrides: ``KEY=VALUE``, those of the defaults first.
        skip: steps to leave out.
        left_out: the run itself is not to be made.
    """

    id: str
    customer: str
    origin: str
    texts: Mapping[str, Said]
    env_overrides: tuple[Assignment, ...] = ()
    skip: tuple[str, ...] = ()
    left_out: bool = False


@dataclass(frozen=True)
class Manifest:
    """A batch: its file, the hash of its bytes, its runs in order."""

    path: Path
    sha256: str
    runs: tuple[Run, ...]


def load_manifest(path: Path, steps: tuple[str, ...]) -> Manifest:
    """Read and check a manifest; ``steps`` are those that a run may skip.

    Raises:
        InputError: it cannot be used; lists every problem with its line.
    """
    reader = _Reader(path, steps)
    runs = reader.read()
    return Manifest(path, hashlib.sha256(read_bytes(path, "batch file")).hexdigest(), runs)


class _Reader:
    def __init__(self, path: Path, steps: tuple[str, ...]) -> None:
        self._known_steps = steps
        self._folder = path.parent
        self._name = shown(path)
        self._findings = Findings()
        self._path = path

    def read(self) -> tuple[Run, ...]:
        root = load_marked(self._path, "batch file")
        rows, defaults = root, Marked({}, root.line)
        if isinstance(root.value, dict):
            allowed = ("schema_version", "runs", "defaults")
            self._known(root, allowed)
            version = root.value.get("schema_version")
            if version and (version.value != 1 or version.value is True):
                self._add(version, f"`schema_version` is {kind(version.value)}; must be 1")
            rows, defaults = (
                root.value.get("runs", Marked(None, root.line)),
                root.value.get("defaults", defaults),
            )
        if not isinstance(rows.value, list) or not rows.value:
            what = f"`runs` is {'empty' if rows.value == [] else kind(rows.value)}; must be a list of simulations"
            self._add(rows, what)
            self._findings.check()
        shared = self._fields(defaults, SHARED, "defaults")
        found = [self._run(row, shared) for row in rows.value]
        runs = tuple(run for run in found if run is not None)
        self._unique(runs)
        self._findings.check()
        return runs

    def _run(self, row: Marked, shared: Mapping[str, Marked]) -> Run | None:
        own = self._fields(row, ("id", "customer", *SHARED), "a run")
        names = {key: self._slug(key, own[key]) for key in ("customer", "id") if key in own}
        if "customer" not in own:
            if isinstance(row.value, dict):
                self._add(row, "a run without `customer`; every run names one")
            return None
        fields = {**shared, **own}
        texts = {key: said for key in TEXTS if key in fields and (said := self._text(key, fields[key]))}
        overrides = [*self._overrides(shared), *self._overrides(own)]
        skip = fields.get("skip", Marked([], row.line))
        return Run(
            id=names.get("id") or names["customer"],
            customer=names["customer"],
            origin=self._where(row),
            texts=texts,
            env_overrides=tuple(overrides),
            skip=self._steps(skip),
            left_out=skip.value is True,
        )

    def _fields(self, marked: Marked, allowed: tuple[str, ...], what: str) -> Mapping[str, Marked]:
        if not isinstance(marked.value, dict):
            self._add(marked, f"{what} is {kind(marked.value)}; must be a mapping of {', '.join(allowed)}")
            return {}
        self._known(marked, allowed)
        return {key: item for key, item in marked.value.items() if key in allowed}

    def _known(self, marked: Marked, allowed: tuple[str, ...]) -> None:
        for key, item in marked.value.items():
            if key not in allowed:
                self._add(item, unknown(key, allowed))

    def _slug(self, key: str, marked: Marked) -> str:
        if isinstance(marked.value, str) and _NAME.fullmatch(marked.value):
            return marked.value
        what = f"`{key}` is {kind(marked.value)}; must be lower-case letters, digits, `_`, `.`, `-`, not at the front"
        self._add(marked, what)
        return ""

    def _text(self, key: str, marked: Marked) -> Said | None:
        try:
            read = _READERS.get(key)
            value = read(marked.value) if read else text(key, marked.value)
        except ValueError as error:
            self._add(marked, str(error))
            return None
        return Said(str(self._folder / value) if key in PLACES else value, self._where(marked))

    def _overrides(self, fields: Mapping[str, Marked]) -> list[Assignment]:
        marked = fields.get("env_overrides", Marked([], 0))
        if isinstance(marked.value, dict):
            pairs = marked.value.items()
            return [
                self._assignment(f"{name}={_scalar(item.value)}", item)
                for name, item in pairs
                if self._plain(name, item)
            ]
        if isinstance(marked.value, list) and all(isinstance(item.value, str) for item in marked.value):
            return [self._assignment(item.value, item) for item in marked.value]
        what = f"`env_overrides` is {kind(marked.value)}; must be a mapping KNOB: value or a list of KNOB=VALUE texts"
        self._add(marked, what)
        return []

    def _assignment(self, text: str, marked: Marked) -> Assignment:
        return Assignment.written(text, self._where(marked))

    def _plain(self, name: str, marked: Marked) -> bool:
        if isinstance(marked.value, str | int | float):
            return True
        self._add(marked, f"`env_overrides.{quoted(name)}` is {kind(marked.value)}; must be one plain value")
        return False

    def _steps(self, marked: Marked) -> tuple[str, ...]:
        if isinstance(marked.value, bool):
            return ()
        listed = marked.value if isinstance(marked.value, list) else [marked]
        for item in listed:
            if item.value not in self._known_steps:
                what = f"`skip` is {kind(item.value)}; must be true (leaves the run out) or a list of {', '.join(self._known_steps)}"
                self._add(item, what)
        return tuple(str(item.value) for item in listed)

    def _unique(self, runs: tuple[Run, ...]) -> None:
        first: dict[str, Run] = {}
        for run in runs:
            earlier = first.setdefault(run.id, run)
            if earlier is not run:
                what = f"simulation `{run.id}` is defined here again, first at {earlier.origin}; give each an `id` of its own"
                self._findings.add(run.origin, what)

    def _where(self, marked: Marked) -> str:
        return f"{self._name}:{marked.line}"

    def _add(self, marked: Marked, what: str) -> None:
        self._findings.add(self._where(marked), what)


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def selected(manifest: Manifest, names: tuple[str, ...]) -> tuple[Run, ...]:
    """Return the runs of these customers (or ids), all of them without names.

    Raises:
        InputError: a name that the manifest does not hold.
    """
    known = sorted({name for run in manifest.runs for name in (run.customer, run.id)})
    wrong = [
        Problem(
            "--customer",
            f"`{name}` is not in {shown(manifest.path)}; it holds {', '.join(known)}{nearest(name, known)}",
        )
        for name in names
        if name not in known
    ]
    if wrong:
        raise InputError(wrong)
    return tuple(run for run in manifest.runs if not names or {run.customer, run.id} & set(names))
