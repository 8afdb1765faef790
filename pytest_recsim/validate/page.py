"""What `recsim validate` prints: first what is wrong, then what the data can carry, then what looks odd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_recsim.data.input.problems import ENOUGH
from pytest_recsim.validate.model import Carried, Segment, Shape, Split, Validated, Wrong
from pytest_recsim.validate.needing import Foretold
from pytest_recsim.validate.rehearsal import DONE


def lines_of(found: Validated) -> Iterator[str]:
    """Tell one input."""
    yield f"{found.path}: {found.kind}{f', {found.summary}' if found.summary else ''}"
    yield from _wrong(found.wrong)
    for note in found.notes:
        yield f"  note: {note}"
    odd: dict[str, None] = {}
    for one in found.carries:
        yield from _carried(one)
        odd |= dict.fromkeys(line for line in _odd(one))
    if odd:
        yield "  What looks odd"
        yield from odd


def ending(found: Sequence[Validated]) -> str:
    """The last line: how many are sound."""
    bad = [one.path for one in found if not one.sound]
    if not bad:
        return "Nothing is wrong."
    return f"{len(bad)} of {len(found)} cannot be used as {'it is' if len(bad) == 1 else 'they are'}: {', '.join(bad)}"


def _wrong(problems: Sequence[Wrong]) -> Iterator[str]:
    for one in problems:
        least = "at least " if one.count >= ENOUGH else ""
        times = f" ({least}{one.count:,} like it)" if one.count > 1 else ""
        yield f"  WRONG: {one.sentence}{times}"
        if one.places:
            yield f"    at {', '.join(one.places)}{', ...' if one.count > len(one.places) else ''}"


def _carried(one: Carried) -> Iterator[str]:
    whose = f"for {one.customer}" if one.customer else "by the default thresholds"
    yield (
        f"  What it can carry {whose}, profile {one.profile}, on the embedded stand-in"
        if one.profile
        else f"  {whose}"
    )
    yield from ("  " + line for line in _wrong(one.wrong))
    if one.split is None or one.shape is None:
        return
    yield from _checks(one.checks)
    if one.rehearsal not in ("", DONE):
        yield f"    {one.rehearsal}"
    elif not one.rehearsal and any(check.status == "depends" for check in one.checks):
        yield "    --rehearse runs the suite on the stand-in once and says what they come to"
    yield from _split(one.split)
    yield from _segments(one.segments)
    yield from _shape(one.shape)


def _checks(checks: Sequence[Foretold]) -> Iterator[str]:
    counts = [
        sum(one.status == status for one in checks) for status in ("measured", "not_measured", "depends")
    ]
    yield (
        f"    {len(checks)} checks: {counts[0]} will be measured, {counts[1]} will not, {counts[2]} depend on the "
        "service's answers (your own scenarios not counted)"
    )
    seen = sum(one.rehearsed for one in checks)
    if seen:
        yield (
            f"    {seen} of them were seen in a rehearsal on the embedded stand-in, because only answers can tell; a real "
            "service may list other items"
        )
    for title, status in (("not measured", "not_measured"), ("depends on the service", "depends")):
        groups: dict[tuple[str, ...], list[Foretold]] = {}
        for one in checks:
            if one.status == status:
                groups.setdefault((one.reason, one.next_step, one.likely), []).append(one)
        for (reason, step, likely), alike in groups.items():
            guess = f" (likely {likely.replace('_', ' ')})" if status == "depends" else ""
            yield f"    {title}: {', '.join(one.label for one in alike)}{guess}"
            yield f"      {'unless ' if status == 'depends' else ''}{reason}"
            if step:
                yield f"      what to do: {step}"


def _split(split: Split) -> Iterator[str]:
    if not split.seeded:
        yield f"    split {split.at}: nothing is learned from, {split.held_out:,} events are held out"
        return
    later = (
        f", judged on {split.held_out:,} until {_short(split.last)}" if split.held_out else ", judged on none"
    )
    older = f"; {split.older:,} older ones left out" if split.older else ""
    yield (
        f"    split {split.at}: learns from {split.seeded:,} events of {_short(split.first)} to {_short(split.cut)}{later}{older}; "
        f"{split.judged:,} users are judged"
    )


def _short(instant: str) -> str:
    """An instant to the minute."""
    return instant[:16].replace("T", " ")


def _segments(segments: Sequence[Segment]) -> Iterator[str]:
    head = (
        "segment",
        "users",
        "with history",
        "with holdout",
        "with something to find",
        "smallest lift NDCG",
        "MRR",
    )
    rows = [
        (
            one.name,
            f"{one.users:,}",
            f"{one.with_history:,}",
            f"{one.with_holdout:,}",
            f"{one.relevant:,}",
            *(_lift(one.smallest_lift.get(metric)) for metric in ("ndcg", "mrr")),
        )
        for one in segments
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        first, *others = row
        cells = [
            f"{first:{widths[0]}}",
            *(f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)),
        ]
        yield "    " + "  ".join(cells)


def _lift(value: float | None) -> str:
    return "-" if value is None else f"{value:+.0%}"


def _shape(shape: Shape) -> Iterator[str]:
    parts = {
        "with events to learn from": shape.with_events,
        "with a price": shape.priced,
        "a brand tag": shape.branded,
        "a category": shape.categorised,
        "a plain tag": shape.tagged,
        "a margin": shape.margined,
    }
    told = ", ".join(f"{count:,} {name}" for name, count in parts.items())
    yield f"    catalogue: {shape.available:,} of {shape.items:,} items are available; of these {told}"
    if shape.gini is not None:
        top = ", ".join(f"{value:.0%} on the top {name}" for name, value in shape.top.items())
        yield f"    popularity: Gini {shape.gini:.2f}; of the events that are learned from {top} of the available items"


def _odd(one: Carried) -> Iterator[str]:
    for found in one.suspicions:
        examples = f": {'; '.join(found.examples)}" if found.examples else ""
        yield f"    {found.sentence}{examples}\n      what to do: {found.advice}"
