"""Segments by rules: ``new_users: events < 5``, from what users did before the split and from nothing after it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.names import wrong_name
from pytest_recsim.data.input.problems import InputError, Problem, nearest

DEFAULT = ("new_users: events < 5", "power_users: events in top 20%", "regular_users")
REST = "other_users"
DAY = 86_400_000_000
COUNTED: Mapping[str, pl.Expr] = {
    "events": pl.len(),
    "items": pl.col("item").n_unique(),
    "days": (pl.col("ts") // DAY).n_unique(),
    "age_days": (pl.col("cut").first() - pl.col("ts").min()) / DAY,
    "idle_days": (pl.col("cut").first() - pl.col("ts").max()) / DAY,
    "value": pl.col("value").sum(),
    **{f"{name}s": (pl.col("type") == code).sum() for name, code in EVENT_TYPES.items()},
}
"""What a rule may ask of a user's events before the split."""
FORM = "NAME: FIELD < 5, NAME: FIELD in top 10%, NAME: TRAIT = text, several joined by `and`, or NAME alone for all others"
_NUMBER = re.compile(r"(\w+)\s*(<=|>=|<|>|=)\s*([0-9]+(?:\.[0-9]+)?)")
_SHARE = re.compile(r"(\w+)\s+in\s+(top|bottom)\s+([0-9]+(?:\.[0-9]+)?)\s*%")
_TEXT = re.compile(r"(.+?)\s*=\s*(.+)")


@dataclass(frozen=True)
class Rule:
    """A segment and what its users have in common; without conditions it is for all others."""

    name: str
    conditions: tuple[tuple[str, str, str], ...]


def parse(texts: Sequence[str], traits: Sequence[str]) -> tuple[Rule, ...]:
    """Read rules; the first that holds decides.

    Args:
        texts: ``NAME: CONDITION [and CONDITION]``; a condition is ``FIELD < 5`` (or <=, >, >=, =), ``FIELD in top 10%``
            (or ``bottom``) or ``TRAIT = text``.
        traits: columns of the table of users.

    Raises:
        InputError: a rule is not one.
    """
    return tuple(_rule(text, traits) for text in texts)


def _rule(text: str, traits: Sequence[str]) -> Rule:
    if not isinstance(text, str):
        raise _wrong(str(text), "is no text")
    name, colon, rest = text.partition(":")
    name = name.strip()
    if wrong := wrong_name(name):
        raise _wrong(text, f"the name is {wrong}")
    parts = re.split(r"\s+and\s+", rest.strip()) if colon else []
    return Rule(name, tuple(_condition(text, part.strip(), traits) for part in parts))


def _condition(text: str, part: str, traits: Sequence[str]) -> tuple[str, str, str]:
    for form in (_NUMBER, _SHARE):
        if (found := form.fullmatch(part)) and found[1] in COUNTED:
            field, how, number = found.groups()
            if form is _SHARE and not 0 < float(number) <= 100:
                raise _wrong(text, f"{number}% is no share")
            return field, how, number
    if (found := _TEXT.fullmatch(part)) and found[1] in traits:
        return found[1], "is", found[2].strip("\"'")
    word = re.split(r"\W", part)[0]
    fields = [*COUNTED, *traits]
    hint = nearest(word, fields) if word not in fields else ""
    raise _wrong(text, f"`{quoted(part)}` is no condition{hint}; fields are {', '.join(fields)}")


def _wrong(text: str, what: str) -> InputError:
    return InputError(Problem(f"segment `{quoted(text)}`", f"{what}; must be {FORM}"))


def cut_us(times: pl.Series, window_days: float | None) -> tuple[int, int]:
    """Return begin and cut of what is seeded, as a run splits: number ceil(3/4 n) in order of time.

    Args:
        times: Int64[n], microseconds, ascending.
        window_days: None = all.
    """
    begin = int(times[0]) if window_days is None else int(times[-1]) - round(window_days * DAY)
    start = int(times.search_sorted(begin, side="left"))
    count = len(times) - start
    return begin, int(times[start + (3 * count + 3) // 4 - 1])


def assign(
    rules: Sequence[Rule], events: pl.DataFrame, users: pl.DataFrame, window_days: float | None
) -> pl.Series:
    """Return the segment of every user.

    Args:
        rules: in order; users that none is for are ``other_users``.
        events: ``user`` (code), ``item``, ``ts`` (Int64 microseconds, ascending), ``type``, perhaps ``value``.
        users: ``user`` (code), ``user_id`` and traits, one row per user.
        window_days: of the simulation.
    """
    known = _known(rules, events, users, window_days)
    chosen = pl.lit(None, pl.String)
    for rule in rules:
        holds = pl.lit(value=True)
        for condition in rule.conditions:
            holds = holds & _holds(condition)
        chosen = chosen.fill_null(pl.when(holds).then(pl.lit(rule.name)))
    return known.with_columns(segment=chosen.fill_null(REST))["segment"]


def _known(
    rules: Sequence[Rule], events: pl.DataFrame, users: pl.DataFrame, window_days: float | None
) -> pl.DataFrame:
    wanted = {field for rule in rules for field, how, _ in rule.conditions if how != "is"} | {"events"}
    traits = {field for rule in rules for field, how, _ in rule.conditions if how == "is"}
    base = users.select(
        "user", "user_id", *(pl.col(name).cast(pl.String).alias(f"trait {name}") for name in traits)
    )
    if events.is_empty():
        return base.with_columns(pl.lit(0).alias(name) for name in wanted)
    begin, cut = cut_us(events["ts"], window_days)
    start = int(events["ts"].search_sorted(begin, side="left"))
    end = int(events["ts"].search_sorted(cut, side="right"))
    seeded = events.lazy().slice(start, end - start).with_columns(cut=pl.lit(cut))
    seeded = seeded.with_columns(
        value=pl.col("value").fill_null(1.0) if "value" in events.columns else pl.lit(1.0)
    )
    if wanted == {"events"}:  # counted without looking for groups
        users_of = events["user"].slice(start, end - start).to_numpy()
        counts = np.bincount(users_of, minlength=int(base["user"].to_numpy().max(initial=0)) + 1)
        return base.with_columns(events=pl.Series(counts).gather(base["user"]).cast(pl.UInt32))
    found = seeded.group_by("user").agg(COUNTED[name].alias(name) for name in sorted(wanted)).collect()
    return base.join(found, on="user", how="left", maintain_order="left").with_columns(
        pl.col(name).fill_null(float("inf") if name == "idle_days" else 0) for name in wanted
    )


def _holds(condition: tuple[str, str, str]) -> pl.Expr:
    field, how, value = condition
    if how == "is":
        return (pl.col(f"trait {field}") == value).fill_null(value=False)
    here, number = pl.col(field), float(value)
    if how in {"top", "bottom"}:
        active = pl.col("events") > 0
        order = pl.struct(here.cast(pl.Float64) * (-1 if how == "top" else 1), "user_id").rank("ordinal")
        place = pl.when(active).then(order.over(active))
        return (place <= (number / 100 * active.sum()).floor()).fill_null(value=False)
    return {
        "<": here < number,
        "<=": here <= number,
        ">": here > number,
        ">=": here >= number,
        "=": here == number,
    }[how]
