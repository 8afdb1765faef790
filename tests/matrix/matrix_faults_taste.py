"""Faults of personalisation: whose list it is, and how good it is for whom."""

from __future__ import annotations

from matrix_answers import Said, around, on_answers
from matrix_fault import SHARE, Fault, draw, fault, hit

from pytest_recsim.standin.ranking import effective as settings
from pytest_recsim.standin.ranking import restrict

FAULTS: list[Fault] = []
POPULAR = {"blend_alpha": 1.0, "blend_beta": 0.0, "blend_gamma": 0.0, "profile_boost": 0.0}
HALF = (0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9, 1.0)
FEW = (0.03, 0.1, 0.3, 0.6, 1.0)


def somebody(said: Said) -> str:
    """Another user with events; oneself before there are any."""
    users = list(said.data.log.users) or [said.user]
    at = int(draw("somebody", said.user) * len(users))
    return users[at] if users[at] != said.user else users[at - 1]


@fault(
    FAULTS,
    "the feature store is down: whoever it cannot serve gets what is popular",
    by="segment_lift_ndcg",
    because="lift of",
    of="users",
    ladder=HALF,
)
def popularity_for_everyone(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "popular", said.user):
            said.body |= said.again(overrides={**(said.ask.get("overrides") or {}), **POPULAR})

    on_answers(change)


@fault(
    FAULTS,
    "a session mix-up: the whole answer is somebody else's",
    by="contract",
    because="recent_event_count does not fit",
    of="users",
    ladder=SHARE,
)
def answer_of_somebody_else(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "answer", said.user):
            said.body |= said.again(user_id=somebody(said))

    on_answers(change)


@fault(
    FAULTS,
    "a colliding cache key: one user in fifty gets somebody else's list, while the trace is right",
    by="contract",
    because="anchors are not",
    of="users",
    ladder=SHARE,
)
def list_of_somebody_else(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "list", said.user):
            said.put(said.again(user_id=somebody(said))["items"])

    on_answers(change)


@fault(
    FAULTS,
    "somebody else's items in one's own list: only the ids are wrong, everything told about them is one's own",
    by="contract",
    because="hidden from",
    of="users",
    ladder=SHARE,
)
def items_of_somebody_else(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "items", said.user):
            theirs = [row["item_id"] for row in said.again(user_id=somebody(said))["items"]]
            for row, item in zip(said.rows, theirs, strict=False):
                row["item_id"] = item
            said.put(said.rows[: len(theirs)])

    on_answers(change)


@fault(
    FAULTS,
    "what somebody bought is recommended again: the exclusion of purchases is ignored",
    by="contract",
    because="hidden from",
    of="users",
    ladder=SHARE,
)
def purchases_not_excluded(share: float) -> None:
    @around(restrict, "_recently_touched")
    def touched(original, context):
        return None if hit(share, "bought", context.ask.user_id) else original(context)


@fault(
    FAULTS,
    "the exclusion knows purchases only, not the other event types that are configured",
    by="contract",
    because="hidden from",
)
def exclusion_of_purchases_only(_: float) -> None:
    from msgspec.structs import replace

    @around(restrict, "_recently_touched")
    def touched(original, context):
        knobs = replace(context.run.knobs, exclude_event_types=(3,))
        return original(replace(context, run=replace(context.run, knobs=knobs)))


@fault(
    FAULTS,
    "new users get an empty list",
    by="S7",
    because="too short",
    of="new users",
    ladder=FEW,
)
def new_users_get_nothing(share: float) -> None:
    def change(said: Said) -> None:
        if said.segment == "new_users" and hit(share, "nothing", said.user):
            said.put([])

    on_answers(change)


UNCAPPED = {"brand_cap": 0, "category_cap": 0}


def long_list(said: Said, k: int = 100) -> list[dict]:
    sent = (said.ask.get("overrides") or {}) if said.plain else {}
    return said.again(k=k, overrides={**sent, **UNCAPPED})["items"]


