"""`recsim guardrails`: what holds for whom and where that is said, and thresholds to start with."""

from __future__ import annotations

import json

import pytest
import yaml
from kept_runs import edit, run_at

from pytest_recsim.cli import main
from pytest_recsim.data.guardrails.guardrails import load_guardrails

GUARDRAILS = """schema_version: 1
defaults:
  quality: {min_catalog_coverage: 0.5}
customers:
  acme:
    quality: {min_novelty: {value: 6, severity: warn}}
    own: {min_basket_fit: 0.2}
    segments:
      new_users: {min_segment_lift_mrr: 0.05}
    namespaces:
      acme_de:
        quality: {min_catalog_coverage: 0.4}
    waivers:
      - {check: S9, reason: no margins, until: 2020-01-31}
      - {check: segment_lift_mrr, segment: new_users, reason: launched last week}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "guardrails.yml").write_text(GUARDRAILS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def recsim(capsys):
    def call(*words):
        code = main(["guardrails", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_every_threshold_is_shown_with_value_severity_place_unit_and_meaning(recsim):
    code, out, _ = recsim("show", "acme")
    rows = [line.split() for line in out.splitlines()]
    assert code == 0
    assert ["min_catalog_coverage", "0.5", "share", "block", "guardrails.yml:3", "(defaults)"] in rows
    assert ["min_novelty", "6", "bits", "warn", "guardrails.yml:6", "(acme)"] in rows
    assert ["own.min_basket_fit", "0.2", "block", "guardrails.yml:7", "(acme)"] in rows
    assert "min_segment_lift_mrr [new_users]" in out
    assert "distinct available items in the first 20 of any list / available items" in out
    assert "off, so nothing is checked: max_gini" in out
    assert "S9: no margins, until 2020-01-31 (guardrails.yml:14), which has passed" in out
    assert (
        "segment_lift_mrr [new_users]: launched last week, until further notice (guardrails.yml:15)\n" in out
    )


def test_a_namespace_and_a_segment_have_their_own(recsim):
    _, out, _ = recsim("show", "acme", "--namespace", "acme_de", "--segment", "new_users", "--json")
    found = {row["key"]: row for row in json.loads(out)["thresholds"]}
    assert found["min_catalog_coverage"]["value"] == 0.4
    assert found["min_catalog_coverage"]["segment"] == ""
    assert found["min_segment_lift_mrr"]["value"] == 0.05
    assert found["min_segment_lift_ndcg"]["segment"] == "new_users"
    assert found["min_segment_lift_ndcg"]["origin"].startswith("packaged guardrails.yml")
    assert found["max_gini"]["value"] is None
    assert json.loads(out)["ended"] == [0]


def test_a_namespace_that_the_file_does_not_name_is_noted_with_the_nearest(recsim):
    code, _, err = recsim("show", "acme", "--namespace", "acme_d")
    assert code == 0
    assert "says nothing of namespace `acme_d`; did you mean `acme_de`?" in err
    assert recsim("show", "acme", "--namespace", "acme")[2] == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "acne"], "did you mean `acme`?"),
        (["show", "acme", "--segment", "new_user"], "did you mean `new_users`?"),
        (["show", "acme", "--namespace", "a b"], "--namespace: `a b`: must be"),
        (["suggest", "--from", "nowhere"], "there is no such folder"),
        (["suggest", "--from", "."], "holds no report folder"),
    ],
)
def test_wrong_names_are_told_with_the_nearest_match(recsim, words, said):
    code, _, err = recsim(*words)
    assert code == 4
    assert said in err


def test_a_segment_of_the_data_set_is_one_although_the_file_does_not_name_it(recsim, folder):
    fixture = folder / "fixtures" / "customers" / "acme.json"
    fixture.parent.mkdir(parents=True)
    users = [{"user_id": "u", "traits": {"segment": "regulars"}}]
    fixture.write_text(json.dumps({"items": [], "users": users, "events": []}))
    assert recsim("show", "acme", "--segment", "regulars")[0] == 0
    assert "did you mean `regulars`?" in recsim("show", "acme", "--segment", "regular")[2]


def test_suggestions_are_a_guardrails_file_that_says_what_it_rests_on(recsim, folder):
    run_at(folder / "reports", 1)
    run_at(folder / "reports", 2)
    run_at(folder / "reports", 3, fixture={"sha256": "f" * 64})
    killed = run_at(folder / "reports", 0)
    edit(killed.metadata, status="started")
    code, out, _ = recsim("suggest", "--from", "reports")
    assert code == 0
    assert "# from 1 run, the newest reports/acme/20261123T120000Z, data set ffffffffffff" in out
    assert out.count("is of other data than the newest run") == 2
    assert "20261120T120000Z did not end (started)" in out
    (folder / "start.yml").write_text(out)
    start = load_guardrails(folder / "start.yml")
    assert start.customer("acme")
    assert (
        yaml.safe_load(out)["customers"]["acme"]["segments"]["bargain_hunters"]["min_segment_lift_ndcg"]
        == -0.37
    )
    assert "not measured in these runs (needs --recsim-compare-to): max_regression_ndcg" in out


def test_suggestions_are_for_the_customer_that_is_named(recsim, folder):
    run_at(folder / "reports", 1)
    run_at(folder / "reports", 1, customer="beta")
    assert list(
        yaml.safe_load(recsim("suggest", "--from", "reports/acme", "reports/beta")[1])["customers"]
    ) == ["acme", "beta"]
    _, out, _ = recsim("suggest", "--from", "reports", "--customer", "beta")
    assert list(yaml.safe_load(out)["customers"]) == ["beta"]
    assert "did you mean `beta`?" in recsim("suggest", "--from", "reports", "--customer", "betta")[2]
