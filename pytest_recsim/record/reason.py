"""Why something could not be measured: a sentence that carries its cause and the next step as values beside it."""

from __future__ import annotations

from typing import Self


class Reason(str):
    """A sentence, or the end of one; empty where nothing stood in the way.

    It goes through judging as the text that it is. Files hold the three apart, because no reader should have to find the
    cause in the words.

    Attributes:
        cause: name of what stood in the way, a key of ``CAUSES``; empty for what nobody has named.
        next_step: what to do about it, an imperative without a full stop; empty where nothing is known.
    """

    __slots__ = ("cause", "next_step")
    cause: str
    next_step: str

    def __new__(cls, text: str = "", cause: str = "", next_step: str = "") -> Self:
        """Take over what a text already carries, where nothing else is given."""
        reason = super().__new__(cls, text)
        known = text if isinstance(text, Reason) else None
        reason.cause = cause or (known.cause if known else "")
        reason.next_step = next_step or (known.next_step if known else "")
        return reason


def more_users(count: int) -> str:
    """``1 more user``, ``1,200 more users``; one at least, and no more than two digits, because it is an estimate."""
    step = 10 ** max(0, len(str(max(count, 1))) - 2)
    return "1 more user" if count <= 1 else f"{-(-count // step) * step:,} more users"


def reason_of(error: BaseException) -> Reason:
    """The reason that an exception carries, with its values."""
    said = error.args[0] if error.args else ""
    return Reason(said if isinstance(said, str) else str(error))
