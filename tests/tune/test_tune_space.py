"""What may be tried: as typed, as a file has it, and what is told when it cannot be."""

from __future__ import annotations

import pytest
from fuzzing import for_all, in_two_sizes
from hypothesis import strategies as st

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.profiles.knobs import KNOBS, parse_value
from pytest_recsim.data.profiles.profiles import load_profile, packaged_profiles
from pytest_recsim.tune.space import space_of
from pytest_recsim.tune.values import canonical, changed, listed, same, text_of
from pytest_recsim.tune.wishes import read_space, shipped, typed

PROD = load_profile(packaged_profiles() / "prod.env").environment


def made(*texts, start=PROD):
    return space_of(typed(texts), start)


def refused(*texts, start=PROD):
    with pytest.raises(InputError) as caught:
        made(*texts, start=start)
    return str(caught.value)


def test_a_range_a_grid_a_logarithm_and_choices_are_understood():
    (boost, lam, cap, rule), notes = made(
        "PROFILE_BOOST=0.1..2:log", "MMR_LAMBDA = 0.1..0.5 : step=0.1", "BRAND_CAP=1..4", "RULE_EXCLUDE_EVENTS=true,false"
    )  # fmt: skip
    assert (boost.kind, boost.low, boost.high, boost.log, boost.start) == ("float", 0.1, 2.0, True, "0.8")
    assert listed(lam) == ("0.1", "0.2", "0.3", "0.35", "0.4", "0.5"), "the start's value is on the grid"
    assert (cap.kind, cap.low, cap.high, listed(cap)) == ("int", 1, 4, None)
    assert (rule.kind, rule.choices) == ("choice", ("true", "false"))
    assert all(one.travels for one in (boost, lam, cap, rule))
    assert boost.meaning == "strength of the boost by tag overlap, 0 is off"
    assert notes == []


def test_the_starting_value_is_always_in_the_space_and_a_range_that_was_widened_is_told():
    (boost, cap), notes = made("PROFILE_BOOST=0.9..1.5", "BRAND_CAP=3,5")
    assert (boost.low, boost.high) == (0.8, 1.5)
    assert cap.choices == ("2", "3", "5")
    assert notes == ["PROFILE_BOOST: the starting value 0.8 is tried, too"]


def test_a_knob_that_the_profile_leaves_out_starts_at_the_services_default_where_there_is_one():
    (cold, new), notes = made("PROFILE_COLD_START_MULTIPLIER=0..1", "NEW_USER_MMR_LAMBDA=0..1", start={})
    assert (cold.start, new.start) == ("0.5", "")
    assert not cold.travels
    assert notes == ["NEW_USER_MMR_LAMBDA has no starting value, so every trial sets it"]


