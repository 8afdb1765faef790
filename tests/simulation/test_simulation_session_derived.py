"""What is worked out from the quality lists is made once, and anew for other lists."""

from __future__ import annotations

import gc

from pytest_recsim.simulation.session.derived import OfLists


class Sim:
    def __init__(self) -> None:
        self.lists = {"u": object()}


def test_it_is_made_once_for_each_simulation():
    made = []
    number = OfLists(lambda sim: made.append(sim) or len(made))
    one, other = Sim(), Sim()
    assert [number(one), number(one), number(other), number(one)] == [1, 1, 2, 1]


def test_other_lists_make_it_anew():
    count = OfLists(lambda sim: len(sim.lists))
    sim = Sim()
    assert count(sim) == 1
    sim.lists = {"u": object(), "v": object()}
    assert count(sim) == 2


def test_it_keeps_no_simulation_alive():
    held = OfLists(lambda sim: 1)
    sim = Sim()
    held(sim)
    del sim
    gc.collect()
    assert not held._made
