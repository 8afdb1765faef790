"""docs/tutorial.md works as it stands there, and its terminal says what the page says."""

from __future__ import annotations

import pytest
from tutorial.tutorial_run import BLOCK, COMMAND, PAGE, renewed, timeless


@pytest.mark.long
def test_the_tutorial_leads_from_an_export_to_a_verdict_and_its_output_is_current(tmp_path):
    text = PAGE.read_text(encoding="utf-8")
    assert timeless(renewed(text, tmp_path)) == timeless(text), "python tests/tutorial/tutorial_run.py"
    assert "Do not go live" in text
    assert "Ready to go live" in text


def test_every_block_of_the_tutorial_is_a_command_with_its_output():
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) >= 7
    assert all(block.startswith("$ ") for block in blocks)
    assert sum(len(COMMAND.findall(block)) for block in blocks) >= 10
