"""However a run ends, the service is what it was, or a note and one `recsim restore` make it so."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from ends.ends_page import page
from ends.ends_play import ENDS, MODES, SHAPES, draw
from ends.ends_run import run_all

DOCS = Path(__file__).parents[2] / "docs"
ENDED = json.loads((DOCS / "ends.json").read_text(encoding="utf-8"))


def test_the_page_of_ends_is_made_from_its_json():
    assert (DOCS / "ends.md").read_text(encoding="utf-8") == page(ENDED)


def test_what_was_counted_rests_on_enough_runs_of_every_kind_and_has_no_exception():
    assert ENDED["runs"] >= 300
    assert ENDED["exceptions"] == 0
    kinds = Counter((row["mode"], row["end"]) for row in ENDED["rows"])
    assert len(kinds) == len(MODES) * len(ENDS) - 2, "an embedded stand-in is another process"
    assert min(kinds.values()) >= ENDED["runs"] // 40
    shapes = Counter(row["shape"] for row in ENDED["rows"])
    assert min(shapes[shape] for shape in SHAPES) >= ENDED["runs"] // 4
    assert Counter(row["kept"] for row in ENDED["rows"])["note"] >= ENDED["runs"] // 20, "notes were needed"


def test_the_runs_behind_the_page_would_be_drawn_again():
    again = draw(ENDED["runs"], ENDED["seed"])
    assert [case.moment for case in again] == [row["moment"] for row in ENDED["rows"]]


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_a_tenth_of_the_runs_again_with_other_dice(tmp_path):
    played = run_all(draw(38, 7), 2, tmp_path, tmp_path / "log.jsonl")
    assert [one for one in played if one.wrong] == []
    assert len({one.phase for one in played}) >= 3, "the moments are spread over a run's life"
