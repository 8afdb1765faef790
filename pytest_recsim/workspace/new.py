"""What a new customer needs, planned before anything is written: data, profile, thresholds, a check, a line of the batch."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pytest_recsim.data.batches.manifest import load_manifest
from pytest_recsim.data.fixtures.containers import is_folder
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.guardrails.guardrails import load_guardrails
from pytest_recsim.data.input.files import read_bytes, shown
from pytest_recsim.data.input.names import CUSTOMER, CUSTOMER_RULE, wrong_namespace
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.data.profiles.profiles import load_profile, packaged_profiles
from pytest_recsim.pace import Progress, silent
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.words import TEMPLATES
from pytest_recsim.sources.writer import render
from pytest_recsim.workspace import texts
from pytest_recsim.workspace.insert import into_list, into_mapping
from pytest_recsim.workspace.write import Change

GUARDRAILS, MANIFEST = "guardrails.yml", "fixtures/batch_simulations.yaml"
INIS = ("pytest.ini", ".pytest.ini", "pytest.toml", "pyproject.toml", "tox.ini", "setup.cfg")
SIZES: dict[str, Any] = {"seed": 7, "items": 400, "users": 2_400, "events": 80_000}
"""Of a synthetic customer: enough people in every segment for its profile to show its worth."""
TUNED, USUAL = "customer_a", "prod"
"""The packaged profiles: tuned on synthetic people, and the service's own values."""
NO_MARGINS = {"media": "{ check: S9, reason: a subscription has no margins per item }"}
RESERVED = ("batches",)


@dataclass(frozen=True)
class Asked:
    """Who is new.

    Attributes:
        customer: the name.
        template: of synthetic people, where there are no data.
        source: a fixture; one within the workspace is used where it lies, another one is copied.
    """

    customer: str
    template: str = "retail"
    source: Path | None = None

    @property
    def stem(self) -> str:
        """The name as files, namespace and profile have it."""
        return re.sub(r"[^a-z0-9]", "_", self.customer)


def planned(root: Path, asked: Asked, progress: Progress = silent) -> list[Change]:
    """Return everything that is to be written; nothing is yet.

    Raises:
        InputError: a name that cannot be one, data that cannot be used, or whatever is there already, all of it at once.
    """
    if problems := list(_wrong_names(asked)):
        raise InputError(problems)
    changes: list[Change] = []
    for step in (partial(_data, progress=progress), _profile, _scenario, _guardrails, _manifest):
        try:
            changes += step(root, asked)
        except InputError as error:
            problems += error.problems
    problems += [
        problem for change in changes if change.before is None for problem in _in_the_way(root, change.path)
    ]
    if problems:
        raise InputError(problems)
    return changes


def _wrong_names(asked: Asked) -> Iterator[Problem]:
    if not re.fullmatch(CUSTOMER, asked.customer):
        yield Problem("CUSTOMER", f"`{asked.customer}`: must be {CUSTOMER_RULE}")
    elif asked.customer in RESERVED or wrong_namespace(asked.customer):
        what = wrong_namespace(asked.customer) or "is the folder of batch summaries; must be another name"
        yield Problem("CUSTOMER", f"`{asked.customer}`: {what}")
    if asked.template not in TEMPLATES:
        allowed = ", ".join(TEMPLATES)
        what = f"`{asked.template}`: must be one of {allowed}{nearest(asked.template, TEMPLATES)}"
        yield Problem("--template", what)


def _in_the_way(root: Path, path: Path) -> Iterator[Problem]:
    """Name what is where a new file is to be, a link that leads nowhere as well, or where one of its folders is to be."""
    for folder in path.relative_to(root).parents:
        if os.path.lexists(root / folder) and not (root / folder).is_dir():
            yield Problem(shown(root / folder), "must be a folder")
            return
    if os.path.lexists(path):
        yield _there(path)


def _there(path: Path) -> Problem:
    how = f"; `--from {shown(path)}` uses it as it is" if "customers" in path.parts[-2:] else ""
    return Problem(shown(path), f"exists already, and nothing is written over it{how}")


