"""Profiles, overrides and knob values under property tests: read as meant or told, and never with a secret."""

from __future__ import annotations

import json
import math
import re
from functools import cache

import pytest
from fuzzing import bent, for_all, in_two_sizes, names_a_place, told, value_or_sentence
from hypothesis import strategies as st

from pytest_recsim.data.profiles.knobs import KNOBS, OPERATIONAL, allowed, parse_value
from pytest_recsim.data.profiles.profiles import Profile, load_profile, override, packaged_profiles

NAMES = sorted(KNOBS)
SECRET = "JBSWY3DPEHPK3PXPhunter2"
WORDS = st.text("abcxyzABC_-", min_size=1, max_size=6)


def _float(knob):
    low = 1e-6 if knob.low_open else 0.0
    return st.floats(low, 1.0 if knob.high == 1.0 else 1e6)


def _pairs(values):
    return st.dictionaries(WORDS, values, max_size=3)


def _joined(entries):
    return ",".join(f"{name}={value}" for name, value in entries.items())


@cache
def values_of(knob):
    """(text, value) pairs that the knob takes."""
    whole = st.integers(1 if knob.low_open else 0, 10**9)
    triple = st.tuples(*[st.floats(0, 9)] * 3)
    durations = st.sampled_from(
        [("250ms", 0.25), ("1m30s", 90.0), ("2h", 7200.0), ("1.5s", 1.5), (".5s", 0.5)]
    )
    words = st.lists(WORDS.map(str.lower), min_size=1, max_size=3).map(tuple)
    presets = st.dictionaries(st.text("abc_'\"# \\", max_size=4), _pairs(st.floats(-5, 5)), max_size=2)
    return {
        "float": _float(knob).map(lambda x: (repr(x), x)),
        "int": whole.map(lambda x: (str(x), x)),
        "bool": st.sampled_from([("true", True), ("F", False), ("Yes", True), ("0", False), ("n", False)]),
        "text": WORDS.map(lambda x: (x, x)),
        "choice": st.sampled_from([(word, word) for word in knob.choices] or [("", "")]),
        "csv": words.map(lambda x: (" , ".join(x), x)),
        "csv_int": st.lists(st.integers(-(2**15), 2**15 - 1), max_size=3).map(
            lambda x: (",".join(map(str, x)), tuple(x))
        ),
        "pairs": _pairs(_float(knob)).map(lambda x: (_joined(x), x)),
        "weights": _pairs(triple).map(
            lambda x: (_joined({name: "|".join(map(repr, three)) for name, three in x.items()}), x)
        ),
        "presets": presets.map(lambda x: (json.dumps(x), x)),
        "duration": durations,
    }[knob.kind]


settings_ = st.sampled_from(NAMES).flatmap(lambda name: st.tuples(st.just(name), values_of(KNOBS[name])))


@st.composite
def sound_files(draw):
    """A dotenv file in any of its spellings, and what it means."""
    meant, lines = {}, []
    for name, (text, value) in draw(st.lists(settings_, max_size=5, unique_by=lambda pair: pair[0])):
        meant[name] = value
        style = draw(st.sampled_from(["plain", "single", "double", "spaced", "comment"]))
        plain = not re.search(r"[#'\"\\]|^ | $", text)
        if style == "double":
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            line = f'{name}="{escaped}"'
        elif style == "single" or not plain:
            escaped = text.replace("\\", "\\\\").replace("'", "\\'")
            line = f"{name}='{escaped}'"
        else:
            line = {"spaced": f"  {name} = {text}  ", "comment": f"{name}={text} # c"}.get(
                style, f"{name}={text}"
            )
        lines.append(draw(st.sampled_from(["", "export ", "\n", "# c\n"])) + line)
    lines += draw(
        st.lists(st.sampled_from(["", "# BRAND_CAP=x", f"API_AUTH_KEYS={SECRET}", "API_PORT=1"]), max_size=2)
    )
    text = draw(st.sampled_from(["\n", "\r\n"])).join(lines) + draw(st.sampled_from(["", "\n"]))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode(), meant


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def from_bytes(data):
        path = tmp_path / "acme.env"
        path.write_bytes(data)
        return load_profile(path)

    return from_bytes


