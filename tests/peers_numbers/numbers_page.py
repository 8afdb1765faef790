"""The page about other tools' numbers, made from its JSON alone, so that neither can drift."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from numbers_facts import differs
from numbers_reasons import DIFFERS, WORDS
from numbers_text import FROM_A_BUNDLE, HEAD, NO_RECIPE, ONE_BY_ONE, RECIPES, TO_ASK_AT_ALL, WHOLE

Facts = dict[str, Any]
NAMES = {"ndcg": "NDCG", "mrr": "MRR", "recall": "Recall", "coverage": "Coverage", "gini": "Gini"}
EXPORT = Path(__file__).parent / "numbers_export.py"


def page(facts: Facts) -> str:
    """Return docs/other-numbers.md."""
    slates = {slate["name"]: slate for slate in facts["slates"]}
    known: set[tuple[str, str]] = set()
    blocks = [
        HEAD.format(**opening(facts, slates)),
        table(("NDCG@10", "where", "because"), first_rows(facts, slates)),
        WHOLE,
        table(("call", "differs"), whole(facts)),
        RECIPES,
        table(("tool", "call", "gives our"), recipes(facts)),
        NO_RECIPE,
        FROM_A_BUNDLE,
        f"```python\n{EXPORT.read_text(encoding='utf-8')}```",
        ONE_BY_ONE,
        *(block for slate in list(slates.values())[1:] for block in section(slate, facts, slates, known)),
        TO_ASK_AT_ALL.format(**opening(facts, slates)),
    ]
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def opening(facts: Facts, slates: dict[str, Facts]) -> Facts:
    """What the first sentences say in numbers."""
    first = next(iter(slates.values()))
    versions = ", ".join(f"{one['package']} {one['version']}" for one in facts["libraries"])
    others = [row["value"] for row in rows_of(first, facts) if row["metric"] == "ndcg"]
    return {
        "versions": versions,
        "python": facts["python"],
        "here": number(first["ours"]["ndcg"]),
        "low": number(min(others)),
        "high": number(max(others)),
        "title": first["title"][0].upper() + first["title"][1:],
        "list": shown(first),
    }


def first_rows(facts: Facts, slates: dict[str, Facts]) -> Iterable[Sequence[str]]:
    """The one list with everybody's NDCG, ours first."""
    first = next(iter(slates.values()))
    ndcg = [row for row in rows_of(first, facts) if row["metric"] == "ndcg"]
    same = [row for row in ndcg if not differs(row, slates)]
    yield (
        number(first["ours"]["ndcg"]),
        f"**pytest-recsim**, {where(same, facts)}",
        "2^grade - 1, log2(rank + 1)",
    )
    for group in grouped(row for row in ndcg if differs(row, slates)):
        yield number(group[0]["value"]), where(group, facts), words(group[0]["because"])


def section(
    slate: Facts, facts: Facts, slates: dict[str, Facts], known: set[tuple[str, str]]
) -> Iterator[str]:
    """A slate's numbers; reasons that no earlier section had come first, in bold."""
    rows = rows_of(slate, facts)
    unlike = [row for row in rows if differs(row, slates)]
    silent = [row for row in rows if row["value"] is None]
    ours = {name: slate["ours"][name] for name in NAMES if name in slate["ours"]}
    here = ", ".join(f"{NAMES[name]}@{slate['k']} {number(value)}" for name, value in ours.items())
    asked = len(rows) - len(silent)
    title = slate["title"][0].upper() + slate["title"][1:]
    yield f"### {slate['heading']}"
    yield f"{title}: {shown(slate)}. Here: **{here}**, as in {asked - len(unlike)} of {asked} calls."
    groups = grouped(unlike)
    if shows := [group for group in groups if not seen_before(group, known)]:
        yield table(("", "there", "where", "because"), unlike_rows(shows, facts, known))
    if again := [group for group in groups if seen_before(group, known)]:
        yield f"For reasons above: {'; '.join(number_and_where(group, facts) for group in again)}."
    for reason in dict.fromkeys(row["cannot"] for row in silent):
        some = [row for row in silent if row["cannot"] == reason]
        yield f"Not possible in {where(some, facts)}: {reason}."
    known |= {reason for row in unlike for reason in row["because"].items()}


