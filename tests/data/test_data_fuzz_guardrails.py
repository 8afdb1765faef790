"""Guardrails (YAML) under property tests: what is sound holds as written, anything else is told with its line."""

from __future__ import annotations

import json
import math

import pytest
import yaml
from fuzzing import bent, for_all, in_two_sizes, names_a_place, told
from hypothesis import strategies as st

from pytest_recsim.data.guardrails import guardrails as module
from pytest_recsim.data.guardrails.guardrail_keys import CHECKS, SEGMENT_CHECKS, SETTINGS, THRESHOLDS
from pytest_recsim.data.guardrails.guardrails import load_guardrails


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shipped = tmp_path / "shipped.yml"  # the real one takes longer to read than everything else together
    shipped.write_text("schema_version: 1\n")
    monkeypatch.setattr(module, "packaged_guardrails", lambda: shipped)

    def from_bytes(data):
        path = tmp_path / "g.yml"
        path.write_bytes(data)
        return load_guardrails(path)

    return from_bytes


def _number(key):
    if key.integer:
        return st.integers(int(key.low), int(key.high))
    return st.floats(key.low, key.high) | st.integers(math.ceil(key.low), math.floor(key.high))


NAMES = st.sampled_from(sorted(THRESHOLDS))
LIMITS = st.sets(NAMES, max_size=4).flatmap(
    lambda keys: st.fixed_dictionaries({key: _number(THRESHOLDS[key]) for key in sorted(keys)})
)
WORD = st.text("ab cé😀:#'\"-,{}[]&*!|>%@`", min_size=1, max_size=8).filter(str.strip)


@st.composite
def sound_files(draw):
    """A guardrails file in one of the ways YAML is written, and its document."""
    document = {"schema_version": 1}
    places = {}
    for place in draw(st.sets(st.sampled_from(["defaults", "acme"]))):
        limits = draw(LIMITS)
        places[place] = limits
        blocks = {group: {} for group in ("quality", "scenarios")}
        for key, value in limits.items():
            severe = draw(st.booleans())
            blocks[THRESHOLDS[key].group][key] = {"value": value, "severity": "warn"} if severe else value
        if place == "defaults":
            document["defaults"] = blocks
        else:
            document["customers"] = {"acme": blocks}
    reason = draw(WORD)
    document.setdefault("customers", {}).setdefault("acme", {})["waivers"] = [
        {"check": "S9", "reason": reason}
    ]
    if draw(st.booleans()):
        text = json.dumps(document, indent=draw(st.sampled_from([None, 2])), ensure_ascii=draw(st.booleans()))
    else:
        flow = draw(st.sampled_from([None, True, False]))
        text = yaml.safe_dump(
            document, default_flow_style=flow, allow_unicode=draw(st.booleans()), sort_keys=False
        )
        text = draw(st.sampled_from(["", "---\n", "# c\n", "%YAML 1.1\n---\n"])) + text
    newline, bom = draw(st.sampled_from(["\n", "\r\n"])), draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return bom + text.replace("\n", newline).encode(), places, reason


