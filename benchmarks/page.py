"""The table of ``docs/performance.md``, made from the record alone."""

from __future__ import annotations

from pathlib import Path

from benchmarks.chart import chart
from benchmarks.record import Record, Run
from benchmarks.rows import Row

BEGIN, END = "<!-- rows -->\n", "<!-- end of rows -->\n"
EMPTY = f"# Performance\n\n{BEGIN}{END}"


def write(record: Record, path: Path) -> None:
    """Replace what stands between the marks, and the pictures beside it; what else it says is written by hand."""
    for row in record.rows:
        if row.points:
            path.with_name(f"{row.name}.svg").write_text(chart(row), encoding="utf-8")
    page = path.read_text(encoding="utf-8") if path.exists() else EMPTY
    head, _, rest = page.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"{path.name} has no place for the rows: {BEGIN.strip()} ... {END.strip()}")
    path.write_text(f"{head}{BEGIN}\n{table(record)}\n{END}{tail}", encoding="utf-8")


def table(record: Record) -> str:
    """Return counts, one line per row, and the runs that they are from."""
    numbers = {run.name: place for place, run in enumerate(record.runs, 1)}
    verdicts = [row.verdict for row in record.rows]
    counted = [f"{verdicts.count(word)} {word}" for word in ("reached", "not reached", "not measured")]
    lines = [
        f"Of {len(verdicts)} rows: {', '.join(counted)}.",
        "",
        "| path | what | measured | beside it | ratio | goal | verdict | spread | run |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_line(row, numbers) for row in record.rows),
        "",
        *(line for row in record.rows if row.points for line in _growth(row)),
        *(_run(run, numbers[run.name]) for run in record.runs),
    ]
    return "\n".join(lines) + "\n"


def _line(row: Row, numbers: dict[str, int]) -> str:
    beside = " ".join(part for part in (number(row.against), f"({row.against_what})") if part)
    verdict = f"**{row.verdict}**" if row.verdict == "not reached" else row.verdict
    spread = f"{number(row.spread[0])} to {number(row.spread[1])}, {row.turns} turns" if row.spread else ""
    cells = [
        row.path,
        f"{row.what} (`{row.name}`)",
        number(row.figure),
        beside if row.against_what else "",
        number(row.ratio),
        row.goal,
        f"{verdict}: {row.reason}" if row.reason else verdict,
        spread,
        str(numbers.get(row.run, "")),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _growth(row: Row) -> list[str]:
    """The points of a row about growth, and its picture."""
    cells = [f"| {size:,.0f} | {number(seconds)} | {number(mb)} |" for size, seconds, mb in row.points]
    return [
        f"`{row.name}`, {row.what}:",
        "",
        f"![Time and memory against size, both axes logarithmic]({row.name}.svg)",
        "",
        "| size | seconds | MB |",
        "| --- | --- | --- |",
        *cells,
        "",
    ]


def number(value: float | None) -> str:
    """Three digits that count, and thousands apart."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _run(run: Run, place: int) -> str:
    where = run.machine
    tools = ", ".join(f"{name} {version}" for name, version in where.versions.items())
    beside = f" beside {run.today}" if run.today else ""
    return (
        f"- Run {place}: {run.name}, commit {run.commit or 'unknown'}{beside}; {where.cores} cores ({where.cpu}), "
        f"{where.memory_gb:g} GB, {where.system}, Python {where.python}; {tools}; load {run.load_before:g} before, "
        f"{run.load_after:g} after."
    )
