"""Small pure helpers that several scenarios share: who is asked, which tags are tried, what a list says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations, zip_longest
from typing import TYPE_CHECKING, Any, Protocol

from pytest_recsim.record.causes import CAUSES
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.checks.needs import PLAIN_USERS, few_established

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from pytest_recsim.service.contract.ask import Exchange
    from pytest_recsim.simulation.session.simulation import Simulation

    Offenders = Sequence[tuple[str, Exchange]]

NOBODY = Reason("nobody has holdout events, so there is nobody to ask for", "nobody", CAUSES["nobody"][1])
CAPS_OFF = {"brand_cap": 0, "category_cap": 0}
PLAIN = CAPS_OFF | {"mmr_lambda": 1.0}
"""Relevance alone; S2, S4 and S9 start from these lists, which are asked for once."""
MIN_TAG_ITEMS = 5
SHOWN = 5
SHORTEST, LONGEST = MIN_TAG_ITEMS, 100  # of filtered lists
BLEND = ("BLEND_ALPHA", "BLEND_BETA", "BLEND_GAMMA")
NEW_USER_BLEND = ("NEW_USER_BLEND_ALPHA", "NEW_USER_BLEND_BETA", "NEW_USER_BLEND_GAMMA")
BOOST_REASON = re.compile(r"^rule\.boost:([+-]\d+\.\d+)\[([^\]]+)\]$")


def spread(sim: Simulation, n: int, users: Iterable[str] | None = None) -> list[str]:
    """Return up to ``n`` users, one from every segment in turn; of the evaluated ones unless given."""
    queues: dict[str, list[str]] = {}
    for user in sim.sample(n) if users is None else users:
        queues.setdefault(sim.users[user].segment, []).append(user)
    turns = zip_longest(*(queues[segment] for segment in sorted(queues)))
    return [user for turn in turns for user in turn if user is not None][:n]


class Compares(Protocol):
    """The part of ``check`` that is used here."""

    def need(self, condition: object, reason: str, *, next_step: str = "", cause: str = "") -> None: ...

    def at_most(self, name: str, got: float | None, limit: float, **facts: Any) -> None: ...


def none_of(
    check: Compares, name: str, offenders: Offenders, *, n: int, definition: str, **where: Any
) -> None:
    """Measure that there are no offenders among ``n``; the first is shown with its exchange, the next four by name.

    ``where`` is ``knob`` and ``advice``, as for a check.
    """
    first: dict[str, Any] = {"who": offenders[0][0], "exchange": offenders[0][1]} if offenders else {}
    if len(offenders) > 1:
        first["worst"] = "; ".join(who for who, _ in offenders[:SHOWN])
    check.at_most(name, len(offenders), 0, n=n, definition=definition, **where, **first)


def established_with_truth(sim: Simulation, check: Compares, n: int) -> list[str]:
    """Return ``n`` established users, from the segments in turn, those with most relevant items first.

    Of those for whom the profile is in effect where they are enough; ``sim.applied`` tells.

    Chosen by the holdout alone, never by how well they are served; users without truth have no NDCG.
    """
    users = most_relevant(sim, n)
    check.need(
        len(users) >= n,
        few_established(len(users), n),
    )
    return users


def most_relevant(sim: Simulation, n: int) -> list[str]:
    """Return up to ``n`` established users, chosen as ``established_with_truth`` says."""
    established = sim.established(len(sim.lists))
    in_effect = [user for user in established if user not in sim.applied.without]
    users = in_effect if len(in_effect) >= n else established
    relevant = sim.relevance("all")
    return spread(sim, n, sorted(users, key=lambda user: -len(relevant.get(user, ()))))


def plain_lists(sim: Simulation) -> dict[str, Exchange]:
    """Lists by relevance alone of the established users that S4 and S9 ask for, up to 30; S2 needs some of them too."""
    return sim.once("plain", most_relevant(sim, PLAIN_USERS), overrides=PLAIN)


def unfiltered_lists(sim: Simulation, users: Sequence[str]) -> dict[str, Exchange]:
    """Lists without caps, for S1 and S6: the profile's own where no cap is in effect, else asked for once."""
    if sim.caps == (0, 0):
        return sim.unchanged(users, sim.surface("unfiltered"))
    return sim.once("unfiltered", users, overrides=CAPS_OFF)


