"""Intra-list similarity: how alike the items of one list are, by their tags."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORD_BITS = 64
BLOCK_USERS = 2048
MOST_BITS = 1024
"""Distinct tags up to which sets are bits: beyond, an item has almost none of the bits, and every list would pay for all."""


def similarity_of_tags(
    lists: NDArray[np.int32],
    item: NDArray[np.integer],
    tag: NDArray[np.integer],
    n_items: int,
    n_tags: int,
    k: int = 10,
) -> NDArray[np.float64]:
    """``intra_list_similarity`` of lists in a catalogue where item ``item[j]`` carries tag number ``tag[j]``, in whichever way is cheaper."""
    if n_tags <= MOST_BITS:
        return intra_list_similarity(lists, pack_tags(item, tag, n_items, n_tags), k)
    return by_list(lists, item, tag, n_items, n_tags, k)


def by_list(
    lists: NDArray[np.int32],
    item: NDArray[np.integer],
    tag: NDArray[np.integer],
    n_items: int,
    n_tags: int,
    k: int = 10,
) -> NDArray[np.float64]:
    """The same numbers, list by list: a list costs as much as its items have tags, whatever other items have."""
    pairs = np.unique(item.astype(np.int64) * n_tags + tag)
    codes = pairs % n_tags
    ends = np.searchsorted(pairs, np.arange(n_items + 1, dtype=np.int64) * n_tags)
    carried = [codes[start:end] for start, end in pairwise(ends.tolist())]
    found = [_similarity([carried[one] if one >= 0 else None for one in row[:k].tolist()]) for row in lists]
    return np.array(found, dtype=np.float64)


def _similarity(slots: list[NDArray[np.int64] | None]) -> float:
    """Of one list, summed in the order of ``_block_similarity``; None is a slot without a known item."""
    known = sum(slot is not None for slot in slots)
    if known < 2:
        return float("nan")
    sets = [np.empty(0, dtype=np.int64) if slot is None else slot for slot in slots]
    names, local = np.unique(np.concatenate(sets), return_inverse=True)
    sizes = np.array(list(map(len, sets)))
    has = np.zeros((len(sets), len(names)))
    has[np.repeat(np.arange(len(sets)), sizes), local] = 1.0
    common = has @ has.T
    alike = common / np.maximum(sizes[:, None] + sizes[None, :] - common, 1)
    total = 0.0
    for shift in range(1, len(sets)):
        total += sum(np.diagonal(alike, shift).tolist())
    return total / (known * (known - 1) / 2)


def pack_tags(
    item: NDArray[np.integer], tag: NDArray[np.integer], n_items: int, n_tags: int
) -> NDArray[np.uint64]:
    """Tag sets as bits, ``uint64[I, W]``: item ``item[j]`` carries tag number ``tag[j]``."""
    words = np.zeros((n_items, max(1, -(-n_tags // WORD_BITS))), dtype=np.uint64)
    bit = np.left_shift(np.uint64(1), (tag % WORD_BITS).astype(np.uint64))
    np.bitwise_or.at(words, (item, tag // WORD_BITS), bit)
    return words


def intra_list_similarity(
    lists: NDArray[np.int32], tag_bits: NDArray[np.uint64], k: int = 10
) -> NDArray[np.float64]:
    """Mean Jaccard similarity of all pairs in the first k, ``float64[U]``.

    A pair in which a tag set is empty has similarity 0, also when both are. Lists with fewer than two known
    items are NaN. Source: Ziegler et al., WWW 2005, with Jaccard as the similarity.
    """
    result = np.full(len(lists), np.nan)
    nothing = np.zeros((1, tag_bits.shape[1]), dtype=np.uint64)
    words = np.ascontiguousarray(np.concatenate([tag_bits, nothing]).T)
    for start in range(0, len(lists), BLOCK_USERS):
        block = lists[start : start + BLOCK_USERS, :k]
        result[start : start + BLOCK_USERS] = _block_similarity(block, words)
    return result


def _block_similarity(block: NDArray[np.int32], words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Slot s is compared with slot s + 1, then s + 2, ...: every pair once, all users at a time.

    Arrays are ``[slot, user]``, so that the long axis is contiguous, one per 64-bit word. Slots without a
    known item look up the last row of ``words``, which has no bits, and so add nothing to the sum; the number
    of pairs comes from the number of known items.
    """
    known = block >= 0
    slots = np.where(known, block, -1).T
    bits = [word[slots] for word in words]
    sizes = np.zeros(slots.shape, dtype=np.int32)
    for word in bits:
        sizes += np.bitwise_count(word)
    total = np.zeros(len(block))
    for shift in range(1, len(slots)):
        common = np.zeros((len(slots) - shift, len(block)), dtype=np.int32)
        for word in bits:
            common += np.bitwise_count(word[shift:] & word[:-shift])
        either = sizes[shift:] + sizes[:-shift] - common
        total += (common / np.maximum(either, 1)).sum(axis=0)
    filled = np.count_nonzero(known, axis=1)
    pairs = filled * (filled - 1) / 2
    result = np.full(len(block), np.nan)
    np.divide(total, pairs, out=result, where=pairs > 0)
    return result
