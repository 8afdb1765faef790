"""All faults, by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matrix_faults_boosts
import matrix_faults_data
import matrix_faults_diversity
import matrix_faults_explain
import matrix_faults_filters
import matrix_faults_lists
import matrix_faults_rules
import matrix_faults_service
import matrix_faults_taste

if TYPE_CHECKING:
    from matrix_fault import Fault

KINDS: dict[str, list[Fault]] = {
    "Filters": matrix_faults_filters.FAULTS,
    "Rules: blocks and pins": matrix_faults_rules.FAULTS,
    "Boosts": matrix_faults_boosts.FAULTS,
    "Diversity and caps": matrix_faults_diversity.FAULTS,
    "Whose list, and how good": matrix_faults_taste.FAULTS,
    "The list itself": matrix_faults_lists.FAULTS,
    "The data behind it": matrix_faults_data.FAULTS,
    "The service, and taste in general (optional guardrails)": matrix_faults_service.FAULTS,
    "What answers and services say of themselves": matrix_faults_explain.FAULTS,
}
FAULTS: list[Fault] = [fault for kind in KINDS.values() for fault in kind]


def by_name(name: str) -> Fault:
    return next(fault for fault in FAULTS if fault.name == name)