def carries(sim: Simulation, item_id: str, tag: str) -> bool:
    """Whether an item has the tag, compared as filters and rules do: trimmed, lower case."""
    return folded(tag) in tags_of(sim, item_id)


def tags_of(sim: Simulation, item_id: str) -> frozenset[str]:
    """Return a listed item's tags as filters and rules compare them, none for an unknown one."""
    source = _source(sim, item_id)
    return sim.folded_tags(source) if source in sim.items else frozenset()


def plain_tags(sim: Simulation, item_id: str) -> frozenset[str]:
    """Return a listed item's plain tags, none for an unknown one."""
    source = _source(sim, item_id)
    return sim.plain_tags(source) if source in sim.items else frozenset()


def _source(sim: Simulation, item_id: str) -> str:
    """The item whose tags a listed one has: the probe has its source's, every other its own."""
    return sim.probe_source or item_id if item_id == sim.probe_id else item_id


def folded(tag: str) -> str:
    """A tag as it is compared."""
    return tag.strip().lower()


def filterable_tags(
    sim: Simulation, tags: Collection[str], unfiltered: Mapping[str, Exchange], n: int
) -> list[str]:
    """Return up to ``n`` of the tags, from rare to common, that can show whether a filter works.

    Such a tag has at least 5 available items with seeded events and is absent from at least one slot of
    every unfiltered list: without a filter each of those lists would be wrong.
    """
    if not all(shown.ids for shown in unfiltered.values()):
        return []
    sizes = {tag: len(tagged_items(sim, tag)) for tag in sorted(tags)}
    everywhere = {tag for shown in unfiltered.values() for tag in _on_every_slot(sim, shown)}
    useful = [
        tag
        for tag in sorted(sizes, key=lambda tag: (sizes[tag], tag))
        if sizes[tag] >= MIN_TAG_ITEMS
        and tag.strip()  # a filter on blanks alone is none (contract 5.2)
        and folded(tag) not in everywhere
    ]
    if len(useful) <= n:
        return useful
    return [useful[round(step * (len(useful) - 1) / max(1, n - 1))] for step in range(n)]


def _on_every_slot(sim: Simulation, shown: Exchange) -> frozenset[str]:
    """The tags that every item of a list carries."""
    first, *others = sorted((tags_of(sim, item) for item in shown.ids), key=len)
    return first.intersection(*others)


def tagged_items(sim: Simulation, tag: str) -> frozenset[str]:
    """Return the available items with this tag, spelled exactly so, that popularity can find."""
    return sim.tagged.get(tag, frozenset())


@dataclass(frozen=True)
class Filtered:
    """One filtered list: who asked for which tag, what should not be there, how many items should.

    Attributes:
        strays: listed items without the tag.
        expected: the least number of items, see ``filtered_lists``.
    """

    user: str
    tag: str
    exchange: Exchange
    strays: tuple[str, ...]
    expected: int

    @property
    def short(self) -> bool:
        return len(self.exchange.ids) < self.expected

    @property
    def case(self) -> tuple[str, Exchange]:
        """For a measure: whose list, and the exchange."""
        told = f"user {self.user}, include_tags_any [{self.tag}]: {len(self.exchange.ids)} items"
        strays = f", without the tag: {', '.join(self.strays[:3])}" if self.strays else ""
        return f"{told} of at least {self.expected}{strays}", self.exchange


def judge_filter(check: Compares, lists: Sequence[Filtered]) -> None:
    """Measure that a filter let nothing else through and lost nothing on the way."""
    none_of(
        check,
        "filtered lists with other items",
        [shown.case for shown in lists if shown.strays],
        n=len(lists),
        definition="lists with an item that lacks the wanted tag (compared trimmed, in lower case)",
        advice="the include_tags_any constraint; PIN and BOOST rules on this surface are not filtered",
    )
    none_of(
        check,
        "filtered lists that are too short",
        [shown.case for shown in lists if shown.short],
        n=len(lists),
        definition="fewer than min(k, available items with the tag and seeded events) less those hidden from the user",
        knob=("POPULARITY_FANOUT", "RECOMMENDATION_MAX_K"),
        advice="where the filter runs (before the cut to k)",
    )


