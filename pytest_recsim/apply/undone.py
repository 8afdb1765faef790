"""What became of taking a change back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_recsim.data.profiles.documents import Difference

AGAIN = "The next run with this reports folder, or `recsim restore`, tries again."
DECIDE = "`recsim restore --overwrite` brings back what was there before the run, `--keep` accepts what is there now."


@dataclass(frozen=True)
class Undone:
    """How taking back ended.

    Attributes:
        notes: what somebody may want to know; all is well all the same.
        failed: what is not as it was before the run and may be after another try, one sentence each.
        unnamed: what is not as it was because this command does not name it; the sentence names one that does.
        contested: what others have changed too, so that somebody has to decide.
    """

    notes: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    contested: tuple[str, ...] = ()

    @property
    def left(self) -> tuple[str, ...]:
        """What is not as it was, with what to do; the note of the change stays while there is any."""
        return (
            *(f"{sentence} {AGAIN}" for sentence in self.failed),
            *self.unnamed,
            *(f"{sentence} {DECIDE}" for sentence in self.contested),
        )

    def and_then(self, other: Undone) -> Undone:
        return Undone(
            (*self.notes, *other.notes),
            (*self.failed, *other.failed),
            (*self.unnamed, *other.unnamed),
            (*self.contested, *other.contested),
        )


def listed(differences: Iterable[Difference]) -> str:
    return "; ".join(map(str, differences))
