"""Turning the blend weights and the two tables of weights (contract 10.1, 11, 12.6)."""

import pytest
from standin_knobs import BASE, SEEDS, Service, frame, turning
from standin_town import USERS, town

WEIGHTS = {"BLEND_ALPHA": ("pop", 0.3), "BLEND_BETA": ("cooc", 0.5), "BLEND_GAMMA": ("similarity", 0.2)}
OTHER = {"BLEND_ALPHA": 0.1, "BLEND_BETA": 0.9, "BLEND_GAMMA": 0.4}
TABLE = "0.1|0.9|0.4"


def weights_in_use(service, **request):
    blends = [row["explain"]["blend"] for row in service.rows("regular", **request).values()]
    return {tuple(blend.get(name) for name in ("alpha", "beta", "gamma")) for blend in blends}


def parts(row):
    return row["explain"]["blend"]["contrib"]


@turning(*WEIGHTS)
def test_a_weight_scales_its_own_contribution_and_scores_are_the_sum(turn):
    signal, usual = WEIGHTS[turn.name]
    for seed in SEEDS:
        before, after = turn(town(seed), usual), turn(town(seed), 3 * usual)
        for user in filter(turn.reaches, USERS):
            new = after.rows(user)
            for item_id, old in before.rows(user).items():
                scaled = parts(old) | {name: 3 * part for name, part in parts(old).items() if name == signal}
                assert parts(new[item_id]) == pytest.approx(scaled)
                boost = new[item_id]["explain"].get("personalization", {}).get("boost_multiplier", 1)
                assert new[item_id]["score"] == pytest.approx(boost * sum(parts(new[item_id]).values()))


@turning(*WEIGHTS, only=("env",))
def test_a_weight_changes_scores_but_nothing_that_they_are_made_of(turn):
    signal, usual = WEIGHTS[turn.name]
    moved = f"weights contrib.{signal} score order"
    may = dict.fromkeys(USERS, moved)
    if signal == "cooc":  # a stranger has no anchors, so nothing was visited together with them
        may["stranger"] = "weights"
    frame(turn, usual, 3 * usual, may)


@turning("BLEND_BETA", "BLEND_GAMMA")
def test_a_weight_of_zero_silences_its_signal(turn):
    signal, usual = WEIGHTS[turn.name]
    source = {"cooc": "cooc", "similarity": "embedding"}[signal]
    loud, silent = (turn(town(1), weight).ask("regular") for weight in (usual, 0))
    assert any(signal in parts(row) for row in loud["items"])
    assert not any(signal in parts(row) for row in silent["items"])
    states = [answer["trace"]["extras"]["signal_status"] for answer in (loud, silent)]
    assert [source in state for state in states] == [True, False]


@pytest.mark.parametrize("seed", SEEDS)
def test_doubling_all_weights_doubles_every_score_and_keeps_every_order(seed):
    once = Service(town(seed), BASE)
    twice = Service(town(seed), BASE | {name: 2 * usual for name, (_, usual) in WEIGHTS.items()})
    for user in USERS:
        old, new = once.rows(user), twice.rows(user)
        assert list(old) == list(new)
        assert [row["score"] for row in new.values()] == pytest.approx(
            [2 * row["score"] for row in old.values()]
        )


def test_three_weights_of_zero_mean_popularity_alone():
    nothing = Service(town(1), BASE | dict.fromkeys(WEIGHTS, 0))
    popularity = Service(town(1), BASE | dict.fromkeys(WEIGHTS, 0) | {"BLEND_ALPHA": 1})
    assert nothing.everything() == popularity.everything()


def test_the_blend_of_a_request_replaces_all_weights_even_those_of_new_users():
    forced = {f"NEW_USER_{name}": 0.7 for name in WEIGHTS}
    tables = {"BLEND_WEIGHTS_OVERRIDES": "n=1|1|1", "BLEND_SEGMENT_OVERRIDES": "regulars=1|0|1"}
    blend = {"pop": 0.1, "cooc": 0.9, "similarity": 0.4}
    plain, full = Service(town(1), BASE), Service(town(1), BASE | forced | tables)
    assert plain.everything(blend=blend) == full.everything(blend=blend)
    assert plain.everything() != full.everything()


