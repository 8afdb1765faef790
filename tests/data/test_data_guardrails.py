"""Guardrails: precedence, origins, waivers, and every mistake told with its line."""

from __future__ import annotations

import copy
import datetime as dt
import itertools

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_recsim.data.guardrails.guardrail_keys import CHECKS, SETTINGS, THRESHOLDS
from pytest_recsim.data.guardrails.guardrails import Waiver, load_guardrails, packaged_guardrails
from pytest_recsim.data.guardrails.metric_table import GUARDED
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.input.yamlmarks import load_marked, plain
from pytest_recsim.schemas import schema

NDCG = "min_segment_lift_ndcg"


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def from_text(text):
        path = tmp_path / "g.yml"
        path.write_text(text)
        return load_guardrails(path)

    return from_text


def told(read, text):
    with pytest.raises(InputError) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def attempt(path):
    try:
        return load_guardrails(path), ()
    except InputError as error:
        return None, error.problems


def test_the_shipped_file_sets_every_key_to_the_built_in_value():
    shipped = load_guardrails()
    for key in THRESHOLDS.values():
        found = shipped.threshold(key.name)
        assert (found.value, found.severity) == (key.default, "block")
        assert found.origin.endswith("built in" if key.optional else "(defaults)")
    assert {key: shipped.setting(key).value for key in SETTINGS} == dict(SETTINGS)


def test_the_shipped_file_pairs_customer_a():
    entry = load_guardrails().customer("customer-a")
    assert (entry.namespace, entry.env_profile) == ("customer_a", "customer_a")
    assert entry.fixture == packaged_guardrails().parent / "fixtures/customers/customer_a.json"
    assert load_guardrails().customer("nobody") is None


def test_an_origin_names_file_line_and_place():
    found = load_guardrails().threshold("min_catalog_coverage", customer="customer-a")
    lines = packaged_guardrails().read_text().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "min_catalog_coverage" in line)
    assert found.origin == f"guardrails.yml:{number} (defaults)"


PLACES = {
    "customer+namespace+segment": ("customers", "acme", "namespaces", "ns", "segments", "seg"),
    "customer+segment": ("customers", "acme", "segments", "seg"),
    "customer+namespace": ("customers", "acme", "namespaces", "ns", "quality"),
    "customer": ("customers", "acme", "quality"),
    "defaults": ("defaults", "quality"),
}


@pytest.mark.parametrize("present", list(itertools.product([True, False], repeat=5)))
def test_the_most_specific_place_wins_whatever_else_is_said(read, present):
    said = [place for place, there in zip(PLACES, present, strict=True) if there]
    document: dict = {"defaults": {}}
    for place in said:
        section = document
        for step in PLACES[place]:
            section = section.setdefault(step, {})
        section[NDCG] = float(list(PLACES).index(place) + 1)
    found = read(yaml.safe_dump(document)).threshold(NDCG, customer="acme", namespace="ns", segment="seg")
    assert found.value == (float(list(PLACES).index(said[0]) + 1) if said else 0.10)
    assert ("packaged guardrails.yml" in found.origin) == (not said)


def test_a_place_holds_only_for_its_own_customer_namespace_and_segment(read):
    rails = read(
        "customers:\n  acme:\n    segments: {new: {min_segment_lift_ndcg: 0.5}}\n"
        "    namespaces: {ns: {quality: {min_segment_lift_ndcg: 0.4}}}\n"
    )

    def value(**where):
        return rails.threshold(NDCG, **where).value

    assert value(customer="acme", namespace="ns", segment="new") == 0.5
    assert value(customer="acme", namespace="ns", segment="old") == 0.4
    assert value(customer="acme", namespace="other") == 0.1
    assert value(customer="other", namespace="ns", segment="new") == 0.1
    assert rails.threshold(NDCG, customer="acme", segment="new").origin == "g.yml:3 (acme, new)"


