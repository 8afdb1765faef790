"""Turning the limits on lists, fanout, exclude lists and injected anchors (contract 10.1, 12.3)."""

import pytest
from standin_knobs import BASE, SEEDS, Service, frame, turning
from standin_town import COLD, ESTABLISHED, USERS, town

# A fanout that only the length of the list raises.
SCARCE = {"POPULARITY_FANOUT": 2, "NEW_USER_POP_FANOUT": 2}


def popular(service, user, k):
    return service.ask(user, k=k)["trace"]["extras"]["candidate_sources"]["popularity"]["count"]


@turning("RECOMMENDATION_MAX_K")
def test_a_limit_on_k_acts_as_if_no_more_had_been_asked_for(turn):
    for seed in SEEDS:
        free, limited = Service(town(seed), BASE | SCARCE), turn(town(seed), 5, **SCARCE)
        for k in (0, 6, 50):  # 0 asks for 20
            assert limited.everything(k=k) == free.everything(k=5) != free.everything(k=k)
        assert limited.everything(k=4) == free.everything(k=4)
        assert {len(limited.ids(user, k=50)) for user in USERS} == {5}


@turning("RECOMMENDATION_MAX_K")
def test_a_limit_on_k_holds_for_rerank_too(turn):
    sent = [{"item_id": f"i{n:02d}", "score": n} for n in range(12)]
    assert len(turn(town(1), 5).ids("regular", items=sent, k=9)) == 5
    assert len(turn(town(1), 0).ids("regular", items=sent, k=9)) == 9


@turning("RECOMMENDATION_MAX_FANOUT")
def test_a_limit_on_the_fanout_goes_below_k_and_binds_everybody(turn):
    for seed in SEEDS:
        service = turn(town(seed), 6)
        assert {popular(service, user, k) for user in USERS for k in (3, 9)} == {6}


@turning("RECOMMENDATION_MAX_FANOUT")
def test_a_limit_on_the_fanout_is_like_a_fanout_of_that_size(turn):
    for seed in SEEDS:
        limited, usual = turn(town(seed), 6), Service(town(seed), BASE | {"POPULARITY_FANOUT": 6})
        forced = Service(town(seed), BASE | {"NEW_USER_POP_FANOUT": 6})
        for users, like in ((ESTABLISHED, usual), (COLD, forced)):
            assert [limited.ask(user, k=4) for user in users] == [like.ask(user, k=4) for user in users]


@turning("RECOMMENDATION_MAX_FANOUT", only=("env",))
def test_a_limit_above_the_fanout_changes_nothing(turn):
    frame(turn, 0, 1000, {}, k=4)


@turning("RECOMMENDATION_MAX_EXCLUDE_IDS")
@pytest.mark.parametrize("most", [1, 2])
def test_a_limit_on_exclude_ids_keeps_the_first_ones(turn, most):
    for seed in SEEDS:
        free, limited = Service(town(seed), BASE), turn(town(seed), most)
        ids = free.ids("regular")[:4]
        asked, kept = ({"constraints": {"exclude_item_ids": some}} for some in (ids, ids[:most]))
        assert limited.everything(**asked) == free.everything(**kept) != free.everything(**asked)


@turning("RECOMMENDATION_MAX_EXCLUDE_IDS", only=("env",))
def test_a_limit_on_exclude_ids_changes_nothing_for_lists_within_it(turn):
    frame(turn, 0, 2, {})
    frame(turn, 0, 2, {}, constraints={"exclude_item_ids": ["i00", "i01"]})


@turning("RECOMMENDATION_MAX_ANCHORS_INJECTED")
@pytest.mark.parametrize("most", [1, 2])
def test_a_limit_on_injected_anchors_keeps_the_first_ones(turn, most):
    for seed in SEEDS:
        free, limited = Service(town(seed), BASE), turn(town(seed), most)
        for user in ("sparse", "newcomer", "fresh"):
            old, new = (next(iter(s.rows(user).values()))["explain"]["anchors"] for s in (free, limited))
            assert new == old[:most]
            assert limited.ids(user)[: len(new)] == new  # and these alone are promoted
            rest = [(-row["score"], i) for i, row in limited.rows(user).items()][len(new) :]
            assert rest == sorted(rest)


@turning("RECOMMENDATION_MAX_ANCHORS_INJECTED", only=("env",))
def test_a_limit_on_injected_anchors_concerns_users_with_anchors_to_inject(turn):
    signals = "anchors cooc contrib.cooc similarity contrib.similarity reasons score order"
    # Fewer anchors than a boost needs damp it (contract 12.7), which fresh users with five of them escape.
    frame(turn, 0, 1, {"sparse newcomer": signals, "fresh": f"{signals} boost_multiplier"})
