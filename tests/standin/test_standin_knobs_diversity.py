"""Turning MMR, caps and the prefixes that make brands and categories (contract 10.1, 12.8)."""

import pytest
from standin_knobs import BASE, SEEDS, WIDE, Service, frame, turning
from standin_town import USERS, Place, event, item, rule, town

CAPS = {"BRAND_CAP": "brand:", "CATEGORY_CAP": "category:"}
# Two of a kind in front, then one of another kind.
TWINS = Place(
    [item("a1", "jazz"), item("a2", "jazz"), item("b", "tea")],
    [event(f"fan{n}", name) for name, times in (("a1", 9), ("a2", 8), ("b", 4)) for n in range(times)],
)
PLAINLY = {"BLEND_BETA": 0, "BLEND_GAMMA": 0, "PROFILE_BOOST": 0}


def tags_of(place):
    return {row["item_id"]: set(row["tags"]) for row in place.items}


# --- lambda ---------------------------------------------------------------------------------------------------


@turning("MMR_LAMBDA")
def test_a_low_lambda_prefers_another_kind_but_the_list_stays_in_score_order(turn):
    lists = [turn(TWINS, share, **PLAINLY).ids("regular", k=2) for share in (1, 0.9, 0.3, 0)]
    assert lists == [["a1", "a2"], ["a1", "a2"], ["a1", "b"], ["a1", "a2"]]  # 0 without a cap is off


@turning("MMR_LAMBDA")
@pytest.mark.parametrize("share", [0.25, 0.7, 1])
def test_every_pick_was_the_best_by_relevance_minus_likeness(turn, share):
    for seed in SEEDS:
        place = town(seed)
        plain = {i: {t.lower() for t in tags if ":" not in t} for i, tags in tags_of(place).items()}
        rows = turn(place, share).rows("regular")
        best = max(row["score"] for row in rows.values())
        left, picked = dict(rows), []
        for item_id in sorted(rows, key=lambda i: rows[i]["explain"]["mmr"]["rank"]):
            likeness = {
                i: max((len(plain[i] & plain[j]) / len(plain[i] | plain[j]) for j in picked), default=0)
                for i in left
            }
            value = {i: share * left[i]["score"] / best - (1 - share) * likeness[i] for i in left}
            assert value[item_id] >= max(value.values()) - 1e-9
            numbers = rows[item_id]["explain"]["mmr"]
            assert numbers["lambda"] == share
            assert numbers.get("relevance", 0) == pytest.approx(share * left[item_id]["score"] / best)
            assert numbers.get("max_sim", 0) == pytest.approx(likeness[item_id])
            assert numbers.get("penalty", 0) == pytest.approx((1 - share) * likeness[item_id])
            picked.append(item_id)
            del left[item_id]


@turning("MMR_LAMBDA")
def test_a_lambda_of_one_chooses_like_no_mmr_at_all(turn):
    for seed in SEEDS:
        off, plain = turn(town(seed), 0), turn(town(seed), 1)
        for user in filter(turn.reaches, USERS):
            assert off.ids(user, k=7) == plain.ids(user, k=7)


@turning("MMR_LAMBDA")
def test_a_lambda_of_zero_with_a_cap_chooses_by_difference_alone(turn):
    service = turn(town(2), 0, BRAND_CAP=2)
    weights = ({"pop": 1}, {"cooc": 1}, {"pop": 0.1, "similarity": 1})
    chosen = [frozenset(service.ids("regular", k=5, blend=blend)) for blend in weights]
    assert len(set(chosen)) == 1
    relevant = turn(town(2), 1, BRAND_CAP=2)
    assert len({frozenset(relevant.ids("regular", k=5, blend=blend)) for blend in weights}) > 1


@turning("MMR_LAMBDA", only=("env",))
def test_lambda_touches_the_choice_only(turn):
    frame(turn, 0, 0.5, dict.fromkeys(USERS, "mmr reasons"))  # a list that holds everybody: nothing to choose
    frame(turn, 0.5, 0.9, dict.fromkeys(USERS, "mmr"))
    frame(turn, 1, 0.3, dict.fromkeys(USERS, "mmr order members"), k=6)


# --- caps -----------------------------------------------------------------------------------------------------


def capped(ranking, tags, prefix, cap):
    """Walk down a ranking and leave out whoever carries a value that is used up."""
    used, kept = {}, []
    for item_id in ranking:
        values = [tag for tag in tags[item_id] if tag.startswith(prefix)]
        if all(used.get(value, 0) < cap for value in values):
            kept.append(item_id)
            used |= {value: used.get(value, 0) + 1 for value in values}
    return kept


