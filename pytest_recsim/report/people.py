"""The people of a report: what they did, what they were shown, what they then chose."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_recsim.record.people import People, Person, Thing
from pytest_recsim.report.text import foreign, table


def people_section(found: People | None) -> Iterator[str]:
    """Render people.json; nothing where nobody asked for people."""
    if not found or not found.people:
        return
    yield "## Five people"
    yield ""
    yield f"Chosen by a rule: {foreign(found.rule)}. Personal data: think before you pass this page on."
    yield ""
    for person in found.people:
        yield f"### {foreign(person.user)}, {foreign(person.segment)}"
        yield ""
        yield foreign(standing(person))
        yield ""
        longest = max(len(person.past), len(person.shown), len(person.later))
        rows = zip(
            _padded([did(thing) for thing in person.past], longest),
            _padded([shown(thing) for thing in person.shown], longest),
            _padded([then(thing, person) for thing in person.later], longest),
            strict=True,
        )
        yield from table(("before", "shown, first ten places", "afterwards"), rows)


def _padded(lines: list[str], size: int) -> list[str]:
    return lines + [""] * (size - len(lines))


def standing(person: Person) -> str:
    """How the person's list did, beside the segment's."""
    return (
        f"NDCG@10 {person.value:.3f}; the median of the segment's {person.of:,} users is {person.median:.3f}, and "
        f"{person.without_hit:,} of them have no hit in the first ten places. "
        f"{person.past_events:,} events before, {person.later_events:,} afterwards."
    )


def titled(thing: Thing) -> str:
    """What an item is called, else its id."""
    return thing.title or thing.item


def did(thing: Thing) -> str:
    """Something a person did, with its day."""
    return f"{titled(thing)} ({thing.what}, {thing.on})"


def shown(thing: Thing) -> str:
    """A place of the list, and whether the person chose it."""
    return f"{titled(thing)}{': then chosen' if thing.chosen else ''}"


def then(thing: Thing, person: Person) -> str:
    """Something a person did afterwards, and where it stood in the list; some of it counts for nothing."""
    place = next((at for at, one in enumerate(person.shown, 1) if one.item == thing.item), 0)
    if not place:
        return did(thing)
    counts = "" if thing.chosen else ", which is no hit: it was met before"
    return f"{did(thing)}: place {place} of the list{counts}"
