"""Changing a profile's file: the new values are read back, and every other byte stays."""

from __future__ import annotations

import io
import re
import stat

import pytest
from dotenv.parser import parse_stream
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.profiles.change import copied, set_knobs
from pytest_recsim.data.profiles.editing import edited
from pytest_recsim.data.profiles.places import SHIPPED, changeable, is_shipped, new_file
from pytest_recsim.data.profiles.profiles import load_profile, packaged_profiles

NAMES = ("MMR_LAMBDA", "BRAND_CAP", "API_PORT", "NOT_A_KNOB")
PLAIN = st.text("abc019.,|=-{}:", max_size=8)
BLANKS = st.sampled_from(["", " ", "\t", "  "])
ENDS = st.sampled_from(["\n", "\r\n"])


@st.composite
def lines(draw, key=None):
    """A line in three parts: up to its value, the value as it is written, the rest; None for one without a key."""
    if key is None:
        kinds = ["", "# MMR_LAMBDA=0.9 in a comment", "   ", "#", "# 'half a quote"]
        return None, "", "", draw(st.sampled_from(kinds)) + draw(ENDS)
    head = draw(BLANKS) + draw(st.sampled_from(["", "export "])) + key + draw(BLANKS) + "=" + draw(BLANKS)
    quote = draw(st.sampled_from(["", "'", '"']))
    value = draw(PLAIN)
    if quote == "" and not value:
        head = head.rstrip(" \t")
    inside = value + (draw(st.sampled_from(["", " # no comment", "\nsecond line"])) if quote else "")
    rest = draw(
        st.sampled_from(["", " # two words", "  "] if quote or value else ["", " # two words"])
    ) + draw(ENDS)
    return key, head, f"{quote}{inside}{quote}", rest


FILES = st.lists(st.one_of(lines(), st.sampled_from(NAMES).flatmap(lambda key: lines(key=key))), max_size=8)
VALUES = st.one_of(
    st.sampled_from(["0.5", "", "a,b", '{"new_users":{"books":0.2}}', "two words", "it's", 'say "hi"', "a # b", "$x"]),
    st.text("ab'\"\\ #$.", max_size=6).map(str.strip),
)  # fmt: skip


@given(FILES, st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1), st.booleans())
@settings(max_examples=60)
def test_values_are_read_back_and_every_other_character_stays(parts, values, whole):
    if parts and not whole:
        parts = [*parts[:-1], (*parts[-1][:3], parts[-1][3].rstrip("\r\n"))]
    text = "".join(head + value + rest for _, head, value, rest in parts)
    after = edited(text, values)
    last = {key: place for place, (key, *_) in enumerate(parts) if key in values}
    pieces = [
        re.escape(head) + (".*?" if last.get(key) == place else re.escape(value)) + re.escape(rest)
        for place, (key, head, value, rest) in enumerate(parts)
    ]
    added = [rf"[\r\n]*{name}=.*?(?:\r\n|\n)" for name in values if name not in last]
    assert re.fullmatch("".join([*pieces, *added]), after, re.DOTALL)
    read = {one.key: one.value for one in parse_stream(io.StringIO(after, newline=""))}
    assert {name: read[name] for name in values} == values


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("MMR_LAMBDA=", "MMR_LAMBDA=0.5\nBRAND_CAP=3\n"),
        ("MMR_LAMBDA= # why\r\n", "MMR_LAMBDA=0.5 # why\r\nBRAND_CAP=3\r\n"),
        ("BRAND_CAP=3\nMMR_LAMBDA\n", "BRAND_CAP=3\nMMR_LAMBDA=0.5\n"),
        ("'MMR_LAMBDA' = \"1\"", "'MMR_LAMBDA' = \"0.5\"\nBRAND_CAP=3\n"),
        ("", "MMR_LAMBDA=0.5\nBRAND_CAP=3\n"),
    ],
)
def test_odd_lines_keep_their_form(text, after):
    assert edited(text, {"MMR_LAMBDA": "0.5", "BRAND_CAP": "3"}) == after


MINE = b"""\xef\xbb\xbf# kept\r
export MMR_LAMBDA = '0.3'  # why\r
BRAND_CAP=1
BRAND_CAP=2
MMR_PRESETS="home=0.25"
API_AUTH_KEYS=hunter2:*
BLEND_ALPHA=wrong"""


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.env"
    path.write_bytes(MINE)
    path.chmod(0o640)
    return path


def test_the_line_that_counts_is_changed_and_a_new_knob_comes_last(mine):
    changed = set_knobs(mine, ["MMR_LAMBDA=0.5", "BRAND_CAP=3", "CATEGORY_CAP=4", "MMR_PRESETS=home=0.3"])
    expected = (
        MINE.replace(b"'0.3'", b"'0.5'").replace(b"BRAND_CAP=2", b"BRAND_CAP=3").replace(b"0.25", b"0.3")
    )
    assert mine.read_bytes() == expected + b"\nCATEGORY_CAP=4\n"
    assert [(one.before and one.before.text, one.now.text) for one in changed] == [
        ("0.3", "0.5"), ("2", "3"), (None, "4"), ("home=0.25", "home=0.3"),
    ]  # fmt: skip
    assert stat.S_IMODE(mine.stat().st_mode) == 0o640


def test_a_wrong_value_in_the_file_can_be_mended(mine):
    set_knobs(mine, ["BLEND_ALPHA=0.3"])
    assert load_profile(mine).values["BLEND_ALPHA"].value == 0.3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["MMR_LAMBDA=0.5", "BRAND_CAP=x"], "BRAND_CAP=x: must be a whole number"),
        (["MMR_LAMDA=0.5"], "did you mean `MMR_LAMBDA`?"),
        (["MMR_LAMBDA"], "without `=`"),
        (["API_PORT=1"], "operational"),
        (["MMR_LAMBDA=0.5", "MMR_LAMBDA=0.6"], "is given 2 times"),
    ],
)
def test_nothing_is_written_when_one_assignment_is_wrong(mine, words, said):
    with pytest.raises(InputError, match=said.replace("?", r"\?")):
        set_knobs(mine, words)
    assert mine.read_bytes() == MINE


def test_a_half_open_quote_is_not_edited_into_something_else(tmp_path):
    path = tmp_path / "broken.env"
    path.write_text("MMR_LAMBDA='0.3\nBRAND_CAP=1\n")
    before = path.read_bytes()
    try:
        set_knobs(path, ["BRAND_CAP=2"])
    except InputError:
        assert path.read_bytes() == before
    else:
        assert path.read_text() == "MMR_LAMBDA='0.3\nBRAND_CAP=2\n"


def test_shipped_profiles_are_known_and_not_changed():
    assert sorted(path.stem for path in packaged_profiles().glob("*.env") if is_shipped(path)) == sorted(
        SHIPPED
    )
    with pytest.raises(InputError, match="recsim profile copy prod NAME"):
        changeable(packaged_profiles() / "prod.env", "prod")


def test_a_copy_is_the_same_bytes_as_private_as_the_original_and_overwrites_nothing(mine, tmp_path):
    mine.chmod(0o600)
    target = new_file("yours", tmp_path, what="TO")
    copied(mine, target)
    assert target.read_bytes() == MINE
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(InputError, match="is there already"):
        new_file("yours", tmp_path, what="TO")
    with pytest.raises(InputError, match="is there already"):
        copied(mine, target)
    with pytest.raises(InputError, match="must be letters"):
        new_file("no name", tmp_path, what="TO")
