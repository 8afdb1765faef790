"""What an older revision in use (November 2025) does otherwise: its pool, its scale of signals, no validation (contract 18).

Signals are shares of the request's largest one instead of saturated, similarity is the embedding alone, and a candidate
that content or the session offers brings its count in the place of popularity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_recsim.standin.ranking.arrays import Extra, Floats, Ints
    from pytest_recsim.standin.settings.knobs import Knobs

_LEAST_RESERVED = 20
BLEND = ("pop", "cooc", "als")


class Words(NamedTuple):
    """How the explain block names the three signals: normalised, and as contributions and raw numbers."""

    norms: tuple[str, str, str]
    triple: tuple[str, str, str]


WORDS = Words(("pop_norm", "cooc_norm", "emb_norm"), ("pop", "cooc", "emb"))


def merged(items: Ints, pop: Floats, extras: Sequence[Extra], least: int) -> tuple[Ints, Floats]:
    """Fill the pool: popularity but for its last places, the best of the others, the last places from the end."""
    room, reserved = max(len(items), least), min(max(len(items) // 4, _LEAST_RESERVED), len(items))
    kept = len(items) - reserved
    others, counts = _best_first(extras)
    most = min(reserved, room - kept)
    others, counts = others[:most], counts[:most]
    back = slice(kept, None)
    found = np.concatenate([items[:kept], others, items[back][::-1]])[:room]
    return found, np.concatenate([pop[:kept], counts, pop[back][::-1]])[:room]


def _best_first(extras: Sequence[Extra]) -> tuple[Ints, Floats]:
    """Return what the sources offer, one after the other, each by count and then by id; the first offer counts."""
    offers: dict[int, float] = {}
    for extra in extras:
        order = np.lexsort((extra.items, -extra.signal))
        for item, count in zip(extra.items[order].tolist(), extra.signal[order].tolist(), strict=True):
            offers.setdefault(item, count)
    return np.array(list(offers), np.int64), np.array(list(offers.values()), np.float64)


def share_of_largest(values: Floats) -> Floats:
    largest = float(values.max(initial=0.0))
    return values / largest if largest > 0 else np.zeros(len(values))


def usable(knobs: Knobs, not_negative: Sequence[str]) -> Knobs:
    """Return knobs that can be ranked with, whatever was asked for: nobody is refused."""
    return msgspec.structs.replace(knobs, **{name: max(getattr(knobs, name), 0) for name in not_negative})
