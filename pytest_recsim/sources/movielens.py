"""Real people: a MovieLens folder (``movies.csv``, ``ratings.csv``, perhaps ``tags.csv``) as a fixture document.

The mapping is documented in docs/movielens.md. The data stay under GroupLens' own conditions; nothing of them ships here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.findings import Findings
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.pace import Progress, paced, silent
from pytest_recsim.sources.fans import Contact, segments
from pytest_recsim.sources.tables import Row, decimal, rows, whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STARS = ((4.5, "purchase"), (3.5, "add"), (2.5, "click"), (0.5, "view"))
"""Lowest rating of each event type, best first."""

NO_GENRES = "(no genres listed)"
LATEST = 7_258_118_399  # 2199-12-31, the last year a fixture may speak of
LICENCE = (
    "MovieLens data, GroupLens Research, University of Minnesota: research use only, no commercial use without permission, "
    "passed on only under the same conditions, no endorsement implied; the README in the imported folder has the full text. "
    "Cite: F. M. Harper, J. A. Konstan (2015), The MovieLens Datasets: History and Context, ACM TiiS 5(4):19."
)
_YEAR = re.compile(r"\((\d{4})(?:[-\u2013]\d{0,4})?\)\s*$", re.ASCII)


def import_movielens(
    folder: Path, window_days: float | None = None, progress: Progress = silent
) -> dict[str, Any]:
    """Return a fixture document of the folder's films, people and ratings.

    Args:
        folder: holds ``movies.csv`` and ``ratings.csv``; ``tags.csv`` is used when it is there.
        window_days: the window the simulation will use (``--recsim-window-days``). Segments are computed from the first
            75 % of the events within it; all events are kept. None = the whole history.
        progress: hears how many ratings are read.

    Raises:
        InputError: missing folder, file or column, or broken rows, each with file and line.
    """
    if not folder.is_dir():
        raise InputError(Problem(shown(folder), "MovieLens folder not found"))
    if window_days is not None and not window_days > 0:
        raise InputError(Problem("window_days", f"`{window_days:g}`: must be a number of days above 0"))
    findings = Findings()
    films = _films(folder, findings)
    rated: list[Contact | None] = []
    with paced(progress, "reading ratings", done=lambda: len(rated)):
        _ratings(folder, films, findings, rated)
    contacts = sorted([*filter(None, rated), *_tags(folder, films, findings)])
    findings.check()
    if not contacts:
        raise InputError(Problem(shown(folder / "ratings.csv"), "holds no ratings; at least one is needed"))
    genres = {film: tuple(item["tags"]) for film, item in films.items()}
    people = segments(contacts, genres, window_days)
    return {
        "meta": {"source": "MovieLens", "licence": LICENCE, "window_days": window_days, **people.facts},
        "items": list(films.values()),
        "users": [
            {"user_id": f"u{user}", "traits": {"segment": name}}
            for user, name in sorted(people.names.items())
        ],
        "events": [_event(contact) for contact in contacts],
    }


def _films(folder: Path, findings: Findings) -> dict[int, dict[str, Any]]:
    films: dict[int, dict[str, Any]] = {}
    for row in rows(folder / "movies.csv", ("movieId", "title", "genres"), findings):
        film = whole(row, "movieId", row.cells[0], findings)
        if film in films:
            findings.add(row.where, f"movieId {film} is defined twice; a film is listed once")
        elif film is not None:
            films[film] = _item(film, row.cells[1].strip(), row.cells[2])
    return films


def _item(film: int, title: str, listed: str) -> dict[str, Any]:
    """Genres become plain tags; the first one also the category and the only prefixed tag."""
    words = (word.strip().lower() for word in listed.split("|"))
    genres = list(dict.fromkeys(word for word in words if word and word != NO_GENRES))
    item: dict[str, Any] = {"item_id": f"m{film}", "description": title, "tags": genres}
    if genres:
        item |= {
            "category": genres[0],
            "category_path": genres[:1],
            "tags": [*genres, f"category:{genres[0]}"],
        }
    year = _YEAR.search(title)
    return item | {"props": {"year": int(year[1])}} if year else item


def _ratings(folder: Path, films: Mapping[int, Any], findings: Findings, found: list[Contact | None]) -> None:
    """Add a contact per rating, None for one that is not sound."""
    for row in rows(folder / "ratings.csv", ("userId", "movieId", "timestamp", "rating"), findings):
        stars = decimal(row, "rating", row.cells[3], findings, (0.5, 5.0))
        kind = next((name for least, name in STARS if stars is not None and stars >= least), "view")
        found.append(_contact(row, kind, films, findings))


def _tags(folder: Path, films: Mapping[int, Any], findings: Findings) -> list[Contact]:
    """Writing a tag is a custom event; its words are not used, they may be younger than the split."""
    path = folder / "tags.csv"
    if not path.exists():
        return []
    found = [
        _contact(row, "custom", films, findings)
        for row in rows(path, ("userId", "movieId", "timestamp"), findings)
    ]
    return [contact for contact in found if contact is not None]


def _contact(row: Row, kind: str, films: Mapping[int, Any], findings: Findings) -> Contact | None:
    user = whole(row, "userId", row.cells[0], findings)
    film = whole(row, "movieId", row.cells[1], findings)
    second = whole(row, "timestamp", row.cells[2], findings, LATEST)
    if film is not None and film not in films:
        findings.add(row.where, f"movieId {film} is not in movies.csv")
    if user is None or film is None or second is None:
        return None
    return Contact(second, user, film, EVENT_TYPES[kind])


def _event(contact: Contact) -> dict[str, Any]:
    moment = datetime.fromtimestamp(contact.second, UTC)
    return {
        "user_id": f"u{contact.user}",
        "item_id": f"m{contact.film}",
        "type": contact.type,
        "ts": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
