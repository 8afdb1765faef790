"""A handful of healthy customers in every landing: nothing that a service does may be held against it."""

from __future__ import annotations

import pytest
from alarms_count import count
from alarms_run import run_chunk
from alarms_twists import PLAIN, TWISTS
from alarms_worlds import draw_cases


@pytest.mark.long
def test_no_check_of_behaviour_fails_on_healthy_customers_that_were_never_measured_before(tmp_path):
    """The seed is not the one of docs/false-alarms.md; every twist of a data set occurs."""
    drawn = draw_cases(120, seed=2)
    cases = [next(case for case in drawn if case.twist == twist) for twist in (PLAIN, *TWISTS)]
    tallies, alarms = count(run_chunk(tmp_path / "chunk", cases))
    assert alarms == []
    assert tallies["S1"].runs == len(cases)
    assert all(tallies[name].passed for name in ("S1", "S2", "S3", "S4", "S5", "S8", "S10", "contract"))
