"""Which ids a record may speak of: those of the data set that was seeded, and those of the lists that came back."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.data.input.files import packaged, shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.asked import same_data
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.reading import read_bounded

DUMP = "recommendation_dump.jsonl.gz"
_NAMED = re.compile(rb'"(?:user_id|item_id)":"((?:[^"\\]|\\.)*)"')


def ids_of(bundle: Bundle, facts: dict[str, Any], fixtures: Sequence[Path]) -> set[str]:
    """Return all user ids and item ids that may stand anywhere in a record.

    Args:
        bundle: whose record.
        facts: of its metadata.
        fixtures: files that may be its data set, as the user named them.

    Raises:
        InputError: the data set is not there or is another one; without it an id could stay in a sentence.
    """
    fixture = _data_set(bundle, facts, fixtures)
    mine = {item.item_id for item in fixture.items} | {user.user_id for user in fixture.users}
    return mine | set(_listed(bundle))


def _data_set(bundle: Bundle, facts: dict[str, Any], fixtures: Sequence[Path]) -> Fixture:
    said = facts.get("fixture") or {}
    name, known = str(said.get("path", "")), (str(said.get("sha256", "")), str(said.get("file_sha256", "")))
    guessed = [path for path in (Path(name), packaged(name)) if path.exists()] if name else []
    for path in (*fixtures, *guessed):
        try:
            fixture = load_fixture(path)
        except InputError:
            if path in fixtures:
                raise
            continue
        if same_data((fixture.sha256, fixture.file_sha256), known):
            return fixture
    what = f"the data set that was seeded, `{name}`, is not there or has changed; must be named with --fixture-path, "
    raise InputError(Problem(shown(bundle.root), f"{what}so that no id of it stays in a sentence"))


def _listed(bundle: Bundle) -> Iterator[str]:
    """Ids in the lists: a service may recommend what was never seeded."""
    path = bundle.artifacts / DUMP
    try:
        data = gzip.decompress(read_bounded(path)) if path.is_file() else b""
    except (OSError, EOFError, zlib.error):
        return  # it is not sent, and what it holds besides is in the data set
    for found in set(_NAMED.findall(data)):
        yield json.loads(b'"' + found + b'"')