@turning(*CAPS)
@pytest.mark.parametrize("cap", [1, 2, 4])
def test_a_cap_skips_what_is_too_many_and_the_next_best_move_up(turn, cap):
    for seed in SEEDS:
        place = town(seed)
        for row in place.items[::5]:
            row["tags"] = ["free"]  # carries no value, so nothing limits it
        ranking = Service(place, BASE).ids("regular")
        expected = capped(ranking, tags_of(place), CAPS[turn.name], cap)
        assert len(expected) < len(ranking)
        service = turn(place, cap, MMR_LAMBDA=1)
        assert service.ids("regular") == expected
        assert service.ids("regular", k=8) == expected[:8]


@turning(*CAPS)
def test_a_cap_is_said_on_items_that_carry_a_value(turn):
    kind = CAPS[turn.name].rstrip(":")
    for item_id, row in turn(town(1), 2, MMR_LAMBDA=1).rows("regular").items():
        use = row["explain"]["caps"]
        assert list(use) == [kind], item_id
        assert (use[kind]["applied"], use[kind]["limit"]) == (True, 2)
        assert 1 <= use[kind]["count"] <= 2


@turning(*CAPS)
def test_pins_do_not_count_against_a_cap(turn):
    place = town(1)
    prefix = CAPS[turn.name]
    tags = tags_of(place)
    ranking = Service(place, BASE).ids("regular")
    value = next(tag for tag in tags[ranking[0]] if tag.startswith(prefix))
    of_value = [i for i in ranking if value in tags[i]]
    place.rules = [rule("PIN", *of_value[1:3])]
    found = turn(place, 1, MMR_LAMBDA=1).ids("regular")
    assert found[:2] == of_value[1:3]
    assert [i for i in found[2:] if value in tags[i]] == [of_value[0]]


@turning(*CAPS, only=("env",))
def test_a_cap_takes_items_out_and_touches_nothing_of_the_others(turn):
    frame(turn, 0, 1, dict.fromkeys(USERS, "caps mmr members order policy"), {"MMR_LAMBDA": 1})
    frame(turn, 1, WIDE, dict.fromkeys(USERS, "caps mmr members order policy"), {"MMR_LAMBDA": 1})


# --- prefixes -------------------------------------------------------------------------------------------------

PREFIXES = {"BRAND_TAG_PREFIXES": "BRAND_CAP", "CATEGORY_TAG_PREFIXES": "CATEGORY_CAP"}


@turning(*PREFIXES)
def test_a_prefix_decides_which_tags_a_cap_counts(turn):
    other = {"BRAND_TAG_PREFIXES": "category:", "CATEGORY_TAG_PREFIXES": "brand:"}[turn.name]
    for seed in SEEDS:
        place = town(seed)
        expected = capped(Service(place, BASE).ids("regular"), tags_of(place), other, 1)
        limits = {PREFIXES[turn.name]: 1, "MMR_LAMBDA": 1}
        assert turn(place, [other.rstrip(":")], **limits).ids("regular") == expected
        assert turn(place, ["label", other.rstrip(":")], **limits).ids("regular") == expected
        everybody = Service(place, BASE).ids("regular")
        assert turn(place, [other[:3]], **limits).ids("regular") == everybody  # the colon is needed


@turning(*PREFIXES)
def test_a_prefix_decides_which_tags_a_rule_on_brands_or_categories_sees(turn):
    place = town(1)
    kind = turn.name.split("_")[0]
    own, other = ("brand", "category") if kind == "BRAND" else ("category", "brand")
    value = {"brand": "b1", "category": "c1"}[other]
    place.rules = [rule("BLOCK", target_type=kind, target_key=value)]
    before, after = turn(place, [own]).ids("regular"), turn(place, [other]).ids("regular")
    carriers = {i for i, tags in tags_of(place).items() if f"{other}:{value}" in tags}
    assert set(before) - set(after) == carriers & set(before)
    assert carriers & set(before)


@turning(*PREFIXES)
def test_tags_with_a_prefix_make_nothing_alike_and_are_no_target_of_tag_rules(turn):
    items = [item("a1", "kind:x", "jazz"), item("a2", "kind:x", "tea"), item("b", "chess")]
    free, ruled = Place(items, TWINS.events), Place(items, TWINS.events)
    ruled.rules = [rule("BLOCK", target_type="TAG", target_key="kind:x")]
    for prefix, alike, left in (("other", 1 / 3, ["b"]), ("kind", 0, ["a1", "a2", "b"])):
        rows = turn(free, [prefix], MMR_LAMBDA=0.5, **PLAINLY).rows("regular").values()
        found = max(row["explain"]["mmr"].get("max_sim", 0) for row in rows)
        assert found == pytest.approx(alike)
        assert sorted(turn(ruled, [prefix], MMR_LAMBDA=0.5, **PLAINLY).ids("regular")) == left


@turning(*PREFIXES, only=("env",))
def test_prefixes_mean_nothing_without_caps_mmr_and_rules(turn):
    usual = BASE[turn.name]
    frame(turn, usual, ["brand", "category", "jazz"], {})
    frame(turn, usual, ["label"], dict.fromkeys(USERS, "mmr"), {"MMR_LAMBDA": 0.5})