def unlike_rows(
    groups: list[list[Facts]], facts: Facts, known: set[tuple[str, str]]
) -> Iterator[Sequence[str]]:
    for group in groups:
        first = group[0]
        because = words(first["because"], known)
        yield NAMES[first["metric"]], number(first["value"]), where(group, facts), because


def seen_before(group: list[Facts], known: set[tuple[str, str]]) -> bool:
    return set(group[0]["because"].items()) <= known


def number_and_where(group: list[Facts], facts: Facts) -> str:
    return f"{NAMES[group[0]['metric']]} {number(group[0]['value'])} in {where(group, facts)}"


def whole(facts: Facts) -> Iterable[Sequence[str]]:
    for (library, call), change in DIFFERS.items():
        yield f"{package_of(library, facts)} `{call}`", words(change) or "nothing"


def recipes(facts: Facts) -> Iterable[Sequence[str]]:
    calls = {(row["library"], row["call"]): NAMES[row["metric"]] for row in facts["recipes"]}
    for (library, call), metric in calls.items():
        yield package_of(library, facts), f"`{call}`", metric


def rows_of(slate: Facts, facts: Facts) -> list[Facts]:
    return [row for row in facts["rows"] if row["slate"] == slate["name"]]


def grouped(rows: Iterable[Facts]) -> list[list[Facts]]:
    """Rows with the same metric, number and reasons together."""
    groups: dict[str, list[Facts]] = {}
    for row in sorted(rows, key=lambda row: (list(NAMES).index(row["metric"]), row["value"])):
        key = f"{list(NAMES).index(row['metric'])} {number(row['value'])} {sorted(row['because'].items())}"
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def where(rows: Iterable[Facts], facts: Facts) -> str:
    """Tools with their calls, each tool once."""
    calls: dict[str, list[str]] = {}
    for row in rows:
        calls.setdefault(package_of(row["library"], facts), []).append(f"`{row['call']}`")
    return ", ".join(f"{package} {' and '.join(some)}" for package, some in calls.items())


def package_of(library: str, facts: Facts) -> str:
    return next(one["package"] for one in facts["libraries"] if one["library"] == library)


def words(because: dict[str, str], known: Container[tuple[str, str]] | None = None) -> str:
    """The reasons in words, those that are not known yet in bold."""
    return "; ".join(
        WORDS[reason] if known is None or reason in known else f"**{WORDS[reason]}**"
        for reason in because.items()
    )


def shown(slate: Facts) -> str:
    """Lists and holdout in one line."""
    if slate["catalogue"]:
        lists = "; ".join(few(items) for items in slate["lists"].values())
        return f"lists {lists} of the catalogue {few(slate['catalogue'])}"
    users = dict.fromkeys([*slate["lists"], *(user for user, _, _ in slate["holdout"])])
    parts = [f"{listed(slate, user)}, {grades(slate, user)}" for user in users]
    return "; ".join(parts if len(parts) == 1 else map("{}: {}".format, users, parts))


def listed(slate: Facts, user: str) -> str:
    items = slate["lists"].get(user)
    return f"list {few(items)}" if items else "no list"


def grades(slate: Facts, user: str) -> str:
    """What is relevant for the user: item, grade and how often."""
    events = [f"`{item}` ({number(grade)})" for whose, item, grade in slate["holdout"] if whose == user]
    counted = [
        one if events.count(one) == 1 else f"{events.count(one)} times {one}" for one in dict.fromkeys(events)
    ]
    some = counted if len(counted) < 7 else [*counted[:2], "...", counted[-1]]
    return f"relevant {', '.join(some)}" if some else "nothing relevant"


def few(items: Sequence[str]) -> str:
    some = list(items) if len(items) < 7 else [*items[:2], "...", items[-1]]
    return f"`{' '.join(some)}`"


def number(value: float) -> str:
    return f"{round(value, 4):g}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows))
