"""Batch manifests: several simulations in one YAML or JSON file, with the line of everything that is wrong."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_recsim.data.input.files import read_bytes, shown
from pytest_recsim.data.input.findings import Findings
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.data.input.rules import hold
from pytest_recsim.data.input.yamlmarks import Marked, load_marked, plain
from pytest_recsim.data.profiles.profiles import Assignment

PLACES = ("fixture_path", "guardrails_file")
TEXTS = ("namespace", "org_id", "base_url", "env_profile", *PLACES)


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


def load_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        InputError: it cannot be used; lists every problem with its line.
    """
    root = load_marked(path, "batch file")
    hold(root, "batch", shown(path))
    rows, defaults = (
        (root.value, {}) if isinstance(root.value, list) else (root.value["runs"].value, _defaults(root))
    )
    runs = tuple(_run(path, row, defaults) for row in rows)
    _unique(runs)
    return Manifest(path, hashlib.sha256(read_bytes(path, "batch file")).hexdigest(), runs)


def _defaults(root: Marked) -> Mapping[str, Marked]:
    found: Mapping[str, Marked] = root.value["defaults"].value if "defaults" in root.value else {}
    return found


def _run(path: Path, row: Marked, shared: Mapping[str, Marked]) -> Run:
    own = row.value
    fields = {**shared, **own}
    names = {key: str(own[key].value) for key in ("customer", "id") if key in own}
    skip = plain(fields["skip"]) if "skip" in fields else []
    steps = [skip] if isinstance(skip, str) else skip
    return Run(
        id=names.get("id") or names["customer"],
        customer=names["customer"],
        origin=_where(path, row),
        texts={key: _said(path, key, fields[key]) for key in TEXTS if key in fields},
        env_overrides=(*_overrides(path, shared), *_overrides(path, own)),
        skip=() if isinstance(steps, bool) else tuple(steps),
        left_out=skip is True,
    )


def _said(path: Path, key: str, marked: Marked) -> Said:
    value = str(uuid.UUID(marked.value)) if key == "org_id" else marked.value
    return Said(str(path.parent / value) if key in PLACES else value, _where(path, marked))


def _overrides(path: Path, fields: Mapping[str, Marked]) -> Iterator[Assignment]:
    given = fields["env_overrides"].value if "env_overrides" in fields else []
    pairs = (
        [(f"{knob}={_scalar(marked.value)}", marked) for knob, marked in given.items()]
        if isinstance(given, dict)
        else [(marked.value, marked) for marked in given]
    )
    for text, marked in pairs:
        yield Assignment.written(text, _where(path, marked))


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unique(runs: tuple[Run, ...]) -> None:
    first: dict[str, Run] = {}
    findings = Findings()
    for run in runs:
        earlier = first.setdefault(run.id, run)
        if earlier is not run:
            what = f"simulation `{run.id}` is defined here again, first at {earlier.origin}; give each an `id` of its own"
            findings.add(run.origin, what)
    findings.check()


def _where(path: Path, marked: Marked) -> str:
    return f"{shown(path)}:{marked.line}"


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