def test_value_and_severity_are_inherited_apart(read):
    rails = read(
        "defaults: {quality: {min_segment_lift_ndcg: 0.3, min_segment_lift_mrr: {value: 0.2, severity: warn}}}\n"
        "customers:\n"
        "  acme:\n"
        "    quality:\n"
        "      min_segment_lift_ndcg: {severity: warn}\n"
        "      min_segment_lift_mrr: 0.4\n"
    )
    ndcg = rails.threshold(NDCG, customer="acme")
    assert (ndcg.value, ndcg.severity) == (0.3, "warn")
    assert ndcg.origin == "g.yml:1 (defaults), severity g.yml:5 (acme)"
    mrr = rails.threshold("min_segment_lift_mrr", customer="acme")
    assert (mrr.value, mrr.severity) == (0.4, "warn")
    assert rails.threshold(NDCG).severity == "block"


def test_another_file_replaces_ours_but_for_the_packaged_defaults(read):
    rails = read("defaults: {quality: {min_catalog_coverage: 0.999}}\n")
    assert rails.customers == {}
    assert rails.threshold("min_catalog_coverage").value == 0.999
    other = rails.threshold("min_long_tail_share")
    assert other.value == 0.2
    assert "guardrails.yml:" in other.origin
    assert other.origin.startswith("packaged guardrails.yml:")


def test_settings_resolve_like_thresholds_and_weights_inherit_what_they_leave_out(read):
    rails = read(
        "defaults: {quality: {weights: {view: 0}, split: 2026-01-01T00:00:00+02:00}}\n"
        "customers: {acme: {quality: {weights: {click: 2}, verdict: harmful}, namespaces: {ns: {quality: {relevance: all}}}}}\n"
    )
    weights = rails.setting("weights", customer="acme")
    assert weights.value == {"view": 0.0, "click": 2.0, "add": 0.7, "purchase": 1.0, "custom": 0.2}
    assert weights.origin == "g.yml:2 (acme)"
    assert rails.setting("verdict", customer="acme").value == "harmful"
    assert rails.setting("verdict").value == "point"
    assert rails.setting("relevance", customer="acme", namespace="ns").value == "all"
    assert rails.setting("relevance", customer="acme").value == "unseen"
    assert rails.setting("split").value == dt.datetime(2025, 12, 31, 22, tzinfo=dt.UTC)


def test_a_customer_entry_is_read_with_origins_and_waivers(read, tmp_path):
    rails = read(
        "customers:\n"
        "  acme:\n"
        "    namespace: shop\n"
        "    org_id: 7F3C1A529F0E4C1B8A3D2B1F60C4D9E1\n"
        "    fixture: data/acme.json\n"
        "    waivers:\n"
        "      - {check: S9, reason: no margins, until: 2027-01-31}\n"
        "      - check: segment_lift_mrr\n"
        "        segment: new_users\n"
        "        reason: young\n"
    )
    entry = rails.customer("acme")
    assert (entry.namespace, entry.env_profile) == ("shop", None)
    assert entry.org_id == "7f3c1a52-9f0e-4c1b-8a3d-2b1f60c4d9e1"
    assert entry.fixture == tmp_path / "data/acme.json"
    assert entry.origins == {
        "namespace": "g.yml:3 (acme)", "org_id": "g.yml:4 (acme)", "fixture": "g.yml:5 (acme)",
    }  # fmt: skip
    assert entry.waivers == (
        Waiver("S9", None, "no margins", dt.date(2027, 1, 31), "g.yml:7"),
        Waiver("segment_lift_mrr", "new_users", "young", None, "g.yml:8"),
    )


def test_an_optional_threshold_is_off_unless_it_has_a_value_and_can_be_switched_off_again(read):
    rails = read(
        "defaults: {quality: {min_novelty: 6, max_gini: {severity: warn}}}\n"
        "customers:\n"
        "  acme:\n"
        "    quality: {min_novelty: off, max_gini: {value: off}}\n"
        "    segments: {new: {min_novelty: 3}}\n"
    )

    def value(key, **where):
        return rails.threshold(key, **where).value

    assert (value("min_recall"), rails.threshold("min_recall").origin) == (None, "built in")
    assert value("min_novelty") == value("min_novelty", customer="other", segment="new") == 6
    assert value("min_novelty", customer="acme") is None
    assert value("min_novelty", customer="acme", segment="new") == 3
    assert rails.threshold("max_gini").unfinished == "g.yml:1 (defaults)"
    assert rails.threshold("max_gini", customer="acme").unfinished == ""


