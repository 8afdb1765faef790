"""What the processes of a run share: a context that crosses as JSON, ledgers that add up, a controller's view."""

from __future__ import annotations

from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from simulation_town import context_of

from pytest_recsim.service.api.capabilities import Capabilities
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.service.watch.violations import Violation, WatchSummary
from pytest_recsim.simulation.session.ledger import Ledger, entries, total_tally
from pytest_recsim.simulation.session.opened import Opened
from pytest_recsim.simulation.session.run import RunContext, Secret

COUNTS = st.dictionaries(st.sampled_from(["GET /v1/items", "recommendations", "500"]), st.integers(0, 10**6))
TALLIES = st.builds(
    Tally,
    requests=COUNTS.map(Counter),
    retries=COUNTS.map(Counter),
    failed=COUNTS.map(Counter),
    seconds=st.integers(0, 1000).map(float),
    recommendations=st.integers(0, 1000),
    strays=st.integers(0, 9),
    looked_at=st.integers(0, 9),
    unknown=COUNTS.map(Counter),
)


def test_a_context_reaches_a_worker_as_it_was(prepared_once, tmp_path):
    context = context_of(
        prepared_once[0],
        tmp_path,
        influences=("a rule",),
        holder="me",
        capabilities=Capabilities(validates=False),
    )
    assert msgspec.json.decode(msgspec.json.encode(context), type=RunContext) == context


def test_a_token_crosses_to_workers_and_is_in_no_traceback(prepared_once, tmp_path):
    context = context_of(prepared_once[0], tmp_path)
    assert b"t0ken" in msgspec.json.encode(context)
    assert "t0ken" not in repr(context)
    assert repr(Secret("t0ken")) == "Secret()"


def test_every_customer_has_a_folder_of_their_own_whatever_the_name(prepared_once, tmp_path):
    """One called like a file of the run must not get into its way."""
    contexts = [
        context_of(msgspec.structs.replace(prepared_once[0], id=name), tmp_path)
        for name in ("acme", "simulations")
    ]
    folders = {context.folder for context in contexts}
    assert len(folders) == 2
    assert {folder.parent for folder in folders} == {contexts[0].scratch_folder / "simulations"}
    assert contexts[0].bundle.root == tmp_path / "bundle"


def test_what_the_controller_has_opened_starts_with_nothing_known(sim):
    one, other = Opened(sim), Opened(sim)
    assert (one.plan, one.stand_in, one.facts, one.found, one.spoiled) == (sim.plan, None, None, None, "")
    one.notes.append("a note")
    one.tallies.append(Tally())
    assert (other.notes, other.tallies) == ([], [])


# --- ledgers ---


@settings(max_examples=25)
@given(st.lists(TALLIES, max_size=4))
def test_the_processes_counts_add_up_and_survive_the_way_over_the_disk(tmp_path_factory, tallies):
    folder = tmp_path_factory.mktemp("ledgers")
    for tally in tallies:
        Ledger(folder).write(tally, None, 0.0)
    total = total_tally(entries(folder))
    assert total.recommendations == sum(tally.recommendations for tally in tallies)
    assert total.seconds == sum(tally.seconds for tally in tallies)
    assert (total.strays, total.looked_at) == (
        sum(tally.strays for tally in tallies),
        sum(tally.looked_at for tally in tallies),
    )
    for name in ("requests", "retries", "failed", "unknown"):
        assert getattr(total, name) == sum((getattr(tally, name) for tally in tallies), Counter())


def test_a_ledger_that_is_written_again_replaces_what_it_said_before(tmp_path):
    """After every check: a killed worker's last word counts, and counts once."""
    ledger = Ledger(tmp_path)
    for asked in (1, 5):
        ledger.write(Tally(recommendations=asked), None, float(asked))
    (entry,) = entries(tmp_path)
    assert (entry.tally["recommendations"], entry.written) == (5, 5.0)


def test_two_ledgers_of_one_process_both_count(tmp_path):
    for asked in (1, 5):
        Ledger(tmp_path).write(Tally(recommendations=asked), None, 0.0)
    assert total_tally(entries(tmp_path)).recommendations == 6


def test_waits_are_kept_with_their_surface_to_a_tenth_of_a_millisecond(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.waited("recsim-s5", 0.123456789)
    ledger.waited("recsim-s8", 2.0)
    ledger.write(Tally(), None, 0.0)
    assert entries(tmp_path)[0].waits == [("recsim-s5", 0.1235), ("recsim-s8", 2.0)]
    assert Ledger(tmp_path).waits == []


def test_what_was_seen_comes_back_with_its_breaches(tmp_path):
    breach = Violation("contract", "duplicate ids", 2, "`i1` twice", "u1", "curl x")
    seen = WatchSummary(10, 200, 3, {"availability": 10}, (breach,))
    Ledger(tmp_path).write(Tally(), seen, 0.0)
    assert entries(tmp_path)[0].watch == seen


def test_other_files_of_the_folder_are_no_ledgers_and_an_empty_one_has_counted_nothing(tmp_path):
    (tmp_path / "lists.msgpack").write_bytes(b"x")
    assert entries(tmp_path) == []
    assert total_tally([]) == Tally()
