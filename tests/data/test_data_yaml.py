"""YAML with lines and bounds."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.input.yamlmarks import load_marked, plain


@pytest.fixture
def read(tmp_path):
    def from_text(text):
        path = tmp_path / "file.yml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_marked(path, "test file")

    return from_text


def told(read, text):
    with pytest.raises(InputError) as caught:
        read(text)
    return [f"{problem.where.rpartition('/')[2]}: {problem.what}" for problem in caught.value.problems]


def test_every_value_knows_the_line_of_its_key(read):
    root = read("# c\na: 1\nb:\n  c:\n    - x\n    - y\n")
    assert (root.value["a"].line, root.value["b"].line, root.value["b"].value["c"].line) == (2, 3, 4)
    assert [item.line for item in root.value["b"].value["c"].value] == [5, 6]


def test_values_are_those_of_json_and_dates_stay_text(read):
    text = "{a: null, b: true, c: 3, d: 0.5, e: x, f: 2027-01-31, g: 2026-01-01T00:00:00Z, h: [.5, -2, 010], i: '', "
    text += "j: [1e-05, -2.5E+3, '1e5', 1e5x]}"  # JSON writes small numbers without a point, which YAML 1.1 calls text
    assert plain(read(text)) == {
        "a": None, "b": True, "c": 3, "d": 0.5, "e": "x", "f": "2027-01-31", "g": "2026-01-01T00:00:00Z",
        "h": [0.5, -2, 10], "i": "", "j": [0.00001, -2500.0, "1e5", "1e5x"],
    }  # fmt: skip
    assert read("").value is None


def test_json_writes_what_lies_beyond_the_first_plane_as_a_pair(read):
    assert plain(read(json.dumps({"a": "x😀y"}))) == {"a": "x😀y"}


def test_aliases_and_merge_keys_work_and_the_mapping_itself_wins(read):
    text = "base: &b {x: 1, y: 2}\nother: &o {x: 9, z: 3}\none: {<<: *b, y: 5}\ntwo: {<<: [*b, *o]}\n"
    assert plain(read(text))["one"] == {"x": 1, "y": 5}
    assert plain(read(text))["two"] == yaml.safe_load(text)["two"] == {"x": 1, "y": 2, "z": 3}


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)
)
NESTED = "a0: &a0 {" + "x: {" * 30 + "}" * 31 + "\n"
CHAIN = NESTED + "".join(f"a{n}: &a{n} {'[' * 30}*a{n - 1}{']' * 30}\n" for n in range(1, 60))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\nb: [1\n", "file.yml:3: not YAML"),
        ("a: 1\nb: 2\na: 3\n", "file.yml:3: `a` is defined twice, first in line 1; must be there once"),
        ("a:\n  1: x\n", "file.yml:2: key `1` is not text; must be text"),
        ("? [x]\n: 1\n", "key `a collection` is not text"),
        ("a: !!python/object:os.system x\n", "file.yml:1: tag `tag:yaml.org,2002:python/object:os.system`"),
        ("a: !!set {x}\n", "tag `tag:yaml.org,2002:set`"),
        ("a: 0x1F\n", "file.yml:1: `0x1F` is not a plain int; must be decimal numbers"),
        ("a: 1:30\n", "`1:30` is not a plain int"),
        ("a: !!bool maybe\n", "`maybe` is not a plain bool"),
        ("a: " + "9" * 5000, "is not a plain int"),
        ("a: 1\n--- \nb: 1\n", "file.yml:2: not YAML"),
        ("a: 1\nb: \x01\n", "file.yml:2: not YAML: character U+0001 is not allowed"),
        ('a: "\\ud800"\n', "file.yml:1: text with NUL or half a surrogate pair"),
        ('a: "\\0"\n', "file.yml:1: text with NUL or half a surrogate pair"),
        ("a: {<<: 3}\n", "`<<` merges something else than mappings"),
        ("a: *gone\n", "file.yml:1: not YAML: found undefined alias"),
        ('a: 1\nb: "\\U0FFFFFFF"\n', "file.yml:2: not YAML: "),
        ("a: &a [*a]\n", "file.yml:1: aliases expand to themselves"),
        (LAUGHS, "aliases expand to themselves, or beyond the bounds; must be at most"),
        (CHAIN, "aliases expand to themselves, or beyond the bounds; must be at most"),
        ("a: &a 1\nb: [" + ", ".join(["*a"] * 101) + "]\n", "more than 100 aliases; must be at most 100"),
        ("[" + "1, " * 10_001 + "]", "more than 10000 values; must be at most 10000"),
        ("[" * 50 + "]" * 50, "more than 40 levels; must be at most 40"),
        ("[" * 100_000, "more than 40 levels; must be at most 40"),
        (b"a: 1\n\xff", "file.yml:2: byte 0xff is not UTF-8"),
        ("#" * 1_000_001, "1000001 characters; must be at most 1000000"),
    ],
    ids=range(26),
)
def test_what_is_not_plain_bounded_yaml_is_told_with_its_line(read, text, sentence):
    assert sentence in "\n".join(told(read, text))


JSONISH = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=("Cs", "Cc"))),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcé", min_size=1), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSONISH)
def test_what_yaml_writes_is_read_back(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "round.yml"
    path.write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")
    assert plain(load_marked(path, "test file")) == value


SOUP = st.lists(
    st.sampled_from(["a", ": ", "- ", "\n", "  ", "&x ", "*x", "<<: ", "{", "}", "[", "]", ",", '"', "'", "\\", "!!int ", "|", "? ", "%Y", "#", "\t", "---", "0x", "\\U0FFFFFFF", ".inf"])
    | st.text(max_size=3),
    max_size=25,
).map("".join)  # fmt: skip


@settings(deadline=None)
@given(SOUP.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=60))
def test_any_bytes_are_yaml_or_an_input_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "soup.yml"
    path.write_bytes(data)
    try:
        found, problems = load_marked(path, "test file"), ()
    except InputError as error:
        found, problems = None, error.problems
    assert (found is None) == bool(problems)
    assert all(problem.where and problem.what for problem in problems)
