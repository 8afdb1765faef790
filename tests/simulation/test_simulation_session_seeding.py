"""Variants of a sweep are judged on one seeding, and come to what each would come to on its own."""

from __future__ import annotations

import json

import pytest
import simulation_town as towns

from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import resolve
from pytest_recsim.simulation.session.seeding import OUTCOME
from pytest_recsim.simulation.session.simulation import Simulation, SimulationFailed
from pytest_recsim.standin.http.door import Door
from pytest_recsim.standin.process.app import App
from pytest_recsim.testing import shop

SWEEP = ("BRAND_CAP=1,9",)
SERVED = {"base_url": towns.URL, "base_url_source": "--base-url"}
WRITES = ("upsert", "batch", "delete", "rules", "overrides")


class Run:
    """The variants of a sweep of a small shop, each on a stand-in of its own, or all on one service."""

    def __init__(self, folder, **options):
        project = shop().settle(folder / "shop")
        given = {"customers": ("acme",), "root": project.folder, "here": project.folder} | options
        self.plans = resolve(Options(**given)).plans
        self.folder, self.towns, self.sims = folder, [], []
        for plan in self.plans:
            town = self.towns[0] if self.towns and not plan.stand_in else towns.Town(self.plans[0])
            if plan.stand_in:
                town = towns.Town(plan)
                town.app = App(town.app.service, door=Door("127.0.0.1", "t0ken"))
            self.towns.append(town)
            self.sims.append(self.process(plan, town))

    def process(self, plan, town):
        bundle = self.folder / "bundles" / plan.id
        return town.open(Simulation(towns.context_of(plan, self.folder, bundle_dir=str(bundle))))


@pytest.fixture
def run(tmp_path):
    made = []

    def make(name="run", **options):
        made.append(Run(tmp_path / name, **options))
        return made[-1]

    yield make
    for one in made:
        for sim in one.sims:
            sim.close()


def shown(sim):
    return {user: exchange.ids for user, exchange in sim.lists.items()}


def written(town):
    return [path for method, path in town.heard if method != "GET" and any(word in path for word in WRITES)]


def test_a_variant_on_a_stand_in_of_its_own_is_handed_the_rows_and_its_lists_are_its_own(run):
    sweep = run(sweep=SWEEP)
    alone = run("alone", env_overrides=("BRAND_CAP=9",)).sims[0]
    first, second = sweep.sims
    assert shown(first) != shown(second) == shown(alone)
    assert sweep.towns[1].asked("/stand-in/rows:load") == 1
    assert written(sweep.towns[1]) == ["/v1/admin/rules/dry-run"]
    assert first.prepared.seeded.shift_us == second.prepared.seeded.shift_us
    assert second.prepared.quality == alone.prepared.quality


def test_a_variant_on_the_same_service_only_reads_what_the_first_has_seeded(run):
    sweep = run(sweep=SWEEP, **SERVED)
    alone = run("alone", env_overrides=("BRAND_CAP=9",), **SERVED).sims[0]
    first, second = sweep.sims
    once = shown(first)
    sweep.towns[0].forget()
    assert once != shown(second) == shown(alone)
    assert written(sweep.towns[0]) == ["/v1/admin/rules/dry-run"]


def test_the_record_says_whose_rows_they_are_and_that_none_were_sent(run):
    first, second = run(sweep=SWEEP).sims
    assert first.prepared
    assert second.prepared
    manifests = [
        json.loads((sim.context.bundle.artifacts / "seed_manifest.json").read_bytes())
        for sim in (first, second)
    ]
    assert [one["seeded_by"] for one in manifests] == ["", "acme@BRAND_CAP=1"]
    assert manifests[0]["sent"]["items"] == 61
    assert manifests[1]["sent"] == {"items": 0, "users": 0, "events": 0}
    assert manifests[1]["service_counts"] == manifests[0]["service_counts"]
    assert "acme@BRAND_CAP=1 seeded in this run" in manifests[1]["notes"][0]


def test_whoever_is_due_first_seeds_so_that_a_part_of_the_checks_can_run_alone(run):
    first, second = run(sweep=SWEEP, **SERVED).sims
    assert second.prepared.seeded.by == ""
    assert first.prepared.seeded.by == "acme@BRAND_CAP=9"


def test_a_seeding_that_failed_is_told_to_every_variant_and_not_tried_again(run):
    sweep = run(sweep=SWEEP, **SERVED)
    sweep.towns[0].refuse = lambda method, path: 403 if path == "/v1/items:upsert" else 0
    said = []
    for sim in sweep.sims:
        with pytest.raises(SimulationFailed) as caught:
            assert sim.prepared
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert sweep.towns[0].asked("/v1/items:upsert") == 1


def test_after_a_kill_while_it_seeded_the_next_one_starts_over(run):
    sweep = run(sweep=SWEEP, **SERVED)
    first, second = sweep.sims
    assert first.prepared
    (first.context.seeding_folder / OUTCOME).unlink()  # as if it had not come to its end
    assert second.prepared.seeded.by == ""
    assert sweep.towns[0].asked("/v1/events:delete") == 2


# --- questions that variants share ---

PLAIN = {"mmr_lambda": 1.0, "brand_cap": 0, "category_cap": 0}


def asked_by_each(run, **question):
    """How many questions each variant sends for the same lists, and the lists."""
    counts, found = [], []
    for sim, town in zip(run.sims, run.towns, strict=True):
        users = list(sim.lists)[:3]
        town.forget()
        found.append({user: one.ids for user, one in sim.once("plain", users, **question).items()})
        counts.append(town.questions)
    return counts, found


def test_variants_on_one_service_ask_once_what_their_knob_has_no_part_in(run):
    counts, found = asked_by_each(run(sweep=SWEEP, **SERVED), overrides=PLAIN)
    assert counts == [3, 0]
    assert found[0] == found[1]


def test_what_another_variant_has_asked_for_is_checked_in_passing_once_by_each(run):
    made = run(sweep=SWEEP, **SERVED)
    first, other = made.sims
    _ = first.lists, other.lists  # both are prepared
    before = other.everything_seen().answers
    asked_by_each(made, overrides=PLAIN)
    assert other.everything_seen().answers == before + 3
    other.once("plain", list(other.lists)[:3], overrides=PLAIN)
    assert other.everything_seen().answers == before + 3


def test_variants_ask_for_themselves_what_their_knob_is_a_part_of(run):
    counts, _ = asked_by_each(run(sweep=SWEEP, **SERVED), overrides={"mmr_lambda": 1.0})
    assert counts == [3, 3]


def test_variants_with_a_stand_in_each_share_no_answers(run):
    counts, _ = asked_by_each(run(sweep=SWEEP), overrides=PLAIN)
    assert counts == [3, 3]