def test_a_knob_that_travels_as_a_whole_number_is_drawn_as_one():
    (days,), _ = made("POPULARITY_HALFLIFE_DAYS=2..30:log")
    assert days.kind == "int"
    assert "must have whole ends" in refused("POPULARITY_HALFLIFE_DAYS=0.5..30")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("PROFILE_BOST=0..1", "--knob: `PROFILE_BOST`: unknown knob; did you mean `PROFILE_BOOST`?"),
        ("DATABASE_URL=a,b", "`DATABASE_URL` is operational, not part of the algorithm"),
        ("RULES_CACHE_REFRESH=1s,2s", "`RULES_CACHE_REFRESH` moves no list, so there is nothing to try"),
        ("PROFILE_BOOST", "`PROFILE_BOOST`: must be KNOB=LOW..HIGH"),
        ("=0..1", "`=0..1`: must be KNOB=LOW..HIGH"),
        ("PROFILE_BOOST=", "`PROFILE_BOOST=`: must be KNOB=LOW..HIGH"),
        ("PROFILE_BOOST=..1", "PROFILE_BOOST=..1: must be LOW..HIGH"),
        ("PROFILE_BOOST=0..1..2", "PROFILE_BOOST=0..1..2: must be LOW..HIGH"),
        ("PROFILE_BOOST=2..1", "PROFILE_BOOST=2..1: an empty range; must be LOW..HIGH with LOW below HIGH"),
        ("PROFILE_BOOST=1..1", "an empty range"),
        ("PROFILE_BOOST=0..2:log", "a range with 0 has no logarithm"),
        ("PROFILE_BOOST=a..2", "PROFILE_BOOST=a: must be a number >= 0"),
        ("PROFILE_BOOST=nan..2", "PROFILE_BOOST=nan: must be a number >= 0"),
        ("MMR_LAMBDA=0..1.5", "MMR_LAMBDA=1.5: must be a number 0 to 1"),
        ("POPULARITY_FANOUT=0..9", "POPULARITY_FANOUT=0: must be a whole number > 0"),
        ("BRAND_CAP=0..1.5", "BRAND_CAP=1.5: must be a whole number >= 0"),
        ("BRAND_CAP=0..6:step=0.5", "must have whole ends and steps"),
        ("PROFILE_BOOST=0..2:lin", "`lin`: must be log or step=STEP"),
        ("PROFILE_BOOST=0..2:step=x", "step=x: must be a number above 0"),
        ("PROFILE_BOOST=0..2:step=0", "step=0: must be a number above 0"),
        ("PROFILE_BOOST=0..2:step=inf", "step=inf: must be a number above 0"),
        ("PROFILE_BOOST=1..2:log:step=0.1", "log and step exclude each other"),
        ("PROFILE_BOOST=0..2:step=0.00001", "too fine; must make at most 1,000 values"),
        ("PROFILE_BOOST=0.8..2:step=5", "a step of 5 is longer than the range"),
        ("RULE_EXCLUDE_EVENTS=true..false", "`RULE_EXCLUDE_EVENTS` has no range, it takes true or false"),
        ("RULE_EXCLUDE_EVENTS=true,maybe", "RULE_EXCLUDE_EVENTS=maybe: must be true or false"),
        ("RULE_EXCLUDE_EVENTS=true", "only the starting value is to be tried"),
        ("RULE_EXCLUDE_EVENTS=false,no", "`no` is there twice"),
        ("MMR_LAMBDA=0.5,0.50", "`0.50` is there twice"),
        ("MMR_LAMBDA=0.5,", "MMR_LAMBDA=: must be a number 0 to 1"),
        ("BRAND_TAG_PREFIXES=brand,label", "has commas in its values; must be a list in a file"),
    ],
)  # fmt: skip
def test_what_cannot_be_tried_is_told_in_a_sentence(text, sentence):
    found = refused(text)
    assert sentence in found
    assert "\n" not in found


def test_a_start_of_zero_has_no_logarithm():
    found = refused("BRAND_CAP=1..4:log", start=PROD | {"BRAND_CAP": "0"})
    assert (
        found
        == "--knob: BRAND_CAP: a starting value with 0 has no logarithm; must be above 0, or without :log"
    )


def test_a_knob_is_named_once():
    assert "`MMR_LAMBDA` was named twice" in refused("MMR_LAMBDA=0..1", "MMR_LAMBDA=0..0.5")


def test_every_shipped_space_fits_every_shipped_profile():
    assert set(shipped()) == {"relevance", "diversity", "cold-start", "margin"}
    for name in shipped():
        space = read_space(name)
        assert space.about.endswith(".")
        for path in packaged_profiles().glob("*.env"):
            dimensions, _ = space_of(space.wishes, load_profile(path).environment)
            assert sum(one.travels for one in dimensions) >= 4


