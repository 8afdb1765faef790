"""A check's result as pairs of words for junit: properties of its testcase, or lines of the testcase's output."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_recsim.record.model import CheckResult, Measure

PROPERTY = "recsim."
MOST_MEASURES = 50


def properties(result: CheckResult) -> Iterator[tuple[str, str]]:
    """Yield names and values, both plain strings that XML can hold; failing measures first, 50 at most."""
    for name, value in _facts(result):
        yield _clean(name), _clean(value)


def as_lines(result: CheckResult) -> str:
    """The same for people, a line each, with where every threshold comes from.

    This is what most readers of junit files show of a testcase, whereas Jenkins' schema refuses properties there.
    """
    facts = sorted(_facts(result), key=lambda fact: fact[0] != "recsim.outcome")  # some readers cut it short
    origins = {f"recsim.measure.{measure.name}": measure.origin for measure in result.measures}
    lines = []
    for name, value in facts:
        word = name.removeprefix("recsim.measure.").removeprefix(PROPERTY)
        said = value.replace("_", " ") if name == "recsim.outcome" else value
        origin = origins.get(name, "")
        lines.append(_clean(f"{word}: {said}{f', threshold from {origin}' if origin else ''}"))
    return "\n".join(lines)


def _facts(result: CheckResult) -> Iterator[tuple[str, str]]:
    yield "recsim.customer", result.simulation
    yield "recsim.check", result.check
    if result.case:
        yield "recsim.case", result.case
    yield "recsim.outcome", result.outcome
    yield "recsim.severity", result.severity
    if result.waiver:
        yield "recsim.waiver", result.waiver
    if result.cause:
        yield "recsim.cause", result.cause
    if result.next_step and result.step:
        yield "recsim.next_step", result.step
    if result.attempt > 1:
        yield "recsim.attempt", str(result.attempt)
    measures = sorted(result.measures, key=lambda measure: measure.ok is not False)
    for measure in measures[:MOST_MEASURES]:
        yield f"recsim.measure.{measure.name}", _value(measure)
    if len(measures) > MOST_MEASURES:
        yield "recsim.measures_left_out", str(len(measures) - MOST_MEASURES)


def _value(measure: Measure) -> str:
    got = f"{measure.got:.6g}" if isinstance(measure.got, float) else measure.got
    n = "" if measure.n is None else f", n {measure.n}"
    return f"{'not measured' if got is None else got} ({measure.expected}{n})"


def _clean(text: str) -> str:
    """Text without control characters, which no XML may hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