def test_thresholds_of_own_metrics_are_known_where_they_may_hold(read):
    rails = read(
        "defaults: {own: {min_fit: 0.5}}\n"
        "customers:\n"
        "  acme:\n"
        "    own: {min_fit: {severity: warn}, max_age: -2}\n"
        "    segments: {new: {own: {min_fit: 0.25}}}\n"
        "    namespaces: {ns: {own: {max_price: 1000000}}}\n"
        "  other: {own: {min_else: 1}}\n"
    )
    assert rails.own_keys("acme", "ns") == ["own.min_fit", "own.max_age", "own.max_price"]
    assert rails.own_keys("acme", "shop") == ["own.min_fit", "own.max_age"]
    assert rails.own_keys("nobody", "shop") == ["own.min_fit"]
    found = rails.threshold("own.min_fit", customer="acme", segment="new")
    assert (found.value, found.severity, found.origin) == (
        0.25,
        "warn",
        "g.yml:5 (acme, new), severity g.yml:4 (acme)",
    )
    with pytest.raises(KeyError):
        rails.threshold("own.fit")


@pytest.mark.parametrize(
    "check",
    [
        "novelty",
        "S11",
        "own.min_fit",
        "own_metrics",
        "test_mine.py::test_rule",
        "test_mine.py::TestX::test_rule",
    ],
)
def test_a_waiver_may_name_a_check_of_ones_own_and_a_segment_of_it(read, check):
    segment = "" if check in ("own_metrics", "S11") else "segment: new, "
    entry = read(customer(f"waivers: [{{check: '{check}', {segment}reason: x}}]")).customer("acme")
    assert entry.waivers[0].check == check


def quality(text):
    return f"defaults:\n  quality: {{{text}}}\n"


def customer(text):
    return f"customers:\n  acme: {{{text}}}\n"


