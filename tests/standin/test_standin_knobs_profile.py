"""Turning the boost by taste, the length of profiles, and what sparse users get (contract 10.1, 12.5, 12.7)."""

import pytest
from standin_knobs import BASE, SEEDS, Service, frame, turning
from standin_town import HISTORY, USERS, Place, event, item, town

TAGS = {"jazz": 5, "tea": 4, "chess": 3, "home": 2, "books": 1}
# Five events of one instant, so that a tag weighs as often as it was touched; untouched items of each single tag.
TASTES = Place(
    [item(f"seen {tag}", tag) for tag in TAGS] + [item(f"other {tag}", tag) for tag in TAGS],
    [event("regular", f"seen {tag}", 1) for tag, times in TAGS.items() for _ in range(times)]
    + [event("fan", f"other {tag}", 2) for tag in TAGS],
)


def boosts(service, user="regular"):
    """Return (overlap, multiplier) by item, where there is one."""
    blocks = {i: row["explain"].get("personalization") for i, row in service.rows(user).items()}
    return {i: (block["overlap"], block["boost_multiplier"]) for i, block in blocks.items() if block}


def extras(service, user):
    return service.ask(user)["trace"]["extras"]


# --- the boost ------------------------------------------------------------------------------------------------


@turning("PROFILE_BOOST")
@pytest.mark.parametrize("boost", [0.4, 2.5])
def test_the_boost_multiplies_the_overlap(turn, boost):
    service = turn(town(1), boost)
    for user in filter(turn.reaches, USERS):
        damped = 0.5 if user in ("sparse", "newcomer", "stranger") else 1
        found = boosts(service, user)
        assert found
        for overlap, multiplier in found.values():
            assert multiplier == pytest.approx(1 + damped * boost * overlap)


@turning("PROFILE_BOOST")
def test_a_boost_of_zero_is_off(turn):
    rows = turn(town(1), 0).rows("regular").values()
    assert not any("personalization" in [*row["reasons"], *row["explain"]] for row in rows)
    scores = [sum(row["explain"]["blend"]["contrib"].values()) for row in rows]
    assert [row["score"] for row in rows] == pytest.approx(scores)


@turning("PROFILE_BOOST", only=("env",))
def test_the_boost_changes_no_overlap_and_no_signal(turn):
    frame(turn, 0.8, 1.6, dict.fromkeys(USERS, "boost_multiplier score order"))


# --- the length of a profile ----------------------------------------------------------------------------------


@turning("PROFILE_TOP_N")
@pytest.mark.parametrize("kept", [1, 2, 4, 5, 9])
def test_a_profile_keeps_its_heaviest_tags_and_sums_to_one(turn, kept):
    heaviest = dict(list(TAGS.items())[:kept])
    expected = {f"other {tag}": times / sum(heaviest.values()) for tag, times in heaviest.items()}
    found = boosts(turn(TASTES, kept))
    overlaps = {i: overlap for i, (overlap, _) in found.items() if i.startswith("other")}
    assert overlaps == pytest.approx(expected)


@turning("PROFILE_TOP_N")
def test_a_starter_profile_keeps_as_many_tags(turn):
    long, short = (extras(turn(town(1), kept), "sparse")["starter_profile"] for kept in (64, 3))
    assert (len(long) > 12, len(short)) == (True, 3)
    assert sum(short.values()) == pytest.approx(1)
    heaviest = sorted(long.values(), reverse=True)[:3]
    assert sorted(short.values(), reverse=True) == pytest.approx([w / sum(heaviest) for w in heaviest])


@turning("PROFILE_TOP_N")
def test_content_candidates_carry_a_kept_tag(turn):
    quiet = Place(TASTES.items + [item(f"quiet {tag}", tag) for tag in TAGS], TASTES.events)
    found = turn(quiet, 2).rows("regular")
    assert {i for i in found if i.startswith("quiet")} == {"quiet jazz", "quiet tea"}


@turning("PROFILE_TOP_N", only=("env",))
def test_the_length_of_profiles_leaves_popularity_and_visits_alone(turn):
    content = "similarity contrib.similarity reasons members policy sources"
    taste = f"overlap boost_multiplier score order {content}"
    may = dict.fromkeys(USERS, f"{taste} starter")
    may["regular"] = taste
    may["fresh"] += " anchors cooc contrib.cooc"  # starts from items of the starter tags
    frame(turn, 64, 2, may)


# --- who is sparse --------------------------------------------------------------------------------------------


@turning("PROFILE_MIN_EVENTS_FOR_BOOST")
def test_users_with_fewer_recent_items_than_that_are_sparse(turn):
    known = HISTORY["regular"]
    for seed in SEEDS:
        settled, sparse = turn(town(seed), known), turn(town(seed), known + 1)
        assert "starter_profile" not in extras(settled, "regular")
        assert "starter_profile" in extras(sparse, "regular")
        rows = list(settled.rows("regular").values())
        assert rows == sorted(rows, key=lambda row: (-row["score"], row["item_id"]))
        top = sparse.ask("regular")["items"][:3]
        assert [row["item_id"] for row in top] == top[0]["explain"]["anchors"][:3]


@turning("PROFILE_MIN_EVENTS_FOR_BOOST")
def test_with_zero_nobody_is_sparse_and_no_history_is_counted(turn):
    service = turn(town(1), 0)
    assert {extras(service, user)["recent_event_count"] for user in USERS} == {0}
    assert "starter_profile" not in extras(service, "sparse")
    rows = list(service.rows("stranger").values())
    assert rows == sorted(rows, key=lambda row: (-row["score"], row["item_id"]))


