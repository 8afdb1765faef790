"""What the audit keeps of a ranked request, and the full record that is worked out from it on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pytest_recsim.standin.ranking.arrays import settle
from pytest_recsim.standin.ranking.diversify import diversify
from pytest_recsim.standin.ranking.explain import cap_uses, max_sims, nonzero
from pytest_recsim.standin.ranking.facets import Facets
from pytest_recsim.standin.ranking.signals import Signals
from pytest_recsim.standin.settings.clock import nanoseconds
from pytest_recsim.standin.state.audit import Asked, Decision

if TYPE_CHECKING:
    from pytest_recsim.standin.http.messages import Answer, Request
    from pytest_recsim.standin.ranking.arrays import Floats, Ints
    from pytest_recsim.standin.ranking.ask import Ask, Constraints
    from pytest_recsim.standin.ranking.catalogue import Names
    from pytest_recsim.standin.ranking.diversify import Pick
    from pytest_recsim.standin.ranking.effective import Effective
    from pytest_recsim.standin.ranking.pipeline import Ranked
    from pytest_recsim.standin.ranking.tags import Tags
    from pytest_recsim.standin.state.audit import AuditLog

SHOWN_KNOBS = (
    "profile_boost",
    "profile_window_days",
    "mmr_lambda",
    "brand_cap",
    "category_cap",
    "half_life_days",
    "co_vis_window_days",
    "purchased_window_days",
    "rule_exclude_events",
    "popularity_fanout",
)
# Rough sizes in bytes, on the generous side: the record itself, an id that the catalogue does not know, and an item of
# a catalogue with its tags.
_RECORD, _STRANGER, _ITEM = 4_000, 200, 3_000
# A request body grows about this much when it is decoded.
_DECODED = 4


def decision_of(log: AuditLog, request: Request, ranked: Ranked, reply: Answer) -> Decision:
    """Return the record of an answer. It gathers and computes nothing, because most records are never looked at."""
    context, signals, outcome = ranked.context, ranked.signals, ranked.outcome
    catalogue = context.data.catalogue
    before = _before_rules(ranked) if outcome.scores else signals.score
    return Decision(
        log.serial,
        context.service.clock.now(),
        request,
        reply.body,
        RankedEvidence(
            context.ask,
            context.run,
            context.limits,
            context.names,
            context.data.tags,
            signals.candidates,
            signals.score,
            before,
            len(ranked.restricted.kept),
            (*outcome.pins, *outcome.blocked),
            ranked.picks is not None,
        ),
        _RECORD
        + len(reply.body)
        + _DECODED * len(request.body)
        + 2 * signals.candidates.nbytes
        + _STRANGER * context.names.strangers,
        catalogue,
        _ITEM * catalogue.size,
    )


def _before_rules(ranked: Ranked) -> Floats:
    """Blend once more: boosts have overwritten the scores."""
    signals, (alpha, beta, gamma) = ranked.signals, ranked.context.run.weights
    blend = alpha * signals.pop_norm + beta * signals.cooc_norm + gamma * signals.similarity
    return settle(blend * signals.multiplier)


class RankedEvidence(NamedTuple):
    """What a ranked request leaves behind: the catalogue, its tags, and nothing that grows with events.

    ``candidates`` are in pool order, the first ``offered`` of them with scores ``before`` rules, those behind added by
    rules; ``scores`` are the ones after rules. ``gone`` are pinned or blocked candidates, ``selected`` tells whether
    MMR or a cap ran.
    """

    ask: Ask
    run: Effective
    limits: Constraints
    names: Names
    tags: Tags
    candidates: Ints
    scores: Floats
    before: Floats
    offered: int
    gone: tuple[int, ...]
    selected: bool

    @property
    def asked(self) -> Asked:
        return Asked(self.ask.namespace, self.ask.surface, self.ask.user_id, self.run.k)

    def detail(self) -> dict[str, Any]:
        record: dict[str, Any] = {"effective_config": _config(self.run)}
        if constraints := _constraints(self.limits):
            record["constraints"] = constraints
        record["candidates_pre"] = self._candidates()
        return record | self._selection() if self.selected else record

    def _candidates(self) -> list[dict[str, Any]]:
        """Return the candidates that rules and selection started from, best first, ties by id."""
        ids = map(self.names.id, self.candidates[: self.offered].tolist())
        scored = zip(ids, self.before[: self.offered].tolist(), strict=True)
        ranked = sorted(scored, key=lambda each: (-each[1], each[0]))
        return [{"item_id": item_id, "score": score} for item_id, score in ranked]

    def _selection(self) -> dict[str, Any]:
        """Select once more and tell what was seen on the way."""
        knobs = self.run.knobs
        facets = Facets(self.tags, knobs.brand_tag_prefixes, knobs.category_tag_prefixes)
        zeroes = np.zeros(len(self.candidates))
        columns: dict[str, Any] = dict.fromkeys(Signals.__struct_fields__, zeroes)
        signals = Signals(**columns | {"candidates": self.candidates, "score": self.scores})
        free = np.flatnonzero(~np.isin(self.candidates, self.gone))
        picks = diversify(signals, free, self.run, facets)
        picked = [int(self.candidates[pick.place]) for pick in picks]
        caps = cap_uses(facets, knobs, picked)
        shown = {self.names.id(candidate): uses for candidate, uses in caps.items() if uses}
        return {"mmr_info": self._picks(picks, max_sims(facets, picked), caps)} | (
            {"caps": shown} if shown else {}
        )

    def _picks(
        self, picks: list[Pick], sims: list[float], caps: dict[int, dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return the selection in the order picked; a cap counts as hit by the pick that uses it up."""
        rows = []
        for index, (pick, sim, candidate) in enumerate(zip(picks, sims, caps, strict=True)):
            row: dict[str, Any] = {"pick_index": index, "item_id": self.names.id(candidate)}
            row |= nonzero(("max_sim", "relevance", "penalty"), (sim, pick.relevance, pick.penalty))
            for kind, use in caps[candidate].items():
                if use.get("count") == use["limit"]:
                    row[f"{kind}_cap_hit"] = True
            rows.append(row)
        return rows


def _config(run: Effective) -> dict[str, Any]:
    knobs, (alpha, beta, gamma) = run.knobs, run.weights
    config: dict[str, Any] = {"alpha": alpha, "beta": beta, "gamma": gamma}
    config |= {name: getattr(knobs, name) for name in SHOWN_KNOBS}
    return config | {"profile_top_n": knobs.profile_top_n_tags}


def _constraints(limits: Constraints) -> dict[str, Any]:
    prices = [price for price in (limits.low, limits.high) if price is not None]
    found = {
        "include_tags_any": limits.tags,
        "exclude_item_ids": limits.excluded,
        "price_between": prices,
        "created_after": None if limits.created_after is None else nanoseconds(limits.created_after),
    }
    return {name: value for name, value in found.items() if value}