def filtered_lists(
    sim: Simulation, users: Sequence[str], tags: Sequence[str], surface: str
) -> list[Filtered]:
    """Ask for long lists of all users under each tag as include filter, caps off."""
    found = []
    for tag in tags:
        constraints = {"include_tags_any": [tag]}
        lists = sim.recommend(
            users, k=long(sim), surface=surface, overrides=CAPS_OFF, constraints=constraints
        )
        for user, exchange in lists.items():
            strays = tuple(item for item in exchange.ids if not carries(sim, item, tag))
            least = least_length(sim, user, tagged_items(sim, tag))
            found.append(Filtered(user, tag, exchange, strays, least))
    return found


def long(sim: Simulation) -> int:
    """Length of filtered lists: long enough to see a rare leak, a quarter of the catalogue at most.

    On lists nearly as long as the catalogue a filter that is applied after the cut would leave no trace.
    """
    return max(SHORTEST, min(LONGEST, len(sim.available) // 4))


def least_length(sim: Simulation, user: str, eligible: Collection[str]) -> int:
    """How many of the eligible items a filtered list holds at least.

    The service gathers the most popular eligible items and then leaves out those hidden from the user.
    """
    ranked = sim.surely_ranked(user, len(eligible), long(sim))
    return max(0, ranked - len(sim.hidden(user).intersection(eligible)))


def boosts(exchange: Exchange, item_id: str) -> dict[str, float]:
    """Return rule id -> what it added to an item's score, as the reasons tell it (two decimals)."""
    rank = exchange.rank(item_id)
    reasons = [] if rank is None else exchange.answer.items[rank - 1].reasons
    matches = filter(None, map(BOOST_REASON.match, reasons))
    return {match[2]: float(match[1]) for match in matches}


def override_ids(exchange: Exchange) -> frozenset[str]:
    """Return the manual overrides that the answer says were at work."""
    return frozenset(effect.override_id for effect in exchange.answer.trace.extras.manual_overrides)


def working(wanted: Collection[str]) -> Callable[[Exchange], bool]:
    """Return a test for "exactly these manual overrides are at work"."""
    return lambda exchange: override_ids(exchange) == frozenset(wanted)


def score_of(exchange: Exchange, item_id: str) -> float:
    """Return an item's score, NaN when it is not listed."""
    rank = exchange.rank(item_id)
    return float("nan") if rank is None else exchange.answer.items[rank - 1].score


def scores(exchange: Exchange) -> dict[str, float]:
    """Return item id -> score of everything that is listed."""
    return {item.item_id: item.score for item in exchange.answer.items}


def popular_signal(exchange: Exchange, item_id: str) -> bool:
    """Whether the explanation says that popularity made this item a candidate."""
    rank = exchange.rank(item_id)
    explain = None if rank is None else exchange.answer.items[rank - 1].explain
    return explain is not None and explain.blend is not None and explain.blend.pop_norm > 0


def similarity(sim: Simulation, exchange: Exchange) -> float:
    """Return the mean pairwise Jaccard similarity of a list's plain tags; NaN for lists under two."""
    return similarity_of(sim, exchange.ids)


def similarity_of(sim: Simulation, items: Iterable[str]) -> float:
    """The same for a list of ids."""
    tags = [plain_tags(sim, item) for item in items]
    return mean(jaccard(a, b) for a, b in combinations(tags, 2))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Return how alike two sets are, 0 where one is empty; the union of thousands of tags is never made."""
    common = len(a & b)
    return common / (len(a) + len(b) - common) if a and b else 0.0


def mean(values: Iterable[float]) -> float:
    """Return the mean, NaN of nothing."""
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else float("nan")