@turning("PROFILE_MIN_EVENTS_FOR_BOOST", only=("env",))
def test_who_stays_on_the_same_side_of_it_notices_nothing(turn):
    frame(turn, 5, 3, {"newcomer": "recent"})  # reported below the threshold, whatever it is (contract 12.2)


@turning("PROFILE_COLD_START_MULTIPLIER")
@pytest.mark.parametrize("cold", [0.25, 1])
def test_the_cold_start_multiplier_damps_the_boost_of_users_with_few_events(turn, cold):
    for seed in SEEDS:
        service = turn(town(seed), cold)
        for user in USERS:
            # Who is new and did nothing has five starter anchors, which are enough for a full boost.
            factor = cold if user in ("sparse", "newcomer", "stranger") else 1
            found = boosts(service, user)
            assert found
            for overlap, multiplier in found.values():
                assert multiplier == pytest.approx(1 + factor * 0.8 * overlap)


@turning("PROFILE_COLD_START_MULTIPLIER")
def test_a_cold_start_multiplier_of_zero_leaves_sparse_users_without_boost(turn):
    service = turn(town(1), 0)
    assert not boosts(service, "sparse")
    assert boosts(service, "regular")


@turning("PROFILE_COLD_START_MULTIPLIER", only=("env",))
def test_the_cold_start_multiplier_concerns_nobody_else_and_nothing_else(turn):
    frame(turn, 0.5, 1, {"sparse newcomer stranger": "boost_multiplier score order"})


# --- the starter profile --------------------------------------------------------------------------------------

MIXTURE = "starter omega overlap boost_multiplier score order"


def omegas(service):
    return {user: extras(service, user).get("starter_profile_weight") for user in USERS}


def expected_omegas(floor, decay):
    found = {user: floor + (1 - floor) * max(0, decay - seen) / decay for user, seen in HISTORY.items()}
    return pytest.approx(found | {"regular": None})  # settled and of a named segment: no starter profile


@turning("PROFILE_STARTER_BLEND_WEIGHT")
@pytest.mark.parametrize("floor", [0.2, 0.85, 1])
def test_the_starter_weight_falls_to_its_floor_over_the_decay(turn, floor):
    assert omegas(turn(town(1), floor)) == expected_omegas(floor, 5)


@turning("PROFILE_STARTER_BLEND_WEIGHT", only=("request",))
@pytest.mark.parametrize(("asked", "used"), [(-1, 0), (7, 1)])
def test_a_starter_weight_out_of_range_is_clamped(turn, asked, used):
    assert turn(town(1), asked).everything() == turn(town(1), used).everything()


@turning("PROFILE_STARTER_BLEND_WEIGHT", only=("env",))
def test_the_starter_weight_concerns_the_mixture_of_users_with_some_history(turn):
    frame(turn, 0.6, 0.2, {"plain sparse newcomer": MIXTURE})


@turning("PROFILE_STARTER_DECAY_EVENTS")
@pytest.mark.parametrize("decay", [1, 3, 20])
def test_the_decay_is_how_many_recent_items_lead_to_the_floor(turn, decay):
    assert omegas(turn(town(1), decay)) == expected_omegas(0.6, decay)


@turning("PROFILE_STARTER_DECAY_EVENTS", only=("env",))
def test_the_decay_concerns_the_mixture_of_users_with_some_history(turn):
    frame(turn, 5, 20, {"plain sparse newcomer": MIXTURE})


PRESETS = '{"new_users": {"books": 3, "home": 1}, "regulars": {"fashion": 1}}'


@turning("PROFILE_STARTER_PRESETS")
def test_presets_are_split_over_the_tags_of_their_categories_by_segment(turn):
    service = turn(town(1), PRESETS)
    books = dict.fromkeys(("books", "reading", "literature"), 0.25)
    home = dict.fromkeys(("home", "decor", "living"), 1 / 12)
    assert extras(service, "fresh")["starter_profile"] == pytest.approx(books | home)
    assert extras(service, "stranger")["starter_profile"] == pytest.approx(books | home)
    assert {"fashion", "style", "apparel"} <= extras(service, "sparse")["starter_profile"].keys()


@turning("PROFILE_STARTER_PRESETS")
@pytest.mark.parametrize(
    "same",
    [
        '{"new_users": {"books": 6, "home": 2}, "regulars": {"fashion": 4}}',
        '{"new_users": {"books": 3, "home": 1, "nonsense": 9}, "regulars": {"fashion": 1}, "vip": {"home": 1}}',
    ],
)
def test_only_the_proportion_of_known_categories_counts(turn, same):
    assert turn(town(1), same).everything() == turn(town(1), PRESETS).everything()


@turning("PROFILE_STARTER_PRESETS")
def test_a_segment_without_presets_takes_those_of_new_users_and_malformed_ones_mean_the_usual(turn):
    books = turn(town(1), '{"new_users": {"books": 1}}')
    both = turn(town(1), '{"new_users": {"books": 1}, "regulars": {"books": 1}}')
    assert books.everything() == both.everything()
    assert turn(town(1), "{oops").everything() == Service(town(1), BASE).everything() != books.everything()


@turning("PROFILE_STARTER_PRESETS", only=("env",))
def test_presets_leave_popularity_and_settled_users_alone(turn):
    taste = "starter overlap boost_multiplier score order"
    content = "similarity contrib.similarity reasons members policy sources"
    may = dict.fromkeys(["plain", "sparse", "newcomer", "stranger"], f"{taste} {content}")
    may["fresh"] = f"{taste} {content} anchors cooc contrib.cooc"  # starts from items of the starter tags
    frame(turn, PRESETS, '{"new_users": {"electronics": 1}}', may)
