"""Checks made weaker, to show that the matrix notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


class Weakened:
    """The pytest plugin that weakens one check, as a careless change would."""

    def __init__(self, check: str) -> None:
        self._weaken = WEAKER[check]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._weaken({item.module.__name__.rpartition(".")[2]: item.module for item in session.items})


def s1_accepts_leaks(modules: dict[str, Any]) -> None:
    module = modules["test_s01_strict_include"]
    judge = module.judge_filter
    module.judge_filter = lambda check, lists: judge(check, [replace(shown, strays=()) for shown in lists])


def s5_accepts_rank_2(modules: dict[str, Any]) -> None:
    module = modules["test_s05_pin_position"]
    lowest = module.lowest_rank
    module.lowest_rank = lambda shown, *, established: 1 + lowest(shown, established=established)


def contract_ignores_duplicates(_: dict[str, Any]) -> None:
    from pytest_recsim.service.watch.watch import Watch

    note = Watch._note

    def lenient(self: Watch, kind: str, what: str, *facts: Any) -> None:
        if what != "duplicate ids":
            note(self, kind, what, *facts)

    Watch._note = lenient


WEAKER: dict[str, Callable[[dict[str, Any]], None]] = {
    "S1": s1_accepts_leaks,
    "S5": s5_accepts_rank_2,
    "contract": contract_ignores_duplicates,
}
