"""Batches on paper: what a run says goes before the command line, and slices are stable and complete."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.batch import shard_of, sliced
from pytest_recsim.plan.model import same_address
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import resolve

FIXTURE = {
    "items": [{"item_id": "i1", "tags": ["books"]}],
    "users": [{"user_id": "u1", "traits": {"segment": "vip"}}],
    "events": [{"user_id": "u1", "item_id": "i1", "type": 0, "ts": "2026-11-01T00:00:00Z"}],
}
BATCH = """
defaults: {env_profile: dev}
runs:
  - {customer: acme, env_profile: ci, env_overrides: {MMR_LAMBDA: 0.5}}
  - {customer: acme, id: acme-2, namespace: second, base_url: "http://two:1"}
  - {customer: beta, fixture_path: here.json, skip: [quality]}
  - {customer: gone, skip: true}
"""


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "fixtures" / "customers"
    folder.mkdir(parents=True)
    (folder / "acme.json").write_text(json.dumps(FIXTURE))
    (tmp_path / "batches").mkdir()
    (tmp_path / "batches" / "here.json").write_text(json.dumps(FIXTURE))
    (tmp_path / "batches" / "b.yaml").write_text(BATCH)
    return tmp_path


def resolved(root, **options):
    return resolve(
        Options(**{"customers": (), "root": root, "here": root, "batch_file": "batches/b.yaml"} | options)
    )


def test_a_run_goes_before_the_manifests_defaults_and_those_before_the_command_line(root):
    found = resolved(root, env_profile="test", env_overrides=("MMR_LAMBDA=0.1", "BRAND_CAP=9"))
    acme, second, beta = found.plans
    assert (acme.profile.value, second.profile.value) == ("ci", "dev")
    assert acme.profile.origin == "batches/b.yaml:4" or acme.profile.origin.endswith("b.yaml:4")
    assert (acme.knobs["MMR_LAMBDA"].text, acme.knobs["BRAND_CAP"].text) == ("0.5", "9")
    assert second.knobs["MMR_LAMBDA"].text == "0.1"
    assert {name: one.origin.rpartition("/")[2] for name, one in acme.overrides.items()} == {
        "MMR_LAMBDA": "b.yaml:4",
        "BRAND_CAP": "--env-override",
    }
    assert (second.id, second.customer, second.namespace.value) == ("acme-2", "acme", "second")
    assert (second.base_url.value, second.apply.value, acme.apply.value) == ("http://two:1", "request", "env")
    assert beta.skip == ("quality",)
    assert found.batch is not None
    assert (found.batch.name, found.batch.left_out) == ("b", ("gone",))


def test_customers_select_from_the_batch(root):
    assert [plan.id for plan in resolved(root, customers=("acme",)).plans] == ["acme", "acme-2"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"batch_file": "no.yaml"}, ["no.yaml", "batch file not found"]),
        ({"batch_name": "a b"}, ["--batch-name", "`a b`"]),
        ({"customers": ("delta",)}, ["`delta` is not in"]),
        ({"customers": ("gone",)}, ["leaves every run out"]),
        ({"namespace": "x"}, ["--namespace", "exactly one"]),
        ({"shard": "3/2"}, ["--recsim-shard", "1 <= I <= N"]),
        ({"shard": "9/9"}, ["slice 9 of 9 is empty"]),
        ({"batch_file": "", "customers": ("acme",), "shard": "1/2"}, ["slices a --batch-file"]),
        ({"batch_file": "", "customers": ("acme",), "batch_name": "x"}, ["--batch-file; there is none"]),
        ({"env_overrides": ("MMR_LAMDA=1",)}, ["did you mean `MMR_LAMBDA`"]),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(root, options, words):
    with pytest.raises(InputError) as caught:
        resolved(root, **options)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_problem_that_every_run_has_is_told_once(root):
    with pytest.raises(InputError) as caught:
        resolved(root, env_overrides=("MMR_LAMDA=1",))
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    "spelling", ["http://shop:80", "HTTP://Shop/", " http://shop", "http://shop.", "http://shop:80//"]
)
def test_an_address_is_the_same_however_it_is_spelled(spelling):
    assert same_address(spelling) == "http://shop"


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "[::1]", "LOCALHOST.", "127.1", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0", "[0::1]"],
)  # fmt: skip
def test_this_machine_is_one_service_whatever_it_is_called(host):
    assert same_address(f"http://{host}:8000/") == "http://127.0.0.1:8000"


def test_a_name_is_the_same_in_either_of_its_alphabets():
    assert same_address("http://b\u00fccher.example") == same_address("http://xn--bcher-kva.example")


@pytest.mark.parametrize("host", ["127.0.0.2", "[::2]", "10.0.0.1", "localhost.example", "fab1", "xn--a"])
def test_other_hosts_stay_apart_from_this_machine(host):
    assert same_address(f"http://{host}") != same_address("http://localhost")


@pytest.mark.parametrize("other", ["http://shop:8080", "https://shop", "http://shop/a", "http://shop2"])
def test_other_addresses_stay_apart(other):
    assert same_address(other) not in ("http://shop", "")


@pytest.mark.parametrize("broken", ["http://[::1", "http://shop:x", "shop", "http://"])
def test_what_is_no_address_is_left_to_whom_it_may_concern(broken):
    assert same_address(broken) == broken


def test_two_runs_in_one_namespace_of_one_service_are_refused(root):
    runs = "- {customer: acme, base_url: 'http://s:1', namespace: n}\n- {customer: acme, id: b, base_url: 'HTTP://S:1/', namespace: n}\n"
    for first, second in (("s", "S"), ("localhost", "127.0.0.1")):
        (root / "batches" / "b.yaml").write_text(
            runs.replace("s:1", f"{first}:1").replace("S:1", f"{second}:1")
        )
        with pytest.raises(InputError, match="`acme` and `b` have the same namespace `n`"):
            resolved(root)
    (root / "batches" / "b.yaml").write_text(runs)
    with pytest.raises(InputError, match="`acme` and `b` have the same namespace `n`"):
        resolved(root)
    apart = runs.replace("id: b,", "id: b, org_id: 7f3c1a52-9f0e-4c1b-8a3d-2b1f60c4d9e1,")
    (root / "batches" / "b.yaml").write_text(apart)
    assert len(resolved(root).plans) == 2


names = st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=1, max_size=20, unique=True)


@given(
    names, st.integers(1, 6), st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.floats(0.1, 100))
)
def test_slices_are_disjoint_and_complete_whatever_is_known_of_durations(ids, count, seconds):
    slices = [sliced(ids, (index, count), seconds) for index in range(1, count + 1)]
    assert sorted(name for part in slices for name in part) == sorted(ids)
    assert all(list(part) == [name for name in ids if name in part] for part in slices)
    assert set(sliced(ids[::-1], (1, count), seconds)) == set(slices[0])


def test_long_simulations_are_dealt_to_different_slices():
    seconds = {"a": 100.0, "b": 100.0, "c": 1.0, "d": 1.0}
    one, two = (set(sliced(["a", "b", "c", "d"], (index, 2), seconds)) for index in (1, 2))
    assert ("a" in one) != ("b" in one)
    assert len(one) == len(two) == 2


def test_no_slice_is_asked_for_without_words():
    assert shard_of("") is None
    assert shard_of("2/3") == (2, 3)
