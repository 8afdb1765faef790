"""Words for ids: whole words only, the longest first, and numbers stay numbers."""

from __future__ import annotations

import pytest

from pytest_recsim.share.words import Words


@pytest.fixture
def words():
    return Words(b"key", ["ann", "ann-2", "7", "12345", "é"])


def test_the_longest_id_wins_and_a_part_of_a_word_is_none(words):
    one, two = words.word("ann"), words.word("ann-2")
    assert words.text("ann, ann-2, annual, joann and ann_x") == f"{one}, {two}, annual, joann and ann_x"


def test_a_number_within_a_number_is_no_id(words):
    assert words.text("0.7, 7.5, 1,7 and 12,345") == "0.7, 7.5, 1,7 and 12,345"
    assert words.text("7: 3") == f"{words.word('7')}: 3"


def test_short_and_bare_ids_are_left_in_sentences_that_quote_no_data(words):
    assert words.text("7 of 12345 lists, ann", prose=True) == f"7 of 12345 lists, {words.word('ann')}"
    assert words.text("7", prose=True) == "7"
    assert words.text("7") == words.word("7")


def test_a_word_depends_on_the_key_and_on_the_id_alone(words):
    assert Words(b"key", []).word("ann") == words.word("ann")
    assert Words(b"other", ["ann"]).word("ann") != words.word("ann") != words.word("ann-2")