@fault(
    FAULTS,
    "new users see one category only, that of the campaign of the day",
    by="S7",
    because="categories in the first 10",
    of="new users",
    ladder=(0.1, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
)
def new_users_get_one_category(share: float) -> None:
    def change(said: Said) -> None:
        if said.segment == "new_users" and said.surface == "default" and hit(share, "category", said.user):
            items = said.service.peek(said.request.org, said.ask["namespace"]).items
            rows = long_list(said)
            first = {items[row["item_id"]].category for row in rows[:1]}
            said.put([row for row in rows if items[row["item_id"]].category in first][: said.ask["k"]])

    on_answers(change)


@fault(
    FAULTS,
    "new users get a random list",
    by="S7",
    because="MRR@10 of new users",
    of="new users",
    ladder=(0.1, 0.3, 0.6, 0.8, 1.0),
)
def new_users_get_a_random_list(share: float) -> None:
    scattered("new_users", share)


def within_caps(said: Said, rows: list[dict]) -> list[dict]:
    """The first 20 that the caps allow."""
    knobs, items = said.service.knobs, said.service.peek(said.request.org, said.ask["namespace"]).items
    held: dict[str, int] = {}
    kept: list[dict] = []
    for row in rows:
        marks = [tag for tag in items[row["item_id"]].tags if ":" in tag]
        limits = {"brand": knobs.brand_cap, "category": knobs.category_cap}
        if all(held.get(mark, 0) < limits[mark.partition(":")[0]] for mark in marks):
            kept.append(row)
            held.update((mark, held.get(mark, 0) + 1) for mark in marks)
    return kept[:20]


def scattered(segment: str, share: float, of: int = 100) -> None:
    """Serve a share of a segment any 20 of their best, in good order, everything explained."""

    def change(said: Said) -> None:
        mine = segment in ("", said.segment) and said.surface == "default" and said.plain
        if mine and hit(share, "scattered", said.user):
            best = long_list(said, k=of)
            rows = within_caps(said, sorted(best, key=lambda row: draw(said.user, row["item_id"])))
            said.put(sorted(rows, key=lambda row: (-row["score"], row["item_id"])))

    on_answers(change)


@fault(
    FAULTS,
    "one segment's model is broken, while the average over all users still looks fine",
    by="segment_lift_ndcg regulars",
    because="lift of",
    of="regulars",
    ladder=(0.1, 0.3, 0.6, 0.8, 0.9, 1.0),
)
def one_segment_destroyed(share: float) -> None:
    scattered("regulars", share, of=1000)


@fault(
    FAULTS,
    "diversity is bought with anything: lists are drawn from the hundred best, whatever their score",
    by="S4",
    because="loss of NDCG",
    of="users",
    ladder=FEW,
)
def diversity_at_any_price(share: float) -> None:
    scattered("", share)


@fault(
    FAULTS,
    "lists are cached per segment: everybody in it gets the list of whoever came first",
    by="segment_lift_mrr",
    because="lift of",
    of="users",
    ladder=HALF,
)
def one_list_per_segment(share: float) -> None:
    first: dict[str, list] = {}

    def change(said: Said) -> None:
        if said.surface == "default" and said.plain and hit(share, "cached", said.user):
            kept = first.setdefault(said.segment, said.rows)
            said.put([dict(row) for row in kept])

    on_answers(change)


@fault(
    FAULTS,
    "the segment of a user is not read: new users are treated like everybody else",
    by="contract",
    because="recent_event_count does not fit",
    of="users",
    ladder=SHARE,
)
def segment_ignored(share: float) -> None:
    @around(settings, "traits_of")
    def traits(original, user):
        known = original(user)
        if user is not None and hit(share, "traits", user.user_id):
            return {name: value for name, value in known.items() if name != "segment"}
        return known


@fault(
    FAULTS,
    "niche products are starved: lists are filled from the head of the catalogue",
    by="long_tail_share",
    because="long_tail_share",
    of="users",
    ladder=HALF,
)
def long_tail_starved(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "tail", said.user) and said.surface == "default":
            catalogue = said.data.catalogue
            order = said.data.weighted.popular(said.service.clock.ranking_now(), 1000.0, None).order
            head = {catalogue.ids[i] for i in order[: int(catalogue.available.sum()) // 5]}
            rows = long_list(said)
            rows.sort(key=lambda row: row["item_id"] not in head)
            said.put(sorted(rows[: said.ask["k"]], key=lambda row: (-row["score"], row["item_id"])))

    on_answers(change)
