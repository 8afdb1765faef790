"""What should run, read from the suite's own source: it follows from suite and plan, never from what was collected."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pytest_recsim.plan.model import Plan
from pytest_recsim.plugin.suite import suite_folder, suite_paths
from pytest_recsim.record.model import Key
from pytest_recsim.simulation.checks.cases import cases, key_of

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Written:
    """A test function that asks for ``sim``, as it is written.

    Attributes:
        name: file and function, e.g. ``test_mine.py::test_mine`` or ``test_mine.py::TestMine::test_mine``.
        scenario, guardrail: what its marker names; empty without one.
        when: the optional threshold that it needs; empty when it always exists.
        arguments: names of its parameters.
        customers: for whom it is made, as its mark or that of its class or file spells them out; empty for everybody.
    """

    name: str
    scenario: str
    guardrail: str
    when: str
    arguments: tuple[str, ...]
    customers: tuple[str, ...] = ()

    def concerns(self, customer: str) -> bool:
        return not self.customers or customer in self.customers


def left_out(plan: Plan, planned: Collection[Key], collected: Collection[Key], here: Path) -> tuple[str, ...]:
    """Name the checks of a simulation that ought to run and were not planned, whatever removed them.

    Args:
        plan: of the simulation.
        planned: what this run was going to make.
        collected: what pytest had found before anybody removed any of it.
        here: the folder that pytest was started in, beside the user's own ``scenarios/``.
    """
    mine = {key for key in planned if key[0] == plan.id}
    wanted = [*_of_the_suite(plan), *(key for key in collected if key[0] == plan.id)]
    missing = [
        f"{check} [{case}]" if case else check
        for _, check, case in wanted
        if (plan.id, check, case) not in mine
    ]
    known = {check for _, check, _ in (*wanted, *mine)}
    return tuple(dict.fromkeys([*missing, *(name for name in _of_the_user(plan, here) if name not in known)]))


def _of_the_suite(plan: Plan) -> Iterator[Key]:
    for path in _files(suite_folder()):
        for one in written(path):
            for case in cases(plan.id, plan, one.arguments, one.when):
                yield key_of(one.scenario, one.guardrail, case)


def _of_the_user(plan: Plan, here: Path) -> list[str]:
    """Names of the user's own checks; how pytest parametrises them is not known before it has collected them."""
    _, *own = suite_paths(here)
    found = (one for folder in own for path in _files(folder) for one in written(path))
    return [one.name for one in found if one.concerns(plan.customer)]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("test_*.py"))


@cache
def written(path: Path) -> tuple[Written, ...]:
    """Return the checks in a file; none where the file cannot be parsed, which pytest tells in its own words."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ()
    assigned = [node.value for node in tree.body if isinstance(node, ast.Assign) and _is_pytestmark(node)]
    return tuple(_checks(tree.body, path.name, _customers(assigned)))


def _is_pytestmark(node: ast.Assign) -> bool:
    return any(isinstance(name, ast.Name) and name.id == "pytestmark" for name in node.targets)


def _checks(body: list[ast.stmt], place: str, customers: tuple[str, ...]) -> Iterator[Written]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            inner = _customers(node.decorator_list) or customers
            yield from _checks(node.body, f"{place}::{node.name}", inner)
        if isinstance(node, Function) and node.name.startswith("test"):
            arguments = tuple(argument.arg for argument in (*node.args.args, *node.args.kwonlyargs))
            if "sim" in arguments:
                mine = _customers(node.decorator_list) or customers
                yield _written(node, f"{place}::{node.name}", arguments, mine)


def _customers(marks: Sequence[ast.expr]) -> tuple[str, ...]:
    """Return the customers that marks name, or lists of marks."""
    flat = [
        one for mark in marks for one in (mark.elts if isinstance(mark, ast.List | ast.Tuple) else [mark])
    ]
    return tuple(
        str(name.value)
        for mark in flat
        if isinstance(mark, ast.Call)
        and isinstance(mark.func, ast.Attribute)
        and mark.func.attr == "customer"
        for name in mark.args
        if isinstance(name, ast.Constant)
    )


def _written(node: Function, name: str, arguments: tuple[str, ...], customers: tuple[str, ...]) -> Written:
    words = {"scenario": "", "guardrail": "", "when": ""}
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr in words:
            given = [argument.value for argument in mark.args if isinstance(argument, ast.Constant)]
            words[mark.func.attr] = str(given[0]) if given else ""
            for keyword in mark.keywords:
                if keyword.arg == "when" and isinstance(keyword.value, ast.Constant):
                    words["when"] = str(keyword.value.value)
    return Written(name=name, arguments=arguments, customers=customers, **words)
