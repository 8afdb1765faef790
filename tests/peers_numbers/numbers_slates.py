"""Small slates, each of which shows one thing that tools count differently. Plain Python: every environment reads it."""

from __future__ import annotations

from dataclasses import dataclass, field

Grades = dict[str, float]


@dataclass(frozen=True)
class Slate:
    """Lists of some users and what was relevant for them.

    Attributes:
        name: the key in the page's JSON.
        heading: what it is about.
        title: what it shows.
        lists: per user the items, best first.
        holdout: (user, item, grade), a row per event; a pair may have several.
        k: the cut-off.
        tied: all items of a list have the same score.
        catalogue: the items there are, for the measures of the catalogue; empty for a slate about ranking.
    """

    name: str
    heading: str
    title: str
    lists: dict[str, tuple[str, ...]]
    holdout: tuple[tuple[str, str, float], ...] = ()
    k: int = 10
    tied: bool = False
    catalogue: tuple[str, ...] = field(default=())

    @property
    def users(self) -> list[str]:
        """Everybody who has a list or a holdout."""
        return list(dict.fromkeys([*self.lists, *(user for user, _, _ in self.holdout)]))

    @property
    def metrics(self) -> tuple[str, ...]:
        return ("coverage", "gini") if self.catalogue else ("ndcg", "mrr", "recall")

    def scores(self, user: str) -> list[float]:
        """The scores that a tool is given: 1/rank, or all alike."""
        return [1.0 if self.tied else 1 / rank for rank in range(1, len(self.lists.get(user, ())) + 1)]

    def grades(self, user: str) -> Grades:
        """What was relevant for the user, repeated pairs added up."""
        found: Grades = {}
        for whose, item, grade in self.holdout:
            if whose == user:
                found[item] = found.get(item, 0) + grade
        return found

    @property
    def grades_of_all(self) -> dict[str, Grades]:
        """The same for everybody who has any."""
        return {user: grades for user in self.users if (grades := self.grades(user))}


def one(
    name: str, heading: str, title: str, items: str, *holdout: tuple[str, float], tied: bool = False
) -> Slate:
    """A slate of one user."""
    events = tuple(("u1", item, grade) for item, grade in holdout)
    return Slate(name, heading, title, {"u1": tuple(items.split())}, events, tied=tied)


def letters(number: int) -> str:
    return " ".join(f"i{place:02}" for place in range(1, number + 1))


RANKING = (
    one(
        "everyday",
        "One list, N numbers",
        "grades 1 and 3 at ranks 2 and 4, a third relevant item of grade 2 is missing",
        "a b c d e",
        ("b", 1),
        ("d", 3),
        ("z", 2),
    ),
    one("second", "The discount, and what is ideal", "the only relevant item is at rank 2", "a b", ("b", 1)),
    one("grades", "The gain", "grade 1 at rank 1, grade 3 at rank 2", "a b", ("a", 1), ("b", 3)),
    one(
        "missing",
        "What is missed",
        "two relevant items, one at rank 3, one missing",
        "a b c",
        ("c", 1),
        ("z", 1),
    ),
    one(
        "fractions",
        "Grades that are no whole numbers",
        "grade 0.4 at rank 1, grade 1.7 at rank 2",
        "a b",
        ("a", 0.4),
        ("b", 1.7),
    ),
    one(
        "repeats",
        "Bought four times",
        "the item at rank 2 was bought four times, a missing one once",
        "a b c",
        *[("b", 1)] * 4,
        ("z", 1),
    ),
    one(
        "many",
        "More relevant items than places",
        "15 relevant items, more than the list has places; 5 are in it",
        letters(10),
        *[(item, 1) for item in [*letters(5).split(), *(f"z{number:02}" for number in range(10))]],
    ),
    one(
        "short",
        "A list shorter than k",
        "a list of two, both relevant, as is a third item",
        "a b",
        ("a", 1),
        ("b", 1),
        ("z", 1),
    ),
    one(
        "last",
        "The last place that counts",
        "the only relevant item is at rank 10 of 12",
        letters(12),
        ("i10", 1),
    ),
    one("late", "Behind the cut-off", "the only relevant item is at rank 12", letters(12), ("i12", 1)),
    one(
        "tied",
        "Equal scores",
        "four items with the same score, the first is relevant",
        "b a c d",
        ("b", 1),
        tied=True,
    ),
    one(
        "tied_long",
        "Twenty equal scores",
        "twenty items with the same score, the first is relevant",
        letters(20),
        ("i01", 1),
        tied=True,
    ),
    one(
        "twice",
        "An item twice in a list",
        "an item stands twice in the list, before another relevant one",
        "a a b",
        ("a", 1),
        ("b", 1),
    ),
    one(
        "unknown",
        "An unknown item in a list",
        "an item that the catalogue does not have is at rank 1",
        "new b",
        ("b", 1),
    ),
    Slate(
        "no_list",
        "A user without a list",
        "two users with holdout, one of them got no list",
        {"u1": ("a", "b"), "u2": ()},
        (("u1", "b", 1), ("u2", "b", 1)),
    ),
    Slate(
        "no_holdout",
        "A user without holdout",
        "two users with a list, one of them has nothing in the holdout",
        {"u1": ("a", "b"), "u2": ("a", "b")},
        (("u1", "b", 1),),
    ),
)

SIX = ("a", "b", "c", "d", "e", "f")
CATALOGUE = (
    Slate(
        "even",
        "Catalogue: everything once",
        "three lists of two show each of six items once",
        {"u1": ("a", "b"), "u2": ("c", "d"), "u3": ("e", "f")},
        k=2,
        catalogue=SIX,
    ),
    Slate(
        "uneven",
        "Catalogue: half of it never",
        "four lists of two: a four times, b three times, c once; d, e and f never",
        {"u1": ("a", "b"), "u2": ("a", "b"), "u3": ("a", "b"), "u4": ("a", "c")},
        k=2,
        catalogue=SIX,
    ),
    Slate(
        "stranger",
        "Catalogue: an unknown item",
        "two lists of two, one with an item that the catalogue does not have",
        {"u1": ("a", "b"), "u2": ("a", "new")},
        k=2,
        catalogue=SIX,
    ),
)
SLATES = {slate.name: slate for slate in (*RANKING, *CATALOGUE)}
