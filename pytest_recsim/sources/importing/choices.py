"""What whoever imports has decided; every choice is counted where it does something."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_recsim.data.input.problems import InputError, Problem, nearest

ALLOWED = {
    "returns": ("drop", "cancel", "keep"),
    "guests": ("drop", "each", "error"),
    "delisted": ("unavailable", "keep", "drop", "error"),
    "no_item": ("error", "drop"),
    "duplicates": ("keep", "drop"),
}

KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "sample_users": (int, "a whole number"),
    "seed": (int, "a whole number"),
    "window_days": ((int, float), "a number of days"),
    "key": (bytes, "bytes"),
    "segments": ((list, tuple), "a list of rules"),
}


@dataclass(frozen=True)
class Choices:
    """How doubtful rows are treated, who belongs to which segment, and who is left out.

    Attributes:
        returns: what came back (a negative value, or an event word such as ``refund``): ``drop`` leaves the return
            out; ``cancel`` also leaves out the newest purchase of that user and item before it; ``keep`` keeps it as a
            purchase with a negative value.
        guests: events without a user: ``drop`` leaves them out; ``each`` makes each one a user of its own,
            ``guest-LINE``; ``error`` refuses them.
        delisted: events on items that the table of items does not list: ``unavailable`` lists the item as not available,
            ``keep`` as available, ``drop`` leaves the events out, ``error`` refuses them.
        no_item: events without an item: ``error`` or ``drop``.
        duplicates: rows that equal an earlier one in user, item, time, type and value: ``keep`` or ``drop``.
        segments: rules, see ``segments.parse``; () = the default ones.
        segment_column: a trait that is the segment.
        window_days: the window that the simulation will use; segments are made from the first 75 % of its events.
        key: ids of users become words made with it; None = they stay as they are.
        sample_users: about how many users to keep, each segment in proportion; None = all.
        seed: of the sample.
    """

    returns: str = "drop"
    guests: str = "drop"
    delisted: str = "unavailable"
    no_item: str = "error"
    duplicates: str = "keep"
    segments: tuple[str, ...] = ()
    segment_column: str | None = None
    window_days: float | None = None
    key: bytes | None = None
    sample_users: int | None = None
    seed: int = 1

    def check(self) -> None:
        """Raise ``InputError`` for a choice that there is not."""
        for name, allowed in ALLOWED.items():
            given = getattr(self, name)
            if given not in allowed:
                hint = nearest(str(given), allowed)
                raise InputError(Problem(name, f"`{given}`: must be one of {', '.join(allowed)}{hint}"))
        for name, (kinds, must) in KINDS.items():
            given = getattr(self, name)
            if given is not None and (not isinstance(given, kinds) or isinstance(given, bool)):
                raise InputError(Problem(name, f"{given!r}: must be {must}"))
        if self.sample_users is not None and self.sample_users < 1:
            raise InputError(Problem("sample_users", f"{self.sample_users}: must be at least 1"))
        if self.window_days is not None and not 0 < self.window_days < 100_000:
            raise InputError(
                Problem("window_days", f"{self.window_days:g}: must be above 0 and below 100000")
            )
        if self.segments and self.segment_column:
            raise InputError(
                Problem("segments", "rules and a column contradict each other; give one of them")
            )
