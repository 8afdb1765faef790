"""Services that are older or newer than the contract: what they do not send, and what they send besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fault_acts import answers, edited
from fault_hits import RECOMMEND, hit
from fault_model import REFUSED, SURVIVED, TOLD, Fault

if TYPE_CHECKING:
    from fault_proxy import Line
    from fault_wire import Request

RULES, OVERRIDES = "GET /v1/admin/rules", "GET /v1/admin/manual_overrides"


def older(document: Any) -> Any:
    """An answer as revisions of 2025 gave it: no word about signals, and another name for the similarity."""
    if "trace" not in document:
        return document
    document["trace"]["extras"].pop("signal_status", None)
    for item in document["items"]:
        blend = item.get("explain", {}).get("blend", {})
        for part in (blend, blend.get("contrib", {}), blend.get("raw", {})):
            for name in ("similarity", "similarity_norm"):
                if name in part:
                    part[name.replace("similarity", "emb")] = part.pop(name)
    return document


async def as_in_2025(line: Line, request: Request) -> None:
    """Nothing is validated, and answers are older."""
    possible = request.saying(k=abs(request.document.get("k", 20)))
    reply = await line.ask(possible)
    await line.say(reply.saying(older(reply.document)))


def newer(document: Any) -> Any:
    """An answer with members that nobody here knows."""
    if "trace" not in document:
        return document  # a refusal
    document["trace"]["extras"]["budget"] = {"left": 3}
    for item in document["items"]:
        item["badge"] = "new"
    return document


def bare(document: Any) -> Any:
    """An answer without the trace."""
    document.pop("trace", None)
    return document


REVISIONS = [
    Fault(
        "an older revision",
        "all the time",
        "answers lack `signal_status`, explain the similarity as `emb`; a negative k is answered",
        SURVIVED,
        hit(RECOMMEND, as_in_2025, None),
        "does not send `trace.extras.signal_status`",
        quick=True,
    ),
    Fault(
        "a revision without rules",
        "all the time",
        "no endpoints for rules and manual overrides (405)",
        TOLD,
        hit(RULES, answers(405), None) + hit(OVERRIDES, answers(405), None),
        "this revision of the service has no rules, so none can be tried",
        failing=frozenset({"S2", "S8"}),
    ),
    Fault(
        "a revision without segments",
        "all the time",
        "no endpoints for segments and event types (405)",
        SURVIVED,
        hit("GET /v1/segments", answers(405), None) + hit("GET /v1/event-types", answers(405), None),
        "does not show the weights of event types; the usual ones are assumed",
    ),
    Fault(
        "a newer revision",
        "all the time",
        "items and trace of every list have further members",
        SURVIVED,
        hit(RECOMMEND, edited(newer), None),
        "carry members we do not know: `items[].badge`",
    ),
    Fault(
        "another service",
        "pre-flight",
        "lists have no trace",
        REFUSED,
        hit(RECOMMEND, edited(bare), None),
        "does not answer /v1/recommendations like a Recsys service",
    ),
]
