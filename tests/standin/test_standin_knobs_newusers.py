"""Turning what is forced on sparse and new users (contract 10.1, 11 step 6, 12.2)."""

import pytest
from standin_knobs import BASE, SEEDS, Service, Turn, frame, turning, ways
from standin_town import COLD, ESTABLISHED, town

# The forced knob, the one it takes the place of, a value, and what turning the latter does to settled users.
FORCED = {
    "NEW_USER_BLEND_ALPHA": ("BLEND_ALPHA", 0.9, "weights contrib.pop score order"),
    "NEW_USER_BLEND_BETA": ("BLEND_BETA", 0.1, "weights contrib.cooc score order"),
    "NEW_USER_BLEND_GAMMA": ("BLEND_GAMMA", 0.8, "weights contrib.similarity score order"),
    "NEW_USER_MMR_LAMBDA": ("MMR_LAMBDA", 0.4, "mmr reasons"),
}


@turning(*FORCED)
def test_a_forced_value_acts_as_if_everybody_had_it_but_for_sparse_and_new_users_only(turn):
    usual, value, _ = FORCED[turn.name]
    for seed in SEEDS:
        forced = turn(town(seed), value).everything(k=6)
        everybody = Service(town(seed), BASE | {usual: value}).everything(k=6)
        nobody = Service(town(seed), BASE).everything(k=6)
        assert {user: forced[user] for user in COLD} == {user: everybody[user] for user in COLD}
        assert {user: forced[user] for user in ESTABLISHED} == {user: nobody[user] for user in ESTABLISHED}
    assert forced["sparse"] != nobody["sparse"]


# An item that popularity no longer offers may come back as a content candidate, with another signal (contract 12.3).
COMPETITION = "members order policy sources pop? contrib.pop? reasons? score?"
OVERWRITTEN = [
    pytest.param(name, Turn(FORCED[name][0], how), id=f"{FORCED[name][0]}-{how}")
    for name in FORCED
    for how in ways(FORCED[name][0])
]


@pytest.mark.parametrize(("name", "turn"), OVERWRITTEN)
def test_where_a_value_is_forced_turning_the_usual_knob_does_nothing(name, turn):
    usual, value, effect = FORCED[name]
    reached = [user for user in ESTABLISHED if turn.reaches(user)]
    frame(turn, BASE[usual], 0.77, dict.fromkeys(reached, effect), {name: value})


@turning("NEW_USER_POP_FANOUT")
def test_a_forced_fanout_is_how_many_popular_items_sparse_and_new_users_get(turn):
    def counts(fanout, user, k):
        sources = turn(town(1), fanout).ask(user, k=k)["trace"]["extras"]["candidate_sources"]
        return sources["popularity"]["count"]

    for user in COLD:
        assert [counts(fanout, user, 3) for fanout in (5, 9)] == [5, 9]
        assert counts(5, user, 8) == 8  # raised to the length of the list


@turning("NEW_USER_POP_FANOUT", only=("env",))
def test_a_forced_fanout_leaves_settled_users_alone(turn):
    # An anchor that popularity misses gets the highest popularity of the pool (contract 12.3).
    moved = "members order policy sources score pop contrib.pop reasons"
    frame(turn, None, 7, dict.fromkeys(COLD, moved), k=4)


@pytest.mark.parametrize("how", ways("POPULARITY_FANOUT"))
def test_where_a_fanout_is_forced_turning_the_usual_one_does_nothing(how):
    turn = Turn("POPULARITY_FANOUT", how)
    reached = [user for user in ESTABLISHED if turn.reaches(user)]
    frame(turn, 300, 7, dict.fromkeys(reached, COMPETITION), {"NEW_USER_POP_FANOUT": 6}, k=4)


def test_validation_sees_the_forced_value_so_a_bad_override_passes_for_sparse_users_only():
    service = Service(town(1), BASE | {"NEW_USER_MMR_LAMBDA": 0.4, "NEW_USER_BLEND_ALPHA": 0.4})
    for bad in ({"mmr_lambda": 7}, {"blend_alpha": -1}):
        assert service.status("sparse", overrides=bad) == (200, None)
        assert service.status("regular", overrides=bad) == (400, "invalid_config")