def test_a_file_has_ranges_lists_and_goals_and_what_is_typed_replaces_its_lines(tmp_path):
    path = tmp_path / "mine.yml"
    path.write_text(
        "about: Ours.\ngoals: [ndcg, coverage]\nPROFILE_BOOST: 0.1..2:log\nRULE_EXCLUDE_EVENTS: [true, false]\n"
        "BRAND_TAG_PREFIXES: [brand, 'brand,label']\nMMR_LAMBDA: [0.2, 0.5]\n"
    )
    space = read_space(str(path))
    assert (space.name, space.about, space.goals) == ("mine", "Ours.", ("ndcg", "coverage"))
    dimensions, _ = space_of([*space.wishes, *typed(["MMR_LAMBDA=0..1"])], PROD)
    found = {one.knob: one for one in dimensions}
    assert found["BRAND_TAG_PREFIXES"].choices == ("brand", "brand,label")
    assert found["RULE_EXCLUDE_EVENTS"].choices == ("true", "false")
    assert (found["MMR_LAMBDA"].kind, len(found)) == ("float", 4)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "s.yml:1: must have a line for at least one knob"),
        ("[MMR_LAMBDA]", "s.yml:1: must have a line for at least one knob"),
        ("about: Nothing.", "s.yml:1: must have a line for at least one knob"),
        ("MMR_LAMBDA:\n", "s.yml:1: `MMR_LAMBDA` must have a range such as 0.1..2"),
        ("MMR_LAMBDA: {low: 1}\n", "s.yml:1: `MMR_LAMBDA` must have a range"),
        ("goals: {a: 1}\nMMR_LAMBDA: 0..1", "s.yml:1: `goals` must be names of metrics"),
        ("about: 3\nMMR_LAMBDA: 0..1", "s.yml:1: `about` must be a sentence"),
        ("MMR_LAMBDA: 0..1\nMMR_LAMBDA: 0..2", "s.yml:2: `MMR_LAMBDA` is defined twice"),
        (
            "MMR_LAMBDA: 0..1\nPROFILE_BOST: 0..1",
            "s.yml:2: `PROFILE_BOST`: unknown knob; did you mean `PROFILE_BOOST`?",
        ),
        ("{MMR_LAMBDA: 0..1", "s.yml:1: not YAML"),
    ],
)
def test_a_wrong_file_is_told_by_its_line(tmp_path, monkeypatch, text, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yml").write_text(text)
    with pytest.raises(InputError) as caught:
        space_of(read_space("s.yml").wishes, PROD)
    assert sentence in str(caught.value)


def test_a_space_that_does_not_exist_is_told_with_the_nearest_name():
    with pytest.raises(InputError, match=r"--space: `relevanze`: must be .*did you mean `relevance`\?"):
        read_space("relevanze")


WORDS = (
    "0",
    "1",
    "0.1",
    "2",
    "..",
    ":",
    "log",
    "step=",
    "=",
    ",",
    "true",
    "no",
    "-",
    "e9",
    "nan",
    " ",
    "|",
    "x",
    "\0",
    "é",
)
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map("".join)


@in_two_sizes
def test_fuzz_whatever_is_typed_is_a_space_with_the_start_in_it_or_a_sentence(examples):
    def holds(drawn):
        knob, text = drawn
        try:
            (one,), _ = made(f"{knob}={text}")
        except InputError as error:
            assert str(error).isprintable()  # noqa: PT017 - a space is as good
            return
        values = listed(one)
        numbers = [one.low + (one.high - one.low) * part / 7 for part in range(8)] if values is None else []
        tried = values or [text_of(one, number) for number in numbers]
        assert all(parse_value(KNOBS[knob], value) is not None for value in tried)
        assert len(set(tried)) > 1
        if one.start and values:
            assert one.start in values
        elif one.start:
            assert text_of(one, float(one.start)) == one.start or one.kind == "int"

    for_all(examples, st.tuples(st.sampled_from(sorted(KNOBS)), TEXTS), holds)


@in_two_sizes
def test_fuzz_a_drawn_number_stays_in_its_range_and_comes_back_as_it_was_written(examples):
    ends = st.floats(0, 1e6, allow_subnormal=False)

    def holds(drawn):
        low, high, part, log = drawn
        low, high = sorted((round(low, 6), round(high, 6)))
        if low == high or (log and low == 0):
            return
        suffix = ":log" if log else ""
        (one,), _ = made(
            f"PROFILE_BOOST={low:.6f}..{high:.6f}{suffix}", start={"PROFILE_BOOST": f"{high:.6f}"}
        )
        text = text_of(one, low + (high - low) * part)
        assert low <= float(text) <= high
        assert text_of(one, float(text)) == text
        assert "e" not in text

    for_all(examples, st.tuples(ends, ends, st.floats(0, 1), st.booleans()), holds)


def test_values_are_equal_however_they_are_written():
    space, _ = made("PROFILE_BOOST=0..2", "RULE_EXCLUDE_EVENTS=true,false")
    assert same("RULE_EXCLUDE_EVENTS", "t", "true")
    assert canonical(space, {"PROFILE_BOOST": "0.80"}) == canonical(space, {"RULE_EXCLUDE_EVENTS": "yes"})
    assert changed(space, {"PROFILE_BOOST": "0.80", "RULE_EXCLUDE_EVENTS": "no"}) == 1
