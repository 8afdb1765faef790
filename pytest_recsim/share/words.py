"""Ids in other people's eyes: every id becomes a word made with a key, the same one wherever it stands."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from pytest_recsim.record.legible import legible

DIGITS = 12
SHORT = 3


def ordinary(known: str) -> bool:
    """Whether an id looks like what stands in every sentence: a bare number, or a word of one or two letters."""
    return known.isdecimal() or len(known) < SHORT


@dataclass
class Words:
    """The words of one call.

    Args:
        key: whoever has it can tell whether a word is that of an id he knows; nobody can turn a word back.
        ids: everything that has to be replaced where it stands in a text.
    """

    key: bytes
    ids: Iterable[str]
    _said: dict[str, str] = field(default_factory=dict, init=False)
    _sizes: dict[str, list[int]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for known in self.ids:
            for form in _forms(known):
                self._said.setdefault(form, known)
        sizes: dict[str, set[int]] = {}
        for form in self._said:
            sizes.setdefault(form[0], set()).add(len(form))
        self._sizes = {first: sorted(found, reverse=True) for first, found in sizes.items()}

    def word(self, known: str) -> str:
        """The word of an id."""
        return (
            "id-"
            + hmac.new(self.key, known.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:DIGITS]
        )

    def text(self, text: str, *, prose: bool = False) -> str:
        """Return the text with the word in the place of every id, the longest first, never within a longer word.

        Args:
            text: anything.
            prose: a sentence of ours that quotes no data; numbers and short words in it are no ids.
        """
        if (known := self._said.get(text)) is not None:
            return text if prose and ordinary(known) else self.word(known)
        parts, at, kept = [], 0, 0
        while at < len(text):
            size = self._hit(text, at, prose=prose)
            if size:
                parts += [text[kept:at], self.word(self._said[text[at : at + size]])]
                at = kept = at + size
            else:
                at += 1
        return "".join([*parts, text[kept:]]) if parts else text

    def _hit(self, text: str, at: int, *, prose: bool) -> int:
        """How many characters of an id begin here, 0 for none."""
        sizes = self._sizes.get(text[at])
        if sizes is None or (at and _joined(text[at - 1], text[at])):
            return 0
        for size in sizes:
            end = at + size
            if (form := text[at:end]) not in self._said or (
                end < len(text) and _joined(text[end - 1], text[end])
            ):
                continue
            known = self._said[form]
            if ordinary(known) and (prose or (known.isdecimal() and _in_number(text, at, end))):
                continue
            return size
        return 0


def _joined(left: str, right: str) -> bool:
    """Whether two neighbours belong to one word."""
    return (left.isalnum() or left == "_") and (right.isalnum() or right == "_")


def _in_number(text: str, at: int, end: int) -> bool:
    """Whether digits are a part of ``0.25`` or ``1,234``."""
    before = at > 1 and text[at - 1] in ".," and text[at - 2].isdigit()
    behind = end + 1 < len(text) and text[end] in ".," and text[end + 1].isdigit()
    return before or behind


def _forms(known: str) -> Iterator[str]:
    """The ways in which an id may be spelt: as it is, made safe to show, on one line, in a URL, in JSON, in a repr."""
    for spelt in dict.fromkeys((known, legible(known), " ".join(known.split()))):
        if spelt:
            yield from (
                spelt,
                json.dumps(spelt)[1:-1],
                json.dumps(spelt, ensure_ascii=False)[1:-1],
                repr(spelt)[1:-1],
            )
            yield quote(spelt.encode("utf-8", "surrogatepass"), safe="")
