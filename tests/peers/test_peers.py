"""Runs beside other plugins: how they are compared, and what is complained of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from peers_catalogue import PEERS
from peers_compare import differences, untrue
from peers_model import PASSING
from peers_play import Seen
from peers_run import complaints

PLAIN = Seen(0, "may_go", "Ready to go live: all.", {"S1": "passed", "S2": "passed"})
FIVE = replace(PLAIN, outcomes=dict.fromkeys(("S1", "S2", "S3", "S4", "S5"), "passed"))
FAILED = Seen(1, "must_not_go", "Do not go live: 1.", {"S1": "passed", "S2": "failed"})


@pytest.mark.parametrize(
    ("plain", "other", "told"),
    [
        (PLAIN, replace(PLAIN, text="more colourful"), ()),
        (FAILED, FAILED, ()),
        (PLAIN, Seen(4, "none"), ("exit code 4", "verdict none", "2 of 2 checks did not run")),
        (PLAIN, replace(PLAIN, status="partial", outcomes={"S1": "passed"}), ("verdict partial", "1 of 2")),
        (PLAIN, replace(PLAIN, outcomes=PLAIN.outcomes | {"S3": "passed"}), ("more checks: S3",)),
        (FAILED, replace(FAILED, outcomes=PLAIN.outcomes), ("S2 passed, not failed",)),
        (FAILED, replace(FAILED, code=0), ("exit code 0, not 1",)),
        (
            FIVE,
            replace(FIVE, outcomes=dict.fromkeys(FIVE.outcomes, "missing")),
            ("5 checks missing, not passed",),
        ),
        (PLAIN, replace(PLAIN, sentence="Ready to go live: all 1."), ("says",)),
    ],
)
def test_whatever_a_reader_would_learn_differently_is_a_difference(plain, other, told):
    found = differences(plain, other)
    assert len(found) == len(told)
    assert all(one.startswith(start) for one, start in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (PLAIN, ""),
        (FAILED, ""),
        (Seen(4, "none"), ""),
        (replace(PLAIN, code=1), "pytest ended with 1"),
        (replace(PLAIN, outcomes={"S1": "passed"}), "ready without S2"),
        (replace(PLAIN, outcomes=FAILED.outcomes), "ready without S2"),
        (replace(FAILED, text="acme: Ready to go live: all"), "the record does not say so"),
        (Seen(0, "none"), "a green run without a result"),
    ],
)
def test_a_claim_that_the_results_do_not_bear_is_untrue(other, told):
    found = untrue(PLAIN.outcomes, other, "Ready to go live:")
    assert [told in sentence for sentence in found] == ([True] if told else [])


def test_a_difference_that_the_catalogue_does_not_expect_is_complained_of():
    peer = next(peer for peer in PEERS if not peer.differs)
    run = {"customer": PASSING, "workers": False, "differences": ["exit code 1, not 0"], "untrue": []}
    assert len(complaints(peer, {"runs": [run]})) == 1
    assert complaints(replace(peer, differs={PASSING: ("exit code 1, not 0",)}), {"runs": [run]}) == []


def test_every_expected_difference_has_a_reason():
    assert [peer.key for peer in PEERS if peer.differs and not peer.because] == []
