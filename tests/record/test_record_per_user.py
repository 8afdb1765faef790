"""The lines per user survive the disk, and a file that is none of ours is one sentence."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.record import per_user
from pytest_recsim.record.per_user import UserLine, read_lines, write_lines
from pytest_recsim.record.reading import Unreadable

NUMBERS = st.dictionaries(st.sampled_from(["ndcg", "mrr"]), st.floats(0, 1))
LINES = st.lists(
    st.builds(
        UserLine, user=st.text(), segment=st.text(), in_effect=st.booleans(), values=NUMBERS, baseline=NUMBERS
    )
)


@given(lines=LINES)
def test_lines_come_back_as_they_were(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("lines") / per_user.NAME
    write_lines(path, lines)
    assert read_lines(path) == lines


def test_the_same_lines_are_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_lines(tmp_path / name, [UserLine(user="u1", segment="vip", values={"mrr": 0.5, "ndcg": 0.1})])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no gzip", "no gzip file"),
        (gzip.compress(b'{"user": "u1", "segment": "vip"}\n')[:-9], "ends too early"),
        (gzip.compress(b'{"user": 1}\n'), "Expected `str`"),
    ],
    ids=["no gzip", "cut short", "another kind"],  # gzip writes the time, and workers have to agree on names
)
def test_a_file_that_is_none_of_ours_says_what_is_wrong(tmp_path, content, words):
    path = tmp_path / per_user.NAME
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=words):
        read_lines(path)


def test_no_more_is_unpacked_than_a_record_may_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(per_user, "MOST_BYTES", 1000)
    path = tmp_path / per_user.NAME
    path.write_bytes(gzip.compress(b" " * 5000))
    with pytest.raises(Unreadable, match="unpacks to more than 1,000 bytes"):
        read_lines(path)
