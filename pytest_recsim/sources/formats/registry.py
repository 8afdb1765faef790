"""The named layouts: a new one is a module with ``read(source)`` beside this one, a line here, a section of docs/importers.md."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_recsim.sources.formats.source import Source
    from pytest_recsim.sources.importing.tables import Tables


@dataclass(frozen=True)
class Kind:
    """A layout that is read by name.

    Attributes:
        key: what people type.
        title: what it is.
        source: what they name with it.
        mapping: what becomes of it, in a sentence.
        example: of a SOURCE.
    """

    key: str
    title: str
    source: str
    mapping: str
    example: str

    def read(self, source: Source) -> Tables:
        """Read a source; ``InputError`` says what in it cannot be used."""
        from pytest_recsim.data.fixtures.fixture import collector_paused

        module = import_module(f"pytest_recsim.sources.formats.{self.key.replace('-', '_')}")
        with collector_paused():
            tables: Tables = module.read(source)
        return tables


KINDS = {
    kind.key: kind
    for kind in (
        Kind(
            "recbole",
            "RecBole's atomic files",
            "a folder with NAME.inter, or that file",
            "Ratings become events by their stars, features of items and users fields, props and traits.",
            "dataset/ml-100k",
        ),
        Kind(
            "movielens",
            "a MovieLens archive",
            "the unpacked archive, from 100K to 32M",
            "Ratings become events by their stars, genres tags, and what people like their segment.",
            "ml-latest-small",
        ),
        Kind(
            "mind",
            "Microsoft's news data set MIND",
            "a folder with behaviors.tsv and news.tsv, or with such folders",
            "Clicked articles become clicks; what was only shown, and histories without times, are left out.",
            "MINDsmall_train",
        ),
        Kind(
            "retailrocket",
            "Retailrocket's shop",
            "a folder with events.csv, item_properties_part*.csv, category_tree.csv",
            "Views, adds and transactions; of an item what the seeded part may know of it.",
            "retailrocket",
        ),
        Kind(
            "amazon",
            "Amazon's reviews of 2018 or 2023",
            "a file of reviews with meta_... beside it, or a folder of both",
            "Reviews become events by their stars, products items.",
            "Video_Games.jsonl.gz",
        ),
        Kind(
            "yoochoose",
            "YOOCHOOSE's sessions (RecSys Challenge 2015)",
            "a folder with yoochoose-clicks.dat and yoochoose-buys.dat",
            "Clicks and purchases; every session is a user.",
            "yoochoose-data",
        ),
        Kind(
            "gorse",
            "Gorse's export, or a running Gorse",
            "a folder with its export (users, items, feedback), or the URL of a server",
            "Feedback becomes events by its type, categories and labels tags, props and traits.",
            "http://127.0.0.1:8087",
        ),
        Kind(
            "recsys-eval",
            "the exposure and outcome logs of recsys-eval",
            "a folder with exposures.jsonl and outcomes.jsonl",
            "Clicks and conversions become clicks and purchases; exposures tell users and items.",
            "logs",
        ),
        Kind(
            "service",
            "a namespace of a running Recsys service",
            "the URL of a running Recsys service",
            "Items, users and events of a namespace as they are, without records of our own.",
            "https://recsys.example",
        ),
    )
}
