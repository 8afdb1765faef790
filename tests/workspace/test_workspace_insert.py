"""An entry is put into somebody's YAML: nothing else of the file changes, and what cannot be done safely is said."""

from __future__ import annotations

import pytest
import yaml
from fuzzing import for_all
from hypothesis import strategies as st

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.workspace.insert import into_list, into_mapping


def entry(indent):
    return f"{indent}new:\n{indent}  namespace: n\n"


def run(indent):
    return f"{indent}- customer: new\n"


@pytest.fixture
def put(tmp_path):
    def into(text, section="customers"):
        path = tmp_path / "file.yml"
        path.write_bytes(text.encode())
        if section == "runs":
            return into_list(path, section, run)
        return into_mapping(path, section, "new", entry)

    return into


NEW = "  new:\n    namespace: n\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"customers:\n{NEW}"),
        ("# only this\n", f"# only this\n\ncustomers:\n{NEW}"),
        ("a: 1", f"a: 1\n\ncustomers:\n{NEW}"),
        ("customers:\n", f"customers:\n{NEW}"),
        ("customers: {} # none yet\na: 1\n", f"customers: # none yet\n{NEW}a: 1\n"),
        ("customers:\n  b: {x: 1} # why", f"customers:\n  b: {{x: 1}} # why\n{NEW}"),
        (
            "customers:\n    b:\n        x: 1\n\n# end\nz: 1\n",
            "customers:\n    b:\n        x: 1\n    new:\n      namespace: n\n\n# end\nz: 1\n",
        ),
        (
            "customers:\n  b:\n    x: 1\n    # y: 2\n  # c:\nz: 1\n",
            f"customers:\n  b:\n    x: 1\n    # y: 2\n{NEW}  # c:\nz: 1\n",
        ),
        (
            "customers:\n  b:\n    t: |\n      one\n      two\nz: 1\n",
            f"customers:\n  b:\n    t: |\n      one\n      two\n{NEW}z: 1\n",
        ),
        ("customers:\r\n  b: {}\r\n", "customers:\r\n  b: {}\r\n" + NEW.replace("\n", "\r\n")),
        (
            "customers:\n  b:\n    - 1\n    - [2,\n       3]\nz: 1\n",
            f"customers:\n  b:\n    - 1\n    - [2,\n       3]\n{NEW}z: 1\n",
        ),
    ],
)
def test_the_entry_is_added_behind_the_others(put, before, after):
    assert put(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("runs:\n- customer: b\n# end\n", "runs:\n- customer: b\n- customer: new\n# end\n"),
        (
            "runs:\n  - customer: b\n    id: c\n    # untuned\n",
            "runs:\n  - customer: b\n    id: c\n    # untuned\n  - customer: new\n",
        ),
        ("- customer: b # first\n", "- customer: b # first\n- customer: new\n"),
    ],
)
def test_a_run_is_added_behind_the_others(put, before, after):
    assert put(before, "runs") == after


@pytest.mark.parametrize(
    "text", ["{customers: {b: {x: 1}}}", "customers: {b: {x: 1}}\n", '{"customers": {}}']
)
def test_what_is_not_written_in_lines_is_left_to_people_in_one_sentence(put, text):
    with pytest.raises(InputError) as refused:
        put(text)
    said = str(refused.value)
    assert said.endswith("add to `customers` by hand: {new: {namespace: n}}")
    assert "\n" not in said


def test_what_others_refer_to_is_not_changed_behind_their_backs(put):
    with pytest.raises(InputError):
        put("customers: &a\n  b: 1\nz: *a\n")


LEAVES = st.one_of(
    st.integers(), st.booleans(), st.none(), st.text(max_size=12), st.text("#: -|>\n'\"", max_size=6)
)
TREES = st.dictionaries(
    st.text("abc-_ #", min_size=1, max_size=5),
    st.recursive(
        LEAVES,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", min_size=1), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


def test_of_any_file_only_lines_are_added_or_it_is_refused(put):
    def holds(document, style, indent):
        document.pop("new", None)
        text = yaml.safe_dump(
            {"a": 1, "customers": document, "z": [1]},
            default_flow_style=style,
            indent=indent,
            sort_keys=False,
        )
        try:
            found = put(text)
        except InputError:
            return
        assert yaml.safe_load(found) == {
            "a": 1,
            "customers": document | {"new": {"namespace": "n"}},
            "z": [1],
        }
        if document:
            assert found.replace(entry(" " * indent), "", 1) == text

    for_all(
        40,
        st.tuples(TREES, st.sampled_from([False, None]), st.sampled_from([2, 4])),
        lambda case: holds(*case),
    )
