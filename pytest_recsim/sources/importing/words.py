"""Event words: what other systems call a view, a click, an add, a purchase, a return."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.few import first_few
from pytest_recsim.sources.importing.ids import encode

RETURN = "return"
SYNONYMS = {
    "view": "view views viewed pageview pageviews detail detailview productview viewitem itemview visit visited browse "
    "browsed pv ansicht angesehen aufruf produktansicht gesehen",
    "click": "click clicks clicked clickitem select selected selectitem tap klick klicks geklickt",
    "add": "add added addtocart cart basket addtobasket tocart addcart addedtocart fav favorite favourite wishlist "
    "addtowishlist bookmark warenkorb indenwarenkorb merkzettel",
    "purchase": "purchase purchases purchased buy buys bought order ordered orders transaction transactions sale sold paid "
    "conversion kauf gekauft bestellung bestellt",
    "custom": "custom",
    RETURN: "return returned returns refund refunded chargeback retoure retour storno storniert rückgabe erstattung",
}
CHOICES = ("error", "drop", "custom")
SHOWN = 8
_CODE = {word: name for name, words in SYNONYMS.items() for word in words.split()}


def meaning(word: str) -> str | None:
    """Return what a word means: the name of an event type, ``return``, or None."""
    return _CODE.get("".join(char for char in word.lower() if char.isalnum()))


def telling(words: list[str]) -> bool:
    """Whether these are event words, so that a column of them is one of events."""
    known = sum(meaning(word) is not None for word in words)
    return 0 < known >= len(words) / 2


def event_types(
    name: str, column: pl.Series, given: Mapping[str, str], unknown: str, notes: list[str]
) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Return code, whether it is a return, and whether the row stays, of each row.

    Args:
        name: of the file.
        column: words, or codes of a fixture (0 to 4).
        given: what words mean: word -> event type, ``return`` or ``drop``.
        unknown: what becomes of other words: ``error``, ``drop`` or ``custom``.
        notes: gets what each word was taken for, and the counts of unknown ones.

    Raises:
        InputError: unknown words, if they are an error.
    """
    found = encode(column.fill_null(""))
    texts = [*found.texts.to_list(), ""]
    code_of = found.codes.fill_null(len(texts) - 1)
    tally = np.bincount(code_of.to_numpy(), minlength=len(texts)).tolist()
    counts = {word: tally[code] for code, word in enumerate(texts) if tally[code]}
    counts = dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    taken = _taken(counts, given)
    strange = {word: count for word, count in counts.items() if word not in taken}
    if strange:
        shown = first_few([f"`{quoted(word)}` ({count:,})" for word, count in strange.items()], SHOWN)
        if unknown == "error":
            what = f"unknown event words {shown}; --unknown-events drop or custom, or name them under `events` of a mapping"
            raise InputError(Problem(f"{name}: {column.name}", what))
        done = "left out" if unknown == "drop" else "kept as custom events"
        notes.append(f"{column.name}: unknown event words {shown} {done} (--unknown-events {unknown})")
        taken |= dict.fromkeys(strange, unknown)
    told = ", ".join(
        f"`{quoted(word)}` = {meant}" for word, meant in list(taken.items())[:SHOWN] if word not in strange
    )
    if told:
        notes.append(f"{column.name}: {told}")
    meant_by = [taken.get(word) for word in texts]
    codes = [EVENT_TYPES.get("purchase" if meant == RETURN else str(meant)) for meant in meant_by]
    return (
        pl.Series(codes, dtype=pl.Int16).gather(code_of),
        pl.Series([meant == RETURN for meant in meant_by]).gather(code_of),
        pl.Series([meant != "drop" for meant in meant_by]).gather(code_of),
    )


def _taken(counts: Mapping[str, int], given: Mapping[str, str]) -> dict[str, str]:
    """Word -> meaning, of those that have one; numbers are codes where all are."""
    codes = {str(code): name for name, code in EVENT_TYPES.items()}
    coded = codes if counts.keys() <= codes.keys() else {}
    found = {word: given.get(word) or coded.get(word) or meaning(word) for word in counts}
    return {word: meant for word, meant in found.items() if meant is not None}