# --- tables ---------------------------------------------------------------------------------------------------


@turning("BLEND_WEIGHTS_OVERRIDES")
@pytest.mark.parametrize("name", ["n", "N", "*", "*=1|0|0,n"])
def test_weights_of_a_namespace_act_as_if_they_were_the_weights(turn, name):
    for seed in SEEDS:
        told = turn(town(seed), f"{name}={TABLE}").everything()
        assert told == Service(town(seed), BASE | OTHER).everything()
        assert told != Service(town(seed), BASE).everything()


@turning("BLEND_WEIGHTS_OVERRIDES")
def test_namespaces_are_told_apart_by_case_except_in_the_table(turn):
    place = town(1)
    place.namespaces = ("n", "N")
    told, other = turn(place, f"n={TABLE}"), Service(place, BASE | OTHER)
    assert told.everything(namespace="N") == other.everything(namespace="N") == told.everything()


@turning("BLEND_WEIGHTS_OVERRIDES")
def test_weights_of_a_namespace_leave_other_namespaces_alone(turn):
    place = town(1)
    place.namespaces = ("n", "other")
    usual, told = Service(place, BASE), turn(place, f"n={TABLE}")
    assert told.everything(namespace="other") == usual.everything(namespace="other") == usual.everything()
    assert told.everything() != usual.everything()


@turning("BLEND_WEIGHTS_OVERRIDES")
def test_weights_of_a_namespace_beat_a_segment_profile_and_lose_to_the_request(turn):
    profile = {"blend_alpha": 1, "blend_beta": 1, "half_life_days": 5, "popularity_fanout": 300}
    services = [turn(town(1), f"n={TABLE}"), Service(town(1), BASE | OTHER), Service(town(1), BASE)]
    for service in services:
        service.segment(profile)
    told, by_profile, also_by_profile = (weights_in_use(service) for service in services)
    assert told == {(0.1, 0.9, 0.4)}
    assert by_profile == also_by_profile == {(1, 1, None)}
    assert weights_in_use(services[0], overrides={"blend_alpha": 0.5}) == {(0.5, 0.9, 0.4)}


@turning("BLEND_WEIGHTS_OVERRIDES", "BLEND_SEGMENT_OVERRIDES")
def test_weights_below_zero_start_but_refuse_every_request_that_they_concern(turn):
    service = turn(town(1), "n=-1|0|1,regulars=-1|0|1", NEW_USER_BLEND_ALPHA=1)
    assert service.status("regular") == (400, "invalid_config")
    assert service.status("sparse") == (200, None)  # has another alpha forced on


@turning("BLEND_SEGMENT_OVERRIDES")
@pytest.mark.parametrize("others", [{}, {"BLEND_WEIGHTS_OVERRIDES": "n=1|1|1"}])
def test_weights_of_a_segment_concern_its_users_and_beat_those_of_the_namespace(turn, others):
    for seed in SEEDS:
        told = turn(town(seed), f"regulars={TABLE},elsewhere=1|0|0", **others).everything()
        usual = Service(town(seed), BASE | others).everything()
        other = Service(town(seed), BASE | OTHER).everything()
        for user in USERS:
            assert told[user] == (other if user in ("regular", "sparse") else usual)[user]
            assert other[user] != usual[user]


@turning("BLEND_SEGMENT_OVERRIDES")
@pytest.mark.parametrize(("named", "alpha"), [("club", 0.1), ("regulars", 0.6)])
def test_a_matched_segment_is_the_one_that_the_table_is_asked_for(turn, named, alpha):
    service = turn(town(1), f"{named}={TABLE}")
    service.segment({"blend_alpha": 0.6, "half_life_days": 5})
    service.post(
        "/v1/segments:upsert",
        namespace="n",
        segment={"segment_id": "club", "profile_id": "p", "active": True, "priority": 9},
    )
    assert {weights[0] for weights in weights_in_use(service)} == {alpha}