@in_two_sizes
def test_a_sound_guardrails_file_holds_as_it_was_written(load, examples):
    def holds(case):
        data, places, reason = case
        rails = load(data)
        for key, facts in THRESHOLDS.items():
            everywhere = places.get("defaults", {}).get(key, facts.default)
            assert rails.threshold(key).value == everywhere
            assert rails.threshold(key, customer="acme").value == places.get("acme", {}).get(key, everywhere)
        assert [waiver.reason for waiver in rails.customers["acme"].waivers] == [reason]

    for_all(examples // 5, sound_files(), holds)


SOUND = """\
schema_version: 1
defaults:
  quality:
    min_catalog_coverage: 0.60 # c
    min_segment_lift_ndcg: {value: 0.15, severity: warn}
    split: 0.75
    verdict: point
    weights: &w { view: 0.1, click: 0.3 }
  scenarios:
    s4_max_ndcg_loss: 0.30
customers:
  acme:
    namespace: shop
    org_id: 7f3c1a52-9f0e-4c1b-8a3d-2b1f60c4d9e1
    fixture: "a.json"
    quality: &q
      min_segment_users: 20
      weights: {<<: *w, add: 1}
    segments:
      new_users: {min_segment_lift_mrr: 0.05}
    namespaces:
      outlet:
        quality: {<<: *q}
    waivers:
      - {check: S9, reason: none, until: 2027-01-31}
      - check: segment_lift_mrr
        segment: new_users
        reason: |
          young
"""
ODD = st.sampled_from(
    [
        "", "~", "null", "NULL", "yes", "No", "on", "TRUE", "y", "1", "0", "-0.0", "010", "0o10", "0x1F", "0b1", "1_000",
        "1:30", "1:30.5", "190:20:30", ".5", "1.", "1e3", "1e999", "-1e999", ".inf", "-.INF", ".nan", "9" * 400, "9" * 5000,
        "1" + "0" * 30, "2027-01-31", "2027-02-30", "2027-01-31T00:00:00Z", "2027-01-31 00:00:00 +02:00", "2027-01-31t0:0:0",
        "!!str 1", "!!int x", "!!float 1", "!!bool x", "!!null x", "!!binary aGk=", "!!set {a}", "!!omap [a: 1]", "!x y",
        "!!timestamp x", "!!python/name:os.system", "! 1", "!<tag:yaml.org,2002:int> 1", "&a x", "*w", "*q", "*gone", "&q [*q]",
        "&z {<<: *z}", "{<<: *w}", "{<<: [*w, *q]}", "{<<: 3}", "{<<: [1]}", "{<<: {<<: *w}}", "[]", "{}", "[1, 2]", "{a: b}",
        "{? [a] : b}", "{1: 2}", "{null: 1}", "{true: 1}", "{'': 1}", "{a: 1, a: 2}", "{value: 1}", "{severity: warn}",
        "{value: .nan, severity: x}", "'", '"', '"\\ud83d"', '"\\0"', '"\\U0FFFFFFF"', '"\\x"', "'a\n\n  b'", "|\n  a", ">-\n  a",
        "? a", "- a", "@x", "`x", "%x", "[", "{", "]", "[" * 50 + "]" * 50, "[" * 3000, "a: b: c", "#", "\t", "unseen", "harmful",
        "S9", "catalog_coverage", "block", "\ud800", "\x85", "\u2028", "\x07", "\ufeff", "\0", "\U0001f600", "...", "---",
    ]
) | st.text(max_size=6)  # fmt: skip
KEYS = st.sampled_from(
    [*THRESHOLDS, *SETTINGS, *CHECKS[:3], *SEGMENT_CHECKS, "defaults", "customers", "segments", "waivers", "<<", "", "1", "~", "org_id"]
) | st.text(max_size=5)  # fmt: skip
BEND = st.tuples(
    st.integers(0, 10**4),
    st.sampled_from(["value", "value", "key", "cut", "twice", "indent", "add"]),
    KEYS,
    ODD,
)


def _written(case):
    """The sound file with a few of its lines bent."""
    bends, newline, broken = case
    lines = SOUND.splitlines()
    for number, action, key, odd in bends:
        at = number % len(lines)
        line = lines[at]
        head, colon, _ = line.partition(": ")
        margin = line[: len(line) - len(line.lstrip(" -"))]
        lines[at] = {
            "value": f"{head or margin}: {odd}",
            "key": f"{margin}{key}{line[len(margin) :].lstrip('abcdefghijklmnopqrstuvwxyz_0123456789')}",
            "cut": line[: len(key)],
            "twice": f"{line}\n{line}",
            "indent": f" {line}",
            "add": f"{line}\n{margin}{key}: {odd}",
        }[action if colon or action != "value" else "add"]
    return newline.join("\n".join(lines).split("\n")).encode("utf-8", broken)


MUTATED = st.tuples(
    st.lists(BEND, min_size=1, max_size=3), st.sampled_from(["\n", "\n", "\r\n", "\r"]), st.sampled_from(["replace", "surrogatepass"])
).map(_written)  # fmt: skip


def told_with_a_line(load):
    def holds(data):
        rails, problems = told(lambda: load(data), twice=len(data) % 8 == 0)
        assert all(names_a_place(problem, "g.yml") for problem in problems), problems
        lines = len(data.decode("utf-8", "replace").splitlines()) + 1
        assert all(int(problem.where.split(":")[1]) <= lines for problem in problems), problems
        if rails:
            for key, facts in THRESHOLDS.items():
                for customer in (None, "acme"):
                    found = rails.threshold(key, customer=customer, namespace="outlet", segment="new_users")
                    off = found.value is None and facts.default is None
                    assert off or facts.low <= found.value <= facts.high
                    assert found.severity in ("block", "warn")
            assert all(weight >= 0 for weight in rails.setting("weights", customer="acme").value.values())

    return holds


@in_two_sizes
def test_whatever_is_wrong_in_a_guardrails_file_is_told_with_its_line(load, examples):
    for_all(examples, MUTATED, told_with_a_line(load))


TOKENS = (
    b":", b": ", b"- ", b"\n", b"  ", b"&x ", b"*x", b"<<: ", b"{", b"}", b"[", b"]", b",", b'"', b"'", b"\\", b"!!int ", b"|",
    b"? ", b"%", b"#", b"\t", b"---", b"...", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xa8",
    b"~", b".inf", b"1:30", b"*w", b"\\U0FFFFFFF", b"\x1b",
)  # fmt: skip


@in_two_sizes
def test_arbitrary_and_bent_yaml_is_told_with_its_line(load, examples):
    short = "\n".join(SOUND.splitlines()[:10]).encode()
    bytes_ = st.integers(0, 2**64).map(lambda seed: bent(short, seed, TOKENS)) | st.binary(max_size=60)
    for_all(examples, bytes_, told_with_a_line(load))
