"""Segments of people who brought none along, decided by what they did before the split and by nothing after it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

FEW = 5
POWER_SHARE = 0.25
FAMILIES = {
    "action_fans": ("action", "adventure", "sci-fi", "fantasy", "thriller", "war", "western", "imax"),
    "comedy_fans": ("comedy", "animation", "children", "children's", "musical", "romance"),
    "drama_fans": ("drama", "documentary", "crime", "mystery", "film-noir", "horror"),
}
DAY = 86_400


class Contact(NamedTuple):
    """One event of one person with one film; sorts by time."""

    second: int
    user: int
    film: int
    type: int


@dataclass(frozen=True)
class People:
    """Segment per user, and the counts that say how much history and holdout there is."""

    names: dict[int, str]
    facts: dict[str, Any]


def segments(
    contacts: Sequence[Contact], genres: Mapping[int, Collection[str]], window_days: float | None
) -> People:
    """Give every user a segment from the seeded part of the window.

    Args:
        contacts: in order of time, at least one.
        genres: film -> lower-case genres.
        window_days: only the newest days count; None = all.
    """
    begin = contacts[0].second if window_days is None else contacts[-1].second - window_days * DAY
    window = [contact for contact in contacts if contact.second >= begin]
    split = window[(3 * len(window) + 3) // 4 - 1].second  # number ceil(3/4 n), as data.split cuts
    history: dict[int, set[int]] = defaultdict(set)
    for contact in window:
        if contact.second <= split:
            history[contact.user].add(contact.film)
    later = {contact.user for contact in window if contact.second > split}
    everybody = {contact.user for contact in contacts}
    return People(_named(everybody, history, genres), _facts(everybody, set(history), later, split))


def _named(
    everybody: set[int], history: Mapping[int, set[int]], genres: Mapping[int, Collection[str]]
) -> dict[int, str]:
    """Few films: ``new_users``; the quarter with the most: ``power_users``; the rest by favourite family."""
    known = sorted(
        (user for user in history if len(history[user]) >= FEW), key=lambda u: (-len(history[u]), u)
    )
    power = set(known[: int(POWER_SHARE * len(known))])
    tallies = {user: _tally(history[user], genres) for user in known}
    usual: Counter[str] = Counter()
    for tally in tallies.values():
        usual.update(tally)
    names = dict.fromkeys(everybody, "new_users")
    names |= {user: _favourite(tallies[user], usual) for user in known}
    return names | dict.fromkeys(power, "power_users")


def _tally(films: Collection[int], genres: Mapping[int, Collection[str]]) -> Counter[str]:
    """How many genres of each family the films carry."""
    return Counter(
        family
        for film in films
        for family, words in FAMILIES.items()
        for word in genres[film]
        if word in words
    )


def _favourite(tally: Counter[str], usual: Counter[str]) -> str:
    """The family that is most over-represented against everybody's history; ties by name."""
    return max(sorted(FAMILIES), key=lambda family: tally[family] / (usual[family] or 1))


def _facts(everybody: set[int], before: set[int], after: set[int], split: int) -> dict[str, Any]:
    return {
        "split_at": datetime.fromtimestamp(split, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "people": {
            "history_and_holdout": len(before & after),
            "history_only": len(before - after),
            "holdout_only": len(after - before),
            "outside_window": len(everybody - before - after),
        },
    }
