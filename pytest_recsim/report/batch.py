"""The page of a batch: customers x checks, worst first, with the failing names beside every count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pytest_recsim.record.batch import SETTLED, SHOWN_FIGURES, BatchRecord, Row, worst
from pytest_recsim.record.jsonio import write_text
from pytest_recsim.record.model import WORST_FIRST, Outcome
from pytest_recsim.report.sweep import section, source
from pytest_recsim.report.text import Markup, foreign, link, number, table

MARKS: dict[Outcome, str] = {
    "passed": "·",
    "failed": "**F**",
    "flaky": "**~**",
    "not_measured": "**?**",
    "error": "**E**",
    "missing": "**-**",
    "warned": "w",
    "waived": "v",
    "skipped": "s",
}
OUTCOMES = {"not_measured": "not measured", "missing": "never reported", "error": "in error"}
LEGEND = (
    "· passed, **F** failed, **~** flaky, **?** not measured, **E** error, **-** never reported, w warned, v waived, "
    "s left out, blank: not planned. A lift shows the worst of its segments."
)
WORDS = {
    "may_go": "ready",
    "must_not_go": "**do not go**",
    "incomplete": "**incomplete**",
    "partial": "partial",
    "seeded": "seeded only",
    "not_run": "**did not run**",
    "left_out": "left out by the manifest",
    "elsewhere": "in another slice",
}


def render_batch(path: Path, record: BatchRecord) -> None:
    """Write the Markdown page beside a batch's JSON file."""
    write_text(path.with_suffix(".md"), "\n".join(batch_page(record)).rstrip() + "\n")


def batch_page(record: BatchRecord) -> Iterator[str]:
    """Yield the lines of the page; links start from ``reports/batches/``."""
    yield f"# {foreign(record.name)}: {headline(record)}"
    yield ""
    slice_of = f", slice {record.shard}" if record.shard else ""
    about = f"{source(record)}{slice_of}, run {record.run_id}, started {record.started_at}"
    yield f"{foreign(about)}, {record.seconds:.1f} s."
    yield ""
    yield from table(
        ("customer", "verdict", "failed or not measured", "profile", "service", "seconds"),
        map(_row, record.rows),
    )
    yield from section(record, statuses(record))
    yield from _figures(record)
    yield from _matrix(record)


def headline(record: BatchRecord) -> str:
    """Say in one line what the batch amounts to."""
    planned = [row for row in record.rows if row.status not in ("left_out", "elsewhere")]
    go = sum(row.status == "may_go" for row in planned)
    if record.status != "finished":
        return f"incomplete: this batch has not finished, or was killed ({go} of {len(planned)} ready so far)"
    others = sum(row.status in SETTLED and row.status != "may_go" for row in planned)
    partly = f", {others} ran in part or were only seeded" if others else ""
    customers = len({row.customer for row in planned}) == len(planned)
    return (
        f"{go} of {len(planned)} {'customers' if customers else 'simulations'} are ready to go live{partly}"
    )


def _row(row: Row) -> tuple[str, ...]:
    name = link(row.id, f"../{row.bundle}/README.md") if row.bundle else foreign(row.id)
    customer = Markup(f"{name} ({foreign(row.customer)})" if row.customer != row.id else name)
    against = "; ".join(stands_against(row)) or ("0" if row.checks else "")
    seconds = f"{row.seconds:.1f}" if row.seconds else ""
    return (customer, status_words(row), against, row.configuration, row.service, seconds)


def status_words(row: Row) -> str:
    """How a customer's run ended, with the passes that may be chance where nothing stands against it."""
    close = f", {row.borderline} borderline" if row.borderline and row.status in ("may_go", "partial") else ""
    return f"{WORDS[row.status]}{close}"


def statuses(record: BatchRecord) -> dict[str, str]:
    """How each simulation ended, in words, by id."""
    return {row.id: status_words(row) for row in record.rows}


def stands_against(row: Row) -> Iterator[str]:
    """Yield how many checks stand against a customer and which, a phrase per outcome, worst first."""
    for outcome in WORST_FIRST:
        labels = [label for label in row.failing if row.checks.get(label, "error") == outcome]
        if labels:
            yield f"{len(labels)} {OUTCOMES.get(outcome, outcome)}: {_gathered(labels)}"


def _gathered(labels: Iterable[str]) -> str:
    """Name each check once, its cases behind it in one pair of brackets."""
    cases: dict[str, list[str]] = {}
    for label in labels:
        name, _, case = label.partition(" [")
        cases.setdefault(name, []).extend([case.removesuffix("]")] if case else [])
    return ", ".join(f"{name} [{', '.join(found)}]" if found else name for name, found in cases.items())


FIGURES = "What each configuration gives"


def figure_names(record: BatchRecord) -> list[str]:
    """Names of the key figures that any customer has: lifts first, then what they cost; the file sorts them by name."""
    found = dict.fromkeys(name for row in record.rows for name in row.figures)
    return sorted(found, key=lambda name: SHOWN_FIGURES.index(name) if name in SHOWN_FIGURES else -1)


def same_customer(record: BatchRecord) -> str:
    """How to compare two configurations of one customer; empty where no customer has several."""
    ids: dict[str, list[str]] = {}
    for row in sorted(record.rows, key=lambda row: row.id):
        if row.figures:
            ids.setdefault(row.customer, []).append(row.id)
    several = next((found for found in ids.values() if len(found) > 1), None)
    if several is None:
        return ""
    return f"Two of one customer user by user, with intervals: recsim compare reports/{several[0]} reports/{several[1]}"


def _figures(record: BatchRecord) -> Iterator[str]:
    names = figure_names(record)
    if not names:
        return
    yield f"## {FIGURES}"
    yield ""
    yield from table(
        ("customer", "profile", *names),
        [
            (row.id, row.configuration, *(number(row.figures.get(name)) for name in names))
            for row in sorted(record.rows, key=lambda row: (row.customer, row.id))
            if row.figures
        ],
    )
    if hint := same_customer(record):
        yield foreign(hint)
        yield ""


def _matrix(record: BatchRecord) -> Iterator[str]:
    rows = [(row, columns(row)) for row in record.rows if row.checks]
    if not rows:
        return
    names = sorted({name for _, found in rows for name in found}, key=shelf)
    yield "## Customers x checks"
    yield ""
    yield LEGEND
    yield ""
    yield from table(
        ("customer", *names),
        [(row.id, *(MARKS[found[name]] if name in found else "" for name in names)) for row, found in rows],
    )


def columns(row: Row) -> dict[str, Outcome]:
    """One column per check: a check's cases (segments) show their worst."""
    cases: dict[str, list[Outcome]] = {}
    for label, outcome in row.checks.items():
        cases.setdefault(label.partition(" [")[0], []).append(outcome)
    return {name: found for name, outcomes in cases.items() if (found := worst(outcomes)) is not None}


def shelf(name: str) -> tuple[bool, int, str]:
    scenario = name[:1] == "S" and name[1:].isdigit()
    return (scenario, int(name[1:]) if scenario else 0, name)
