"""Faults of filters: include tags, brands, prices, excluded items."""

from __future__ import annotations

from matrix_answers import Said, around, on_answers
from matrix_fault import SHARE, Fault, fault, hit

FAULTS: list[Fault] = []
OTHERS, SHORT = "filtered lists with other items", "filtered lists that are too short"


def tags_of(said: Said, item: str) -> tuple[str, ...]:
    found = said.service.peek(said.request.org, said.ask["namespace"]).items.get(item)
    return found.tags if found else ()


def leak(share: float, said: Said, kind: str) -> None:
    """Put items without the wanted tag into a share of the slots of filtered lists."""
    wanted = set(said.limits.get("include_tags_any", ()))
    if not any(tag.lower().startswith("brand:") == (kind == "brand") for tag in wanted):
        return
    others = [item for item in said.others() if not wanted & set(tags_of(said, item))]
    for rank, row in enumerate(said.rows):
        if others and hit(share, "leak", said.user, *wanted, rank):
            row["item_id"] = others.pop(0)


@fault(
    FAULTS,
    "a search index that lags behind the catalogue lets single items through the include filter",
    by="S1",
    because=OTHERS,
    of="slots of filtered lists",
    ladder=SHARE,
)
def include_filter_leaks(share: float) -> None:
    on_answers(lambda said: leak(share, said, "tag"))


@fault(
    FAULTS,
    "the brand filter lets single items of other brands through",
    by="S6",
    because=OTHERS,
    of="slots of brand pages",
    ladder=SHARE,
)
def brand_filter_leaks(share: float) -> None:
    on_answers(lambda said: leak(share, said, "brand"))


@fault(
    FAULTS,
    "the filter thins out a finished list instead of choosing from the filtered catalogue",
    by="S1",
    because=SHORT,
    of="times k that are fetched before the filter",
    ladder=(20, 10, 5, 2, 1),
)
def include_filter_after_the_cut(times: float) -> None:
    def change(said: Said) -> None:
        wanted = set(said.limits.get("include_tags_any", ()))
        if wanted:
            k = said.ask["k"]
            rows = said.again(constraints=None, k=round(k * times))["items"]
            said.put([row for row in rows if wanted & set(tags_of(said, row["item_id"]))][:k])

    on_answers(change)


@fault(
    FAULTS,
    "a client version that drops the constraint: some people's filters are ignored",
    by="S1",
    because=OTHERS,
    of="users",
    ladder=SHARE,
)
def include_filter_ignored(share: float) -> None:
    def change(said: Said) -> None:
        if said.limits.get("include_tags_any") and hit(share, "ignored", said.user):
            said.put(said.again(constraints=None)["items"])

    on_answers(change)


@fault(
    FAULTS,
    "a shelf with few items is filled up with bestsellers, so that the page looks full",
    by="S1",
    because=OTHERS,
    of="filtered lists that are short",
    ladder=(0.01, 0.03, 0.1, 0.3, 1.0),
)
def short_filtered_lists_filled_up(share: float) -> None:
    def change(said: Said) -> None:
        wanted = said.limits.get("include_tags_any")
        if wanted and said.rows and hit(share, "filled", said.user, wanted):
            last = said.rows[-1]
            more = said.others()[: max(0, min(20, said.ask["k"]) - len(said.rows))]
            said.put(said.rows + [last | {"item_id": item} for item in more])

    on_answers(change)


@fault(
    FAULTS,
    "the brand filter folds what is asked for, but not what is stored: brands with capitals find nothing",
    by="S6",
    because=SHORT,
)
def brand_filter_case_sensitive(_: float) -> None:
    from pytest_recsim.standin.ranking.tags import Tags

    @around(Tags, "with_raw")
    def with_raw(original, self, tags):
        return original(self, [tag.lower() for tag in tags])


@fault(
    FAULTS,
    "the price filter is ignored",
    by="S1",
    because="outside the price range",
    of="users",
    ladder=SHARE,
)
def price_filter_ignored(share: float) -> None:
    def change(said: Said) -> None:
        if said.limits.get("price_between") and hit(share, "price", said.user):
            said.put(said.again(constraints={**said.limits, "price_between": []})["items"])

    on_answers(change)


@fault(
    FAULTS,
    "prices are compared as whole numbers, so that items just above the limit slip through",
    by="S1",
    because="outside the price range",
)
def price_filter_rounds(_: float) -> None:
    def change(said: Said) -> None:
        if bounds := said.limits.get("price_between"):
            loose = [int(bounds[0]), *[int(high) + 1 for high in bounds[1:]]]
            said.put(said.again(constraints={**said.limits, "price_between": loose})["items"])

    on_answers(change)


@fault(
    FAULTS,
    "items that the page excludes, e.g. those already in the basket, are recommended all the same",
    by="S1",
    because="excluded by id",
    of="users",
    ladder=SHARE,
)
def excluded_ids_ignored(share: float) -> None:
    def change(said: Said) -> None:
        if said.limits.get("exclude_item_ids") and hit(share, "excluded", said.user):
            said.put(said.again(constraints={**said.limits, "exclude_item_ids": []})["items"])

    on_answers(change)


@fault(
    FAULTS,
    "the filter for new arrivals (`created_after`) is ignored",
    why_not="the service dates an item by its first upsert, so in a freshly seeded namespace all items are equally "
    "new and no date separates them; a service that takes `created_at` with the item would do",
)
def created_after_ignored(_: float) -> None:
    def change(said: Said) -> None:
        if said.limits.get("created_after"):
            said.put(said.again(constraints={**said.limits, "created_after": ""})["items"])

    on_answers(change)
