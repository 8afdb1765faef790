"""What pytest keeps of every report until its end, made small once a customer is finished: a batch may have a thousand."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pytest_recsim.plugin.outcome import ATTRIBUTE

if TYPE_CHECKING:
    import pytest

SAME = ("_id", "location")
"""Attributes of a report that name its test."""


class Slimming:
    """Knows the reports that have come in, by the test they are of.

    Args:
        payload: whether what a report brought for the record may go too; not where another plugin reads it at the end.
    """

    def __init__(self, *, payload: bool) -> None:
        self._payload = payload
        self._reports: dict[str, list[pytest.TestReport]] = {}

    def note(self, report: pytest.TestReport) -> None:
        self._reports.setdefault(report.nodeid, []).append(report)

    def slim(self, nodeids: Iterable[str]) -> None:
        """Take out of these tests' reports what the record has by now, and keep words once that several have.

        What pytest and its plugins show at the end stays as it was.
        """
        for nodeid in nodeids:
            reports = self._reports.pop(nodeid, ())
            for report in reports:
                if self._payload:
                    vars(report).pop(ATTRIBUTE, None)
                _share(report, reports)


def _share(report: pytest.TestReport, reports: Sequence[pytest.TestReport]) -> None:
    kept, first = vars(report), vars(reports[0])
    for name, value in kept.items():
        kept[name] = first[name] if name in SAME and first.get(name) == value else _once(value)
    report.keywords = {_once(name): _once(value) for name, value in report.keywords.items()}
    report.user_properties = [(_once(name), _once(value)) for name, value in report.user_properties]


def _once(value: Any) -> Any:
    return sys.intern(value) if type(value) is str else value
