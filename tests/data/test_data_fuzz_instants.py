"""Points in time under property tests: exactly RFC 3339 with an offset, to the microsecond, or a sentence."""

from __future__ import annotations

import datetime as dt
import re

from fuzzing import bent, for_all, in_two_sizes, value_or_sentence
from hypothesis import strategies as st

from pytest_recsim.data.input.instants import ALLOWED, PATTERN, from_us, parse_instant, to_us

FIRST, LAST = dt.datetime(1970, 1, 2), dt.datetime(2199, 12, 30)  # noqa: DTZ001 - hypothesis wants naive bounds
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59)


def _spelt(moment, minutes, separator, zulu):
    local = (moment + dt.timedelta(minutes=minutes)).isoformat(sep=separator)
    if minutes == 0 and zulu:
        return local + zulu
    return f"{local}{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


@in_two_sizes
def test_every_instant_in_any_offset_is_read_to_the_microsecond(examples):
    def is_read(case):
        moment, minutes, separator, zulu = case
        found, _ = value_or_sentence(lambda: parse_instant(_spelt(moment, minutes, separator, zulu)))
        if found is None:  # the local year may lie outside of the range
            assert not 1970 <= (moment + dt.timedelta(minutes=minutes)).year <= 2199
            return
        assert found == moment.replace(tzinfo=dt.UTC)
        assert from_us(to_us(found)) == found

    moments = st.datetimes(FIRST, LAST)
    for_all(
        examples,
        st.tuples(moments, OFFSETS, st.sampled_from("Tt "), st.sampled_from(["", "Z", "z"])),
        is_read,
    )


SOUND = b"2026-01-31T12:00:00.123456+02:00"
TOKENS = (
    b"Z",
    b"-",
    b":",
    b"T",
    b" ",
    b".",
    b"+",
    b"0",
    b"9",
    b"24",
    b"60",
    b"W",
    b"\n",
    b"\xd9\xa3",
    b"1e9",
    b"-00:00",
)


@in_two_sizes
def test_any_text_is_an_instant_of_the_published_pattern_or_a_sentence(examples):
    def instant_or_sentence(text):
        found, sentence = value_or_sentence(lambda: parse_instant(text))
        if found is None:
            assert sentence.endswith(f"must be {ALLOWED}")
            return
        assert re.search(PATTERN, text), text
        assert not text.endswith("\n")
        assert 1970 <= found.year <= 2199
        assert found.tzinfo is not None
        assert parse_instant(found.isoformat()) == found

    texts = st.integers(0, 2**64).map(lambda seed: bent(SOUND, seed, TOKENS).decode("utf-8", "replace"))
    numbers = st.tuples(*[st.integers(0, 99)] * 6).map(
        lambda n: "20{:02d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}Z".format(*n)
    )
    for_all(examples, texts | numbers | st.from_regex(PATTERN) | st.text(max_size=30), instant_or_sentence)
