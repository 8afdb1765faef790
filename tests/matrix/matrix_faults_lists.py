"""Faults of the list itself: its length, its order, what is in it twice, and whether it comes at all."""

from __future__ import annotations

from matrix_answers import Said, around, on_answers
from matrix_fault import ANY, SHARE, Fault, draw, fault, hit

from pytest_recsim.standin.http.messages import Answer
from pytest_recsim.standin.ranking import api, pipeline

FAULTS: list[Fault] = []


@fault(
    FAULTS,
    "two sources offer the same item and nobody takes one out",
    by="contract",
    because="duplicate ids",
    of="answers",
    ladder=(0.0001, 0.0003, *SHARE),
)
def duplicates(share: float) -> None:
    def change(said: Said) -> None:
        if len(said.rows) > 1 and hit(share, "duplicates", said.user, said.surface):
            said.rows[-1]["item_id"] = said.rows[-2]["item_id"]

    on_answers(change)


@fault(
    FAULTS,
    "an off-by-one: the list is one longer than asked for",
    by="contract",
    because="more than k items",
    of="answers",
    ladder=SHARE,
)
def one_too_many(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "longer", said.user, said.surface):
            said.body |= said.again(k=said.ask["k"] + 1)

    on_answers(change)


@fault(
    FAULTS,
    "an off-by-one: the list is one shorter than asked for",
    by="contract",
    because="shorter than",
    of="answers",
    ladder=SHARE,
)
def one_too_few(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "shorter", said.user, said.surface):
            said.put(said.rows[:-1])

    on_answers(change)


@fault(
    FAULTS,
    "short slates: a time-out in ranking cuts the list in half",
    by="contract",
    because="shorter than",
    of="answers",
    ladder=SHARE,
)
def short_slates(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "slates", said.user, said.surface):
            said.put(said.rows[: len(said.rows) // 2])

    on_answers(change)


@fault(
    FAULTS,
    "the best item is lost: the list begins with the second",
    by="S1",
    because="too short",
    of="answers",
    ladder=SHARE,
)
def first_item_lost(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "first", said.user, said.limits):
            said.put(said.again(k=said.ask["k"] + 1)["items"][1:])

    on_answers(change)


@fault(
    FAULTS,
    "answers of parallel workers are put together in the order in which they come",
    by="contract",
    because="scores do not descend",
    of="users",
    ladder=SHARE,
)
def order_shuffled(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "shuffled", said.user):
            said.put(sorted(said.rows, key=lambda row: draw(said.user, row["item_id"])))

    on_answers(change)


@fault(
    FAULTS,
    "scores are kept in fewer bits, and what became equal is ordered by chance",
    by="contract",
    because="scores do not descend",
    of="the step that scores are rounded to",
    ladder=(1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1),
)
def coarse_scores(step: float) -> None:
    def change(said: Said) -> None:
        for row in said.rows:
            row["score"] = round(row["score"] / step) * step
        if not any("rule." in reason for row in said.rows for reason in row.get("reasons", ())):
            said.put(sorted(said.rows, key=lambda row: (-row["score"], draw(row["item_id"], said.user))))

    on_answers(change)


@fault(
    FAULTS,
    "equal scores are ordered by chance, so that pages differ from one call to the next",
    why_not="on this customer no two items of one list have the same score, so there is nothing to order wrongly; it "
    "takes two products with the same tags and the same events. Where ties are, `contract` sees it, as it does coarse-scores",
)
def ties_in_random_order(_: float) -> None:
    @around(pipeline, "_by_score")
    def by_score(original, context, signals, chosen):
        ranked = original(context, signals, chosen)
        return dict(sorted(ranked.items(), key=lambda entry: (-signals.score[entry[1]], draw(entry[0]))))


@fault(
    FAULTS,
    "a division by zero makes a score infinite",
    by=ANY,
    because="out of range",
    of="answers",
    ladder=SHARE,
)
def infinite_score(share: float) -> None:
    raw(share, b"1e999")


@fault(
    FAULTS,
    "scores that are not numbers: NaN is no JSON, and no list can be read",
    by=ANY,
    because="NaN",
    of="answers",
    ladder=SHARE,
)
def nan_score(share: float) -> None:
    raw(share, b"NaN")


def raw(share: float, number: bytes) -> None:
    """Put something else in place of the first score of a share of the answers."""

    @around(api, "recommend")
    def recommend(original, service, request):
        reply = original(service, request)
        before, mark, after = reply.body.partition(b'"score":')
        if mark and hit(share, "raw", request.body):
            return reply._replace(body=before + mark + number + after[after.index(b",") :])
        return reply


@fault(
    FAULTS,
    "a sponsored item is slipped in, with a score that fits its place",
    by="S10",
    because="does not add up to",
    of="users",
    ladder=SHARE,
)
def sponsored_item(share: float) -> None:
    def change(said: Said) -> None:
        if len(said.rows) > 4 and hit(share, "sponsored", said.user):
            advert = said.others()[0]
            between = (said.rows[1]["score"] + said.rows[2]["score"]) / 2
            said.put([*said.rows[:2], said.rows[2] | {"item_id": advert, "score": between}, *said.rows[2:-1]])

    on_answers(change)


@fault(
    FAULTS,
    "one segment's requests fail",
    by=ANY,
    because="500",
    of="bargain hunters",
    ladder=SHARE,
)
def errors_for_one_segment(share: float) -> None:
    def broken(said: Said) -> bool:
        return said.segment == "bargain_hunters" and hit(share, "errors", said.user)

    refusing(broken)


class RefusedError(Exception):
    """The request is to fail."""


def refusing(broken, status: int = 500) -> None:
    """Have the requests fail whose answer is ``broken``."""

    def change(said: Said) -> None:
        if broken(said):
            raise RefusedError

    on_answers(change)

    @around(api, "recommend")
    def recommend(original, *what):
        try:
            return original(*what)
        except RefusedError:
            return Answer(status, b'{"error":"internal","message":"out of memory"}\n')
