"""Two runs side by side in words and Markdown: what got better or worse, for whom, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_recsim.record.asked import configured
from pytest_recsim.record.comparison import Comparison, Difference, Direction, Moved, Side
from pytest_recsim.report.text import ends, foreign, number, table

TOLD: tuple[Direction, ...] = ("worse", "better", "cannot tell", "same", "not compared")
"""What somebody has to see first stands first."""
HEAD = ("number", "segment", "users", "before", "now", "difference", "95 % interval", "outcome")
BY_CHANCE = 40
"""One comparison in so many is called worse though nothing is, and one better."""


def headline(found: Comparison) -> str:
    """The outcome in short: what happened to everybody's lists, how many numbers are worse, better, the same, which are worst."""
    counts = {outcome: len(found.where(outcome)) for outcome in TOLD}
    measured = sum(counts[outcome] for outcome in TOLD if outcome != "not compared")
    if not measured:
        return "Nothing can be compared."
    if counts["same"] == measured:
        return f"The same in all {measured} numbers."
    words = [f"{counts[name]} {_is(counts[name], text)}" for name, text in _COUNTED.items() if counts[name]]
    worst = found.where("worse")[:3]
    named = f"; worse most of all {', '.join(map(name, worst))}" if worst else ""
    return f"{_overall(found)}Of {measured} numbers {', '.join(words)}{named}."


def _overall(found: Comparison) -> str:
    """What the metrics that have a lift did over everybody: what most people ask first."""
    told = [
        f"{one.label} {one.outcome}{'' if one.relative is None else f' ({one.relative:+.0%})'}"
        for one in found.differences
        if not one.segment and one.lift_now is not None
    ]
    return f"Over everybody {', '.join(told)}. " if told else ""


_COUNTED: dict[Direction, str] = {
    "worse": "worse",
    "better": "better",
    "same": "the same",
    "cannot tell": "",
}


def _is(count: int, what: str) -> str:
    return f"{'is' if count == 1 else 'are'} {what}" if what else "cannot be told apart"


def name(one: Difference) -> str:
    """``ndcg@10 (unseen) of new_users``."""
    return f"{one.label} of {one.segment}" if one.segment else one.label


def chance_words(found: Comparison) -> str:
    """What to expect of so many comparisons when nothing has changed; empty where nothing got worse or better."""
    told = [one for one in found.differences if one.low is not None]
    expected = len(told) / BY_CHANCE
    if expected < 0.5 or not (found.where("worse") or found.where("better")):
        return ""
    return (
        f"Each is judged for itself at 95 %: of {len(told)} equal numbers about {expected:.0f} would be called worse by "
        "chance alone, and as many better."
    )


def side_words(side: Side) -> str:
    """Which run, with what."""
    profile = configured(side.profile, side.overrides)
    verdict = f": {side.verdict}" if side.verdict else ""
    return f"{side.run} ({side.simulation}, profile {profile}, {side.service}){verdict}"


def run_words(side: Side) -> str:
    """The run's folder, which is a time, or the name under which it was accepted, with its day."""
    return side.run if side.run[:8].isdecimal() else f"the run `{side.run}` of {side.started_at[:10]}"


def knob_rows(found: Comparison) -> list[tuple[str, str, str]]:
    """Knob, value before, value now."""
    return [(knob, _set(then), _set(now)) for knob, (then, now) in found.changes.items()]


def _set(value: str | None) -> str:
    return "not set" if value is None else value or "empty"


def row_of(one: Difference) -> tuple[str, ...]:
    """One difference as cells, in the order of ``HEAD``."""
    who = one.segment or "everybody"
    if one.outcome == "not compared":
        return (one.label, who, f"{one.n:,}", "", "", "", "", f"not compared: {one.reason}")
    relative = "" if one.relative is None else f" ({one.relative:+.1%})"
    reason = f": {one.reason}" if one.reason else ""
    return (
        one.label,
        who,
        f"{one.n:,}",
        _value(one.before, one.lift_before),
        _value(one.now, one.lift_now),
        f"{one.difference:+.4f}{relative}",
        interval(one),
        f"{one.outcome}{reason}",
    )


def interval(one: Difference) -> str:
    """The interval of the difference; empty where there is none."""
    return ends(one.low, one.high)


def _value(value: float | None, lift: float | None) -> str:
    return number(value) + ("" if lift is None else f" (lift {lift:+.2f})")


def lists_words(found: Comparison) -> str:
    """What happened to the lists."""
    lists = found.lists
    if not lists.users:
        return ""
    return (
        f"Of the lists of {lists.users:,} common users {lists.items:.0%} hold other items and {lists.order:.0%} the same in "
        f"another order; a list keeps {lists.overlap:.0%} of its items on average."
    )


def users_words(found: Comparison) -> str:
    """Whom only one of the two runs asked for; empty where there is nobody."""
    parts = [
        f"{count:,} {words}"
        for count, words in ((found.only_before, "only before"), (found.only_now, "only now"))
        if count
    ]
    return f"Not compared because one run alone evaluated them: {' and '.join(parts)}." if parts else ""


def comparison_section(found: Comparison, *, everything: bool = True) -> Iterator[str]:
    """Render the comparison; ``everything`` is False for the numbers that got worse or better alone."""
    yield f"Before: {foreign(side_words(found.before))}"
    yield ""
    yield f"Now: {foreign(side_words(found.now))}"
    yield ""
    yield f"**{foreign(headline(found))}** {chance_words(found)}".rstrip()
    yield ""
    for note in found.notes:
        yield f"- Note: {foreign(note)}"
    if found.notes:
        yield ""
    if found.changes:
        yield from table(("knob", "before", "now"), knob_rows(found))
    outcomes = TOLD if everything else TOLD[:2]
    rows = [row_of(one) for outcome in outcomes for one in found.where(outcome)]
    if rows:
        yield from table(HEAD, rows)
    yield " ".join(filter(None, (lists_words(found), users_words(found))))
    yield ""
    yield from _items("gained", found.won)
    yield from _items("lost", found.lost)


def _items(what: str, items: tuple[Moved, ...]) -> Iterator[str]:
    if items:
        yield from table(
            (f"item that {what} most", "lists before", "lists now"),
            [(one.item, f"{one.before:,}", f"{one.now:,}") for one in items],
        )