@in_two_sizes
def test_a_sound_profile_is_read_as_it_was_meant_however_it_is_spelt(load, examples):
    def as_meant(case):
        data, meant = case
        profile = load(data)
        found = {name: setting.value for name, setting in profile.values.items()}
        assert found == meant
        again = override(Profile("again", None, {}), [f"{k}={v}" for k, v in profile.environment.items()])
        assert {name: setting.value for name, setting in again.values.items()} == meant
        assert SECRET not in repr(profile)

    for_all(examples // 5, sound_files(), as_meant)


ODD = st.sampled_from(
    ["NaN", "nan", "inf", "-Infinity", "1e999", "-1", "-0", "1_000", "१", "٣", "0x1F", "010", "1,5", "1;2", "", " ", "''",
     "'", '"', '"a', "'a\nb'", '"a\nb"', "a=1|2", "a=1|2|3|4", "a=1,a=2", "=", "==", "{", "[" * 2000, '{"a":' * 2000,
     '{"a":{"b":NaN}}', '{"a":{"b":1e999}}', '{"a":{"a":1},"a":{}}', "9" * 5000, "1h1", "5", "-5s", "1e3s", "9" * 400 + "h",
     "\ud800", "\0", "\x85", "\u2028", "$HOME", "${BRAND_CAP}", "$(id)", "# c", "\\", "\\n", "true false", "thompson\n"]
) | st.text(max_size=8)  # fmt: skip
SECRETS = st.sampled_from(
    ["API_AUTH_KEYS", "DATABASE_URL", "LLM_API_KEY", "AUDIT_DECISIONS_SALT", "MY_API_TOKEN"]
)
SPELT = st.sampled_from(
    [
        "{k}={s}", "{k}='{s}'", "{k}={n}\n{s}", "{k}='{s}", '{k}="{n}\n{s}"', "{s}", "{s}==", "{s}=", "export {s}",
        "BRAND_CAP='1\n{k}={s}\n'", 'MMR_LAMBDA="0.5\n{s}"', "BRAND_CAP=1 {k}={s}", "MMR_LAMBDA=0.5;{k}={s}", "{k} {s}",
        "{k}: {s}", "BLEND_ALPHA={s} # {s}", "{k}=x # {s}", "BRAND_CAP\n={s}", "{k}\n{s}", " {k} = {s}", "'{k}'={s}",
        "PROFILE_STARTER_PRESETS='{{\n\"{k}\": \"{s}\"}}'",
    ]
)  # fmt: skip


@st.composite
def odd_files(draw):
    """Lines with something odd in them, and secrets where people lose them."""
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from([*NAMES, *sorted(OPERATIONAL)]) | st.text(max_size=5))
        kind = draw(st.sampled_from(["odd", "misspelt", "secret", "twice", "bare", "text"]))
        if kind == "secret":
            line = draw(SPELT).format(k=draw(SECRETS), s=SECRET, n="first")
            line = (
                "" if line.startswith("BLEND_ALPHA") else line
            )  # a secret as a knob's value is the knob's value
        elif kind == "misspelt":
            cut = draw(st.integers(0, len(name)))
            line = f"{name[:cut]}{name[cut + 1 :]}={draw(ODD)}"
        elif kind == "text":
            line = draw(st.text(max_size=20))
        else:
            line = {"odd": f"{name}={draw(ODD)}", "twice": f"{name}=1\n{name}={draw(ODD)}", "bare": name}[
                kind
            ]
        lines.append(line)
    newline = draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
    return newline.join(lines).encode("utf-8", draw(st.sampled_from(["replace", "surrogatepass"])))


def told_with_a_line(load):
    def holds(data):
        profile, problems = told(lambda: load(data), twice=len(data) % 8 == 0)
        assert all(names_a_place(problem, "acme.env") for problem in problems), problems
        last = data.count(b"\n") + data.count(b"\r") + 1
        assert all(int(problem.where.split(":")[1]) <= last for problem in problems), problems
        assert SECRET not in "\n".join(map(str, problems))
        assert SECRET not in repr(profile)

    return holds


@in_two_sizes
def test_whatever_is_wrong_in_a_profile_is_told_with_its_line_and_without_secrets(load, examples):
    for_all(examples, odd_files(), told_with_a_line(load))


SOUND = (packaged_profiles() / "prod.env").read_bytes()[
    :900
] + b"\nAPI_AUTH_KEYS=\"k\"\nexport BRAND_CAP='2'\n"
TOKENS = (
    b"=", b"'", b'"', b"\\", b"\n", b"\r", b"#", b" ", b"export ", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"$",
    b"{", b"}", b"BLEND_ALPHA=", b"\xc2\x85", b"\xe2\x80\xa8", b"\t", b"-", b"1e999",
)  # fmt: skip


@in_two_sizes
def test_arbitrary_and_bent_profiles_are_told_with_their_line(load, examples):
    bytes_ = st.integers(0, 2**64).map(lambda seed: bent(SOUND, seed, TOKENS)) | st.binary(max_size=60)
    for_all(examples, bytes_, told_with_a_line(load))


@in_two_sizes
def test_any_override_is_taken_or_told(examples):
    empty = Profile("none", None, {})
    name = st.sampled_from(NAMES) | st.sampled_from(sorted(OPERATIONAL)) | st.text(max_size=6)
    assignment = (
        st.builds("{}={}".format, name, ODD) | ODD | settings_.map(lambda one: f"{one[0]}={one[1][0]}")
    )
    secret = st.builds(lambda form, key: form.format(k=key, s=SECRET, n="x"), SPELT, SECRETS).filter(
        lambda text: not text.startswith(("BLEND_ALPHA", "BRAND_CAP\n="))
    )

    def taken_or_told(assignments):
        profile, problems = told(lambda: override(empty, assignments), twice=len(assignments) == 1)
        assert all(problem.where == "--env-override" for problem in problems)
        assert len(problems) <= len(assignments)
        assert SECRET not in "\n".join(map(str, problems))
        if profile:
            assert {one.partition("=")[0].strip() for one in assignments} == profile.values.keys()

    for_all(examples, st.lists(assignment | secret, min_size=1, max_size=4), taken_or_told)


@in_two_sizes
def test_any_text_of_a_knob_is_a_value_that_writes_and_reads_back_or_a_sentence(examples):
    def reads_back(case):
        name, text = case
        knob = KNOBS[name]
        value, sentence = value_or_sentence(lambda: parse_value(knob, text))
        if value is None:
            assert sentence.startswith(f"{name}=")
            assert allowed(knob) in sentence
            assert sentence.isprintable()
            return
        assert parse_value(knob, f"  {text}\t") == value
        json.dumps(value, allow_nan=False)
        if isinstance(value, float):
            assert math.isfinite(value)

    knob_texts = st.sampled_from(NAMES).flatmap(
        lambda name: st.tuples(st.just(name), ODD | values_of(KNOBS[name]).map(lambda pair: pair[0]))
    )
    for_all(examples, knob_texts, reads_back)