WRONG = [
    ("", "g.yml:1: the file is nothing; must be a mapping with `defaults` and `customers`"),
    ("- a\n", "g.yml:1: the file is a list"),
    ("schema_version: 2\n", "g.yml:1: `schema_version` is 2; must be 1"),
    ("default: {}\n", "g.yml:1: `default`: unknown key; did you mean `defaults`?"),
    ("defaults: 3\n", "g.yml:1: `defaults` is 3; must be a mapping"),
    ("defaults:\n  quality:\n", "g.yml:2: `quality` is nothing; must be a mapping"),
    (quality("min_segment_lift_ncdg: 0.1"), "g.yml:2: `min_segment_lift_ncdg`: unknown key; did you mean `min_segment_lift_ndcg`?"),
    (quality("s7_min_avg_mrr: 0.1"), "g.yml:2: `s7_min_avg_mrr` does not belong under `quality`; must be under `scenarios`"),
    (quality("min_catalog_coverage: high"), 'g.yml:2: `min_catalog_coverage` is text "high"; must be a number 0 to 1'),
    (quality("min_catalog_coverage: '0.6'"), 'is text "0.6"; must be a number 0 to 1'),
    (quality("min_catalog_coverage: 1.5"), "`min_catalog_coverage` is 1.5; must be a number 0 to 1"),
    (quality("min_catalog_coverage: .nan"), "`min_catalog_coverage` is nan; must be a number 0 to 1"),
    (quality("min_segment_lift_mrr: .inf"), "`min_segment_lift_mrr` is inf; must be a number -1 to 1000"),
    (quality("min_catalog_coverage: true"), "is `true`, a truth value; must be a number 0 to 1"),
    (quality("min_catalog_coverage: null"), "`min_catalog_coverage` is nothing; must be a number 0 to 1"),
    (quality("min_catalog_coverage: [1]"), "`min_catalog_coverage` is a list; must be a number 0 to 1"),
    (quality("min_segment_users: 2.5"), "`min_segment_users` is 2.5; must be a whole number 1 to 1e+06"),
    (quality("min_catalog_coverage: {}"), "is an empty mapping; must be a number 0 to 1, or a value and a severity"),
    (quality("min_catalog_coverage: {severity: wran}"), 'is text "wran"; must be one of block, warn; did you mean `warn`?'),
    (quality("min_catalog_coverage: {value: 2}"), "`min_catalog_coverage` is 2; must be a number 0 to 1"),
    (quality("min_catalog_coverage: {valu: 1}"), "`valu`: unknown key; did you mean `value`?"),
    (quality("min_catalog_coverage: off"), "`min_catalog_coverage` is `false`, a truth value; must be a number 0 to 1"),
    (quality("min_novelty: on"), "`min_novelty` is `true`, a truth value; must be a number 0 to 100, or off"),
    (quality("max_p95_ms: -1"), "`max_p95_ms` is -1; must be a number 0 to 600000, or off"),
    (quality("own: {min_fit: 1}"), "`own`: unknown key"),
    (customer("own: {fit: 1}"), "`fit`: under `own` a key must be min_<metric> or max_<metric>"),
    (customer("own: {min_Fit: 1}"), "`min_Fit`: under `own` a key must be min_<metric>"),
    (customer("own: {min_fit: high}"), '`min_fit` is text "high"; must be a number'),
    (customer("own: {min_fit: .inf}"), "`min_fit` is inf; must be a number"),
    (customer("own: {min_fit: {valu: 1}}"), "`valu`: unknown key; did you mean `value`?"),
    (customer("own: 3"), "`own` is 3; must be a mapping"),
    (customer("segments: {new: {max_gini: 1}}"), "`max_gini` does not belong under `segments`; must be under `quality`"),
    (customer("segments: {new: {own: {fit: 1}}}"), "`fit`: under `own` a key must be min_<metric>"),
    (customer("waivers: [{check: own.fit, reason: x}]"), '`check` is text "own.fit"; must be'),
    (customer("waivers: [{check: gini, reason: x, segment: new}]"), "regression_recall, regression_recall_absolute, as a `segment` is named"),
    (quality("verdict: confidnet"), '`verdict` is text "confidnet"; must be one of point, confident, harmful; did you mean `confident`?'),
    (quality("relevance: on"), "`relevance` is `true`, a truth value; must be one of unseen, all"),
    (quality("split: 1"), "`split` is 1; must be a share above 0 and below 1"),
    (quality("split: 1.5"), "`split` is 1.5; must be a share above 0 and below 1"),
    (quality("split: 2026-01-01"), "is not an instant; must be a share above 0 and below 1, or an RFC 3339 instant"),
    (quality("split: '2026-01-01T00:00:00'"), "has no offset"),
    (quality("weights: {veiw: 1}"), "`veiw`: unknown key; did you mean `view`?"),
    (quality("weights: {view: -1}"), "`view` is -1; must be a weight, a number 0 to 1000"),
    (quality("weights: {view: .nan}"), "`view` is nan; must be a weight"),
    (quality("weights: {}"), "`weights` is an empty mapping; must be numbers"),
    ("customers: {Acme Inc: {}}\n", "g.yml:1: `Acme Inc`: under `customers` a key must be lower-case letters"),
    ("customers: {acme: }\n", "`acme` is nothing; must be a mapping"),
    (customer("namspace: x"), "g.yml:2: `namspace`: unknown key; did you mean `namespace`?"),
    (customer("namespace: ' '"), '`namespace` is text " "; must be up to 200 letters'),
    (customer("namespace: 5"), "`namespace` is 5; must be up to 200 letters"),
    (customer("namespace: 'shop '"), 'g.yml:2: `namespace` is text "shop "; must be up to 200 letters, digits, `-`, `_` and `.`, a letter or digit first; did you mean `shop`?'),
    (customer("namespaces: {' shop': {}}"), "` shop`: under `namespaces` a key must be up to 200 letters, digits, `-`, `_` and `.`, a letter or digit first; did you mean `shop`?"),
    (customer("org_id: x"), '`org_id` is text "x"; must be a UUID that is not all zeros'),
    (customer("org_id: 00000000-0000-0000-0000-000000000000"), "must be a UUID that is not all zeros"),
    (customer("segments: {new: {min_catalog_coverage: 0.1}}"), "`min_catalog_coverage` does not belong under `segments`; must be under `quality`"),
    (customer("segments: {'': {}}"), "an empty key under `segments`; must be non-empty text"),
    (customer("namespaces: {ns: {waivers: []}}"), "`waivers`: unknown key; must be one of quality, scenarios, own, segments"),
    (customer('namespace: "shop\\n"'), "did you mean `shop`?"),
    (customer("waivers: {}"), "`waivers` is a mapping; must be a list"),
    (customer("waivers: [S9]"), "must be a mapping"),
    (customer("waivers: [{check: s9, reason: x}]"), '`check` is text "s9"; must be'),
    (customer("waivers: [{check: catalog_coverag, reason: x}]"), "did you mean `catalog_coverage`?"),
    (customer("waivers: [{check: S9}]"), "a waiver without `reason`; must have check and reason"),
    (customer("waivers: [{check: S9, reason: ''}]"), '`reason` is text ""; must be non-empty text'),
    (customer("waivers: [{check: S9, reason: x, segment: new}]"), "regression_recall, regression_recall_absolute, as a `segment` is named"),
    (customer("waivers: [{check: S9, reason: x, until: 31.1.2027}]"), '`until` is text "31.1.2027"; must be a date such as 2027-01-31'),
    (customer("waivers: [{check: S9, reason: x, until: 2027-02-30}]"), "must be a date such as 2027-01-31"),
    (customer("waivers: [{check: S9, reason: x, untl: 2027-01-31}]"), "`untl`: unknown key; did you mean `until`?"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=range(len(WRONG)))
def test_a_mistake_is_told_with_line_value_and_what_is_allowed(read, text, sentence):
    found = told(read, text)
    assert sentence in "\n".join(found)
    assert all(line.startswith("g.yml:") for line in found)


def test_everything_wrong_is_told_together(read):
    text = "defaults:\n  quality:\n    a: 1\n    min_catalog_coverage: 7\n  scenarios:\n    s4_max_ndcg_loss: x\nx: 1\n"
    assert [sentence.split(":")[1] for sentence in told(read, text)] == ["3", "4", "6", "7"]


def test_an_unknown_key_of_the_api_is_a_key_error_not_a_default():
    with pytest.raises(KeyError):
        load_guardrails().threshold("min_segment_lift_ncdg")
    with pytest.raises(KeyError):
        load_guardrails().setting("splitt")


def test_check_names_are_the_documented_ones():
    assert {"contract", "availability", "profile", "S1", "S10", "long_tail_share", "novelty"} <= set(CHECKS)
    assert len(CHECKS) == len(set(CHECKS)) == len(GUARDED) + 3 + 10


NUMBER = st.sampled_from(
    [0, 1, 0.5, -1, 20, 2.5, 1e9, float("nan"), float("inf"), True, False, None, "0.5", [], {}]
)
LIMIT = NUMBER | st.fixed_dictionaries(
    {}, optional={"value": NUMBER, "severity": st.sampled_from(["warn", "block", "x", 1])}
)
BLOCK = st.dictionaries(st.sampled_from([*THRESHOLDS, "typo"]), LIMIT, max_size=3)
SETTING = st.fixed_dictionaries({}, optional={
    "verdict": st.sampled_from(["point", "harmful", "x", 3]),
    "relevance": st.sampled_from(["all", "unseen", True]),
    "split": st.sampled_from([0.5, 1, 0, "2026-01-01T00:00:00Z", "2026-01-01t00:00:00.5+02:00", "2026-01-01", None]),
    "weights": st.dictionaries(st.sampled_from(["view", "click", "x"]), NUMBER, max_size=2),
})  # fmt: skip
QUALITY = st.builds(lambda one, two: one | two, BLOCK, SETTING)
WAIVER = st.fixed_dictionaries({}, optional={
    "check": st.sampled_from([*CHECKS, "x", "own.min_fit", "own.fit", "own_metrics", "test_a.py::b", "a.py::", "::b"]),
    "reason": st.sampled_from(["why", "", " ", 3]),
    "segment": st.sampled_from(["new", ""]),
    "until": st.sampled_from(["2027-01-31", "2027-W01-1", dt.date(2027, 1, 31), 5]),
})  # fmt: skip
OWN = st.dictionaries(st.sampled_from(["min_fit", "max_fit_2", "fit", "min_", "min_Fit"]), LIMIT, max_size=2)
SCOPED = {
    "own": OWN,
    "quality": QUALITY,
    "scenarios": BLOCK,
    "segments": st.dictionaries(
        st.sampled_from(["new", "", "\x1f"]),
        st.builds(lambda one, own: one | own, BLOCK, st.fixed_dictionaries({}, optional={"own": OWN})),
        max_size=2,
    ),
}
CUSTOMER = st.fixed_dictionaries({}, optional=SCOPED | {
    "namespace": st.sampled_from(["ns", "", 3, "ns ", "a/b", "n" * 200, "n" * 201, "-ns"]),
    "org_id": st.sampled_from(["7f3c1a529f0e4c1b8a3d2b1f60c4d9e1", "{7f3c1a52-9f0e-4c1b-8a3d-2b1f60c4d9e1}", "x" * 32, 1]),
    "fixture": st.sampled_from(["a.json", "", None]),
    "namespaces": st.dictionaries(st.sampled_from(["ns", " ", " ns"]), st.fixed_dictionaries({}, optional=SCOPED), max_size=1),
    "waivers": st.lists(WAIVER, max_size=2),
})  # fmt: skip
FILES = st.fixed_dictionaries({}, optional={
    "schema_version": st.sampled_from([1, 1.0, "1", 2, True]),
    "defaults": st.fixed_dictionaries({}, optional={"quality": QUALITY, "scenarios": BLOCK, "own": OWN}),
    "customers": st.dictionaries(st.sampled_from(["acme", "a.b-c_1", "Acme"]), CUSTOMER, max_size=2),
    "extra": st.none(),
})  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(FILES)
def test_what_the_loader_accepts_validates_against_the_published_schema(tmp_path_factory, document):
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_text(yaml.safe_dump(document))
    rails, problems = attempt(path)
    assert all(problem.where.rpartition(":")[2].isdigit() for problem in problems)
    said = ("must ", "belongs", "did you mean")
    assert all(any(word in problem.what for word in said) for problem in problems)
    if rails is None:
        assert problems
        return
    jsonschema.validate(plain(load_marked(path, "g")), schema("guardrails"))
    for key in THRESHOLDS:
        found = rails.threshold(key, customer="acme", namespace="ns", segment="new")
        if THRESHOLDS[key].optional and found.value is None:
            continue
        assert THRESHOLDS[key].low <= found.value <= THRESHOLDS[key].high
        assert found.severity in {"block", "warn"}


@settings(deadline=None, max_examples=25)
@given(st.data())
def test_a_mutated_shipped_file_is_accepted_or_an_input_error(tmp_path_factory, data):
    document = copy.deepcopy(yaml.safe_load(packaged_guardrails().read_text()))
    section = document
    while isinstance(section, dict) and section:
        key = data.draw(st.sampled_from(sorted(section)))
        if not isinstance(section[key], dict) or data.draw(st.booleans()):
            section[key] = data.draw(NUMBER | st.text(max_size=5))
            break
        section = section[key]
    path = tmp_path_factory.getbasetemp() / "mutated.yml"
    path.write_text(yaml.safe_dump(document))
    rails, problems = attempt(path)
    assert (rails is None) == bool(problems)
    if rails:
        jsonschema.validate(plain(load_marked(path, "g")), schema("guardrails"))


def test_the_shipped_file_validates():
    jsonschema.validate(plain(load_marked(packaged_guardrails(), "g")), schema("guardrails"))