def _data(root: Path, asked: Asked, progress: Progress) -> Iterator[Change]:
    if asked.source is None:
        path = root / _place(root, asked)
        what = f"synthetic people ({asked.template})"
        yield Change(path, lambda: render(generate(asked.template, **SIZES, progress=progress)), what)
        return
    load_fixture(asked.source)
    if _within(root, asked.source):
        return
    folder = is_folder(asked.source)
    for file in sorted(asked.source.iterdir()) if folder else [asked.source]:
        target = root / _place(root, asked) / file.name if folder else root / _place(root, asked)
        yield Change(target, partial(read_bytes, file, "data set"), f"a copy of {shown(file)}")


def _place(root: Path, asked: Asked) -> str:
    """Return where the customer's data are, as guardrails.yml names it."""
    source = asked.source
    if source is not None and _within(root, source):
        return source.resolve().relative_to(root.resolve()).as_posix()
    plain = source is None or source.name.endswith(".json")
    suffix = ".json" if plain else ".json.gz" if source and source.name.endswith(".gz") else ""
    return f"fixtures/customers/{asked.stem}{suffix}"


def _within(root: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())


def _profile(root: Path, asked: Asked) -> Iterator[Change]:
    name = USUAL if asked.source else TUNED
    source = packaged_profiles() / f"{name}.env"
    load_profile(source)
    head = texts.profile_head(asked.customer, f"the packaged profile {name}")
    content = head.encode() + read_bytes(source, "env profile")
    yield Change(root / "profiles" / f"{asked.stem}.env", lambda: content, f"a copy of the profile {name}")


def _scenario(root: Path, asked: Asked) -> Iterator[Change]:
    text = texts.SCENARIO.format(customer=asked.customer)
    yield Change(root / "scenarios" / f"test_customer_{asked.stem}.py", text.encode, "a check of its own")


def _guardrails(root: Path, asked: Asked) -> Iterator[Change]:
    path = root / GUARDRAILS
    waiver = "" if asked.source else NO_MARGINS.get(asked.template, "")
    block = partial(texts.entry, asked.customer, asked.stem, _place(root, asked), waiver)
    if not path.exists():
        if not any((root / name).exists() for name in INIS):
            yield Change(root / "pytest.ini", texts.PYTEST.encode, "marks pytest's root")
        yield Change(
            path,
            (texts.GUARDRAILS + block("  ")).encode,
            "thresholds, and what belongs together",
            block("  "),
        )
        return
    if _blank(path):
        yield _amended(path, _after(path, texts.GUARDRAILS + block("  ")), block("  "), "its entry")
        return
    customers = load_guardrails(path).customers
    if asked.customer in customers:
        raise InputError(
            Problem(customers[asked.customer].origin, f"`{asked.customer}` has an entry already")
        )
    for other in customers.values():
        if (other.namespace or other.name.replace("-", "_")) == asked.stem:
            what = f"`{other.name}` has the namespace `{asked.stem}`, which `{asked.customer}` would have; must be another name"
            raise InputError(Problem(other.origin, what))
    text = into_mapping(path, "customers", asked.customer, block)
    yield _amended(path, text, block("  "), "its entry")


def _manifest(root: Path, asked: Asked) -> Iterator[Change]:
    path = root / MANIFEST
    line = partial(texts.run, asked.customer)
    if not path.exists():
        yield Change(path, (texts.MANIFEST + line("  ")).encode, "the batch of all customers", line("  "))
        return
    if _blank(path):
        yield _amended(path, _after(path, texts.MANIFEST + line("  ")), line("  "), "its line")
        return
    if any(asked.customer in (run.id, run.customer) for run in load_manifest(path).runs):
        raise InputError(Problem(shown(path), f"`{asked.customer}` is in it already"))
    yield _amended(path, into_list(path, "runs", line), line("  "), "its line")


def _blank(path: Path) -> bool:
    """Whether a file holds nothing yet, or comments alone."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):  # told where it is loaded
        return False
    return all(not line.strip() or line.lstrip().startswith("#") for line in lines)


def _after(path: Path, text: str) -> str:
    """Return the text after what stands in a file."""
    before = path.read_bytes().decode("utf-8-sig")
    return f"{before}\n{text}" if before and not before.endswith("\n") else before + text


def _amended(path: Path, text: str, added: str, what: str) -> Change:
    before = path.read_bytes()
    mark = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    return Change(path, lambda: mark + text.encode(), what, added, before)
