"""The page about compatibility says what was measured, of every plugin in the catalogue, and leaves nothing unexplained."""

from __future__ import annotations

from peers_catalogue import PEERS
from peers_page import PAGE, key, load, page
from peers_run import complaints
from peers_versions import PYTESTS, odd

TABLE = load()


def test_the_page_of_compatibility_is_made_from_its_json():
    assert PAGE.read_text(encoding="utf-8") == page(TABLE)


def test_the_table_has_every_plugin_of_the_catalogue_with_the_runs_that_it_asks_for():
    assert [key(row) for row in TABLE["peers"]] == [peer.key for peer in PEERS]
    for peer, row in zip(PEERS, TABLE["peers"], strict=True):
        assert row["version"] == peer.version
        assert {run["customer"] for run in row["runs"]} == set(peer.customers)
        assert {run["workers"] for run in row["runs"]} == ({True, False} if peer.workers else {False})
    assert len({peer.name for peer in PEERS}) >= 40


def test_no_difference_is_left_without_a_reason_and_no_run_says_what_it_must_not():
    rows = zip(PEERS, TABLE["peers"], strict=True)
    assert [sentence for peer, row in rows for sentence in complaints(peer, row)] == []
    assert odd(TABLE["versions"]) == []


def test_the_oldest_and_the_newest_pytest_were_run_on_three_pythons():
    ran = {(row["python"].rpartition(".")[0], row["pytest"]) for row in TABLE["versions"] if row["runs"]}
    assert ran >= {(python, pytest) for python in ("3.11", "3.12", "3.13") for pytest in PYTESTS}
