"""From tables to a fixture: doubtful rows decided, ids checked, segments given, all in one order of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.pace import Progress, paced, silent
from pytest_recsim.record.jsonio import Buffer
from pytest_recsim.sources.importing import check, output
from pytest_recsim.sources.importing.choices import Choices
from pytest_recsim.sources.importing.decide import doubled, of_nobody, returns, told
from pytest_recsim.sources.importing.entries import (
    Listed,
    item_entries,
    listed_items,
    listed_users,
    user_entries,
)
from pytest_recsim.sources.importing.ids import Ids, encode
from pytest_recsim.sources.importing.order import in_time
from pytest_recsim.sources.importing.people import sample, words
from pytest_recsim.sources.importing.segments import DEFAULT, assign, parse
from pytest_recsim.sources.importing.tables import Tables
from pytest_recsim.sources.writer import write_bytes


@dataclass(frozen=True)
class Built:
    """A fixture that is ready to be written.

    Attributes:
        meta: of the fixture; its ``notes`` are ``notes``.
        notes: sentences of what was recognised, decided and counted.
        counts: how many items, users and events.
        lists: each as JSON objects with commas between them, in pieces.
    """

    meta: Mapping[str, Any]
    notes: tuple[str, ...]
    counts: Mapping[str, int]
    lists: Mapping[str, Sequence[Buffer]]

    @property
    def json(self) -> bytes:
        """The fixture as one JSON file."""
        return b"".join(output.document(self.meta, self.lists))

    def document(self) -> dict[str, Any]:
        """The fixture as plain data, as the generator makes it."""
        return dict(msgspec.json.decode(self.json))

    def write(self, path: Path, *, force: bool = False) -> None:
        """Write it, whole or not at all; ``InputError`` where that cannot be."""
        write_bytes(output.document(self.meta, self.lists), path, force=force)


def build(tables: Tables, choices: Choices | None = None, progress: Progress = silent) -> Built:
    """Make a fixture of tables.

    Args:
        tables: as an importer read them.
        choices: what is done with doubtful rows, segments, sample; None = as documented.
        progress: hears how far it is.

    Raises:
        InputError: rows that cannot be used, each by its line, or choices that contradict each other.
    """
    with paced(progress, "making the fixture"):
        return _Making(tables, choices or Choices()).built()


class _Making:
    """One fixture in the making; the notes grow along the way."""

    def __init__(self, tables: Tables, choices: Choices) -> None:
        choices.check()
        self.tables, self.choices, self.notes = tables, choices, list(tables.notes)

    def built(self) -> Built:
        events, users, items = self._events()
        item_list, items, events = listed_items(self.tables, events, items, self.choices, self.notes)
        user_list, users = listed_users(self.tables, events, users, self.notes)
        if events.is_empty():
            why = "; ".join(self.notes[len(self.tables.notes) :])
            what = f"no event is left; at least one is needed{f' ({why})' if why else ''}"
            raise InputError(Problem(self.tables.names.get("interactions", ""), what))
        user_list, events = self._people(user_list, events)
        item_list = self._used(item_list, events)
        return self._written(item_list, user_list, items, users, events)

    def _events(self) -> tuple[pl.DataFrame, Ids, Ids]:
        """Rows as numbers, in order of time, those of nobody and what came back already decided."""
        frame = self.tables.interactions
        with ThreadPoolExecutor(2) as pool:
            users, items = pool.map(encode, (frame["user_id"], frame["item_id"]))
        for kind, ids in (("user", users), ("item", items)):
            if ids.trimmed:
                self.notes.append(
                    f"{told(ids.trimmed, f'{kind} id')} had blanks at an end, which were taken off"
                )
        rows = frame["row"] if "row" in frame.columns else pl.Series(range(1, len(frame) + 1), dtype=pl.Int64)
        events = frame.drop("user_id", "item_id", "row", strict=False).with_columns(
            user=users.codes, item=items.codes, row=rows
        )
        events, users = of_nobody(self.tables, events, users, self.choices, self.notes)
        check.check_events(self.tables, events)
        for kind, ids in (("user", users), ("item", items)):
            check.check_ids(self.tables, events, kind, ids)
        events = returns(events, self.choices, self.notes).drop("returned", strict=False)
        events = events.with_columns(pl.col("ts").dt.epoch("us"))
        return doubled(in_time(events), self.choices, self.notes), users, items

    def _people(self, listed: Listed, events: pl.DataFrame) -> tuple[Listed, pl.DataFrame]:
        """Segments, and the sample; segments are given again to a sample, which is split elsewhere in time."""
        named = self._segmented(listed, events, say=self.choices.sample_users is None)
        if self.choices.sample_users is None:
            return named, events
        segments = named.frame["segment"]
        kept = sample(listed.frame["user_id"], segments, self.choices.sample_users, self.choices.seed)
        chosen = replace(listed, frame=listed.frame.filter(kept))
        events = events.join(chosen.frame.select("user"), on="user", how="semi", maintain_order="left")
        self.notes.append(
            f"{told(len(chosen.frame), 'user')} of {len(listed.frame):,} drawn, each segment in proportion "
            f"(seed {self.choices.seed}); {told(len(events), 'event')} of theirs"
        )
        if events.is_empty():
            raise InputError(Problem("sample_users", "the users that were drawn have no events; draw more"))
        return self._segmented(chosen, events, say=True), events

    def _segmented(self, listed: Listed, events: pl.DataFrame, *, say: bool) -> Listed:
        frame, column = listed.frame, self.choices.segment_column
        own = {"user", "user_id", "row"}
        traits = [name for name, kind in frame.schema.items() if name not in own and not kind.is_nested()]
        if column is None and not self.choices.segments and "segment" in listed.traits:
            column = "segment"
        if column is not None:
            return replace(
                listed, frame=frame.with_columns(segment=self._by_column(frame, column, traits, say=say))
            )
        rules = self.choices.segments or DEFAULT
        traits = [name for name in listed.traits if not frame[name].dtype.is_nested()]
        named = assign(parse(rules, traits), events, frame, self.choices.window_days)
        if say:
            origin = (
                "" if self.choices.segments else " (the default; --segment and --segment-column give others)"
            )
            self.notes.append(
                f"segments by rules, from the first 75 % of the events: {'; '.join(rules)}{origin}"
            )
        return replace(listed, frame=frame.with_columns(segment=named))

    def _by_column(self, frame: pl.DataFrame, column: str, traits: list[str], *, say: bool) -> pl.Series:
        if column not in traits:
            found = ", ".join(traits) or "none"
            raise InputError(
                Problem("segment_column", f"`{column}` is no column of the table of users; found {found}")
            )
        named = frame[column].cast(pl.String).str.strip_chars()
        none = named.is_null() | (named == "")
        if say:
            without = f"; {told(int(none.sum()), 'user')} without one are `unknown`" if none.any() else ""
            self.notes.append(f"segments from the column `{column}` of the table of users{without}")
        return named.set(none, "unknown")

    def _used(self, listed: Listed, events: pl.DataFrame) -> Listed:
        """Without a table of items, only what somebody of a sample met."""
        if self.choices.sample_users is None or listed.traits or self.tables.items is not None:
            return listed
        return replace(
            listed,
            frame=listed.frame.join(
                events.select("item").unique(), on="item", how="semi", maintain_order="left"
            ),
        )

    def _written(
        self, items: Listed, users: Listed, item_ids: Ids, user_ids: Ids, events: pl.DataFrame
    ) -> Built:
        if self.choices.key is not None:
            users, user_ids = self._hidden(users, user_ids)
            events = events.drop("source_event_id", "meta", strict=False)
        lists: dict[str, Sequence[Buffer]] = {
            "items": [item_entries(self.tables, items)],
            "users": [user_entries(self.tables, users)],
            "events": output.events_json(events, user_ids.texts, item_ids.texts),
        }
        counts = {"items": len(items.frame), "users": len(users.frame), "events": len(events)}
        meta = {**self.tables.meta, "notes": self.notes}
        return Built(meta, tuple(self.notes), counts, lists)

    def _hidden(self, users: Listed, ids: Ids) -> tuple[Listed, Ids]:
        """Words in the place of ids of users, of whom nothing but the segment is kept."""
        texts = pl.Series(words(ids.texts.to_list(), self.choices.key or b""), dtype=pl.String)
        self.notes.append("ids of users are words made with a key, of their traits only the segment is kept")
        frame = users.frame.select("user", "segment", user_id=texts.gather(users.frame["user"]))
        return Listed(frame, ()), Ids(texts, ids.codes)
