"""A customer's data set with its thresholds, as a value."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.model import CheckResult
from pytest_recsim.testing import rows
from pytest_recsim.testing.project import Project
from pytest_recsim.testing.ran import Ran
from pytest_recsim.testing.rows import Row

NAME = "acme"
INI = "[pytest]\nfilterwarnings = error\nxfail_strict = true\nrecsim_no_html = true\n"
LOOSE = """\
defaults:
  quality:
    min_segment_lift_ndcg: -1
    min_segment_lift_mrr: -1
    min_catalog_coverage: 0.3
    min_long_tail_share: 0.05
    min_segment_users: 1
    min_baseline_hits: 1
  scenarios:
    s4_max_ndcg_loss: 1
    s7_min_avg_mrr: 0
    s7_min_avg_categories: 1
    s8_min_exposure: 0
    s9_min_margin_span: 0
    s9_ndcg_tolerance: 1
"""
"""Thresholds that a small shop keeps."""


@dataclass(frozen=True)
class Shop:
    """The customer `acme`; every method returns another shop and leaves this one as it is.

    Attributes:
        items, users, events: rows as a fixture has them.
        guardrails: text of guardrails.yml.
        knobs: laid over the profile.
        files: name -> text of whatever else lies in the folder, a conftest.py for example.
    """

    items: tuple[Row, ...]
    users: tuple[Row, ...]
    events: tuple[Row, ...]
    guardrails: str = LOOSE
    knobs: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, Sequence[Row]]) -> Shop:
        """A shop with the data of a fixture."""
        return cls(tuple(document["items"]), tuple(document["users"]), tuple(document["events"]))

    @property
    def document(self) -> dict[str, list[Row]]:
        """The fixture."""
        return {"items": [*self.items], "users": [*self.users], "events": [*self.events]}

    @property
    def text(self) -> str:
        """The fixture as a file."""
        return f"{json.dumps(self.document, ensure_ascii=False, separators=(',', ':'))}\n"

    def with_items(self, *items: Row) -> Shop:
        """Add items, each in the place of one with the same id."""
        return replace(self, items=_merged(self.items, items, "item_id"))

    def with_popular(self, *items: Row) -> Shop:
        """Add items that everybody has looked at, so that they are in many lists."""
        looked = [
            rows.event(user["user_id"], item["item_id"], 20 + number / 10)
            for number, user in enumerate(self.users)
            for item in items
        ]
        return self.with_items(*items).with_events(*looked)

    def with_users(self, *users: Row) -> Shop:
        """Add users, each in the place of one with the same id."""
        return replace(self, users=_merged(self.users, users, "user_id"))

    def with_events(self, *events: Row) -> Shop:
        return replace(self, events=(*self.events, *events))

    def with_guardrails(self, text: str) -> Shop:
        """Other thresholds, as the text of a whole guardrails.yml."""
        return replace(self, guardrails=text)

    def with_knobs(self, **knobs: object) -> Shop:
        """Lay knobs over the profile: ``with_knobs(MMR_LAMBDA=1)``."""
        return replace(self, knobs={**self.knobs, **{name: str(value) for name, value in knobs.items()}})

    def with_files(self, files: Mapping[str, str]) -> Shop:
        """Put more files into the folder, by name."""
        return replace(self, files={**self.files, **files})

    def settle(self, folder: Path) -> Project:
        """Write everything into a folder; `pytest --customer acme` works there, and warnings are errors."""
        project = Project(folder)
        project.write("pytest.ini", INI)
        project.write("guardrails.yml", self.guardrails)
        project.write(f"fixtures/customers/{NAME}.json", self.text)
        for name, text in self.files.items():
            project.write(name, text)
        return project

    def run(self, scenario: str | Path, *words: str) -> Ran:
        """Run one scenario here, in a process and a folder of its own that is removed afterwards.

        Args:
            scenario: a file, with the conftest.py beside it if there is one; or the text of one.
            words: more words for pytest.
        """
        knobs = [word for name, value in self.knobs.items() for word in ("--env-override", f"{name}={value}")]
        with tempfile.TemporaryDirectory(prefix="recsim-shop-") as folder:
            project = self.with_files(_files(scenario)).settle(Path(folder) / "shop")
            ran = project.run("--customer", NAME, *knobs, *words, f"scenarios/{_name(scenario)}")
            return replace(ran, results=_results(project))


def shop(
    *,
    users: int = 12,
    items: int = 60,
    segments: Sequence[str] = ("regulars", rows.NEW_USERS),
    tags: Sequence[str] = ("red", "green", "blue"),
    **changes: Any,
) -> Shop:
    """A small shop: the same in every run, and large enough for lists of 20.

    Args:
        users: how many.
        items: how many.
        segments: users take turns in them; those of ``new_users`` have hardly a past.
        tags: plain ones, items take turns in them; each also has a category and a brand as tags.
        changes: fields of :class:`Shop` to be set, ``guardrails`` for example.
    """
    catalogue, people = tuple(rows.shop_items(items, tags)), tuple(rows.shop_users(users, segments))
    made = Shop(catalogue, people, tuple(rows.shop_events(people, catalogue)))
    return replace(made, **changes)


def _merged(old: Sequence[Row], new: Sequence[Row], key: str) -> tuple[Row, ...]:
    return tuple({row[key]: row for row in (*old, *new)}.values())


def _is_text(scenario: str | Path) -> bool:
    return isinstance(scenario, str) and "\n" in scenario


def _name(scenario: str | Path) -> str:
    return "test_scenario.py" if _is_text(scenario) else Path(scenario).name


def _files(scenario: str | Path) -> dict[str, str]:
    """The scenario and what it may rely on, by name in the folder."""
    if _is_text(scenario):
        return {f"scenarios/{_name(scenario)}": str(scenario)}
    found = [path for path in (Path(scenario), Path(scenario).with_name("conftest.py")) if path.exists()]
    if Path(scenario) not in found:
        raise FileNotFoundError(f"{scenario}: must be a file, or the text of one")
    return {f"scenarios/{path.name}": path.read_text(encoding="utf-8") for path in found}


def _results(project: Project) -> tuple[CheckResult, ...]:
    return tuple(result for root in project.bundles(NAME) for result in Bundle(root).results())
