from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.sources.generator import DEFAULT_END, generate, rendered
from pytest_recsim.sources.words import TEMPLATES
from pytest_recsim.sources.writer import render, write_fixture

SMALL = {"items": 120, "users": 200, "events": 5_000}
SEGMENTS = {
    "marketplace": {"regulars", "power_users", "bargain_hunters", "trend_seekers", "new_users"},
    "retail": {"regulars", "power_users", "bargain_hunters", "trend_seekers", "new_users"},
    "media": {"regulars", "power_users", "binge_watchers", "trend_seekers", "new_users"},
}


@pytest.fixture(scope="module", params=sorted(TEMPLATES))
def world(request):
    return generate(request.param, 3, **SMALL)


@pytest.fixture(scope="module")
def shop():
    return generate("marketplace", 4, users=500, events=16_000)


def when(event):
    return datetime.fromisoformat(event["ts"])


def by_user(document):
    found = defaultdict(list)
    for event in document["events"]:
        found[event["user_id"]].append(event)
    return found


def segment_of(document):
    return {user["user_id"]: user["traits"]["segment"] for user in document["users"]}


def test_the_same_seed_gives_the_same_bytes():
    assert render(generate("retail", 9, **SMALL)) == render(generate("retail", 9, **SMALL))


def test_what_a_person_does_hangs_on_nobody_who_is_made_at_the_same_time(monkeypatch):
    together = generate("retail", 9, **SMALL)
    monkeypatch.setattr("pytest_recsim.sources.generator.MOST_WEIGHTS", 1)
    monkeypatch.setattr("pytest_recsim.sources.generator.AHEAD", 1)
    assert generate("retail", 9, **SMALL) == together


def test_the_pieces_of_a_world_are_its_bytes(world):
    assert b"".join(rendered(world)) == render(world)


def test_another_seed_gives_another_world():
    first, second = generate("retail", 9, **SMALL), generate("retail", 10, **SMALL)
    assert first["items"] != second["items"]
    assert first["users"] != second["users"]
    assert first["events"] != second["events"]


def test_more_users_leave_the_catalogue_alone():
    assert generate("retail", 9, **SMALL)["items"] == generate("retail", 9, **SMALL | {"users": 250})["items"]


def test_sizes_are_met_exactly(world):
    assert {part: len(world[part]) for part in SMALL} == SMALL


def test_sizes_default_to_the_templates_own():
    document = generate("retail", 1)
    template = TEMPLATES["retail"]
    assert len(document["items"]) == template.items >= 300
    assert len(document["users"]) == template.users >= 400
    assert len(document["events"]) == template.events >= 20_000


def test_meta_says_how_to_make_it_again(world):
    meta = world["meta"]
    asked = dict(meta["parameters"], end=datetime.fromisoformat(meta["parameters"]["end"]))
    assert generate(meta["template"], meta["seed"], **asked) == world


def test_it_loads_as_a_fixture_without_a_problem(world, tmp_path):
    write_fixture(world, tmp_path / "world.json")
    assert set(load_fixture(tmp_path / "world.json").segments) == SEGMENTS[world["meta"]["template"]]


def test_there_are_eight_categories_each_with_items(world):
    assert len({item["category"] for item in world["items"]}) == 8


def test_items_carry_plain_shared_tags_and_one_category_and_brand_tag(world):
    plain = Counter()
    for item in world["items"]:
        assert item["tags"].count(f"category:{item['category']}") == 1
        assert item["tags"].count(f"brand:{item['brand']}") == 1
        words = [tag for tag in item["tags"] if ":" not in tag]
        assert len(words) == len(set(words)) == len(item["tags"]) - 2 >= 4
        assert words == [word.lower() for word in words]
        plain.update(words)
    alone = sum(count == 1 for count in plain.values())
    assert alone / plain.total() < 0.05


def test_four_percent_of_the_items_are_unavailable(world):
    unavailable = [item for item in world["items"] if item.get("available") is False]
    assert len(unavailable) == round(0.04 * SMALL["items"])


def test_unavailable_items_were_sold_before_they_were_gone(world):
    gone = {item["item_id"] for item in world["items"] if item.get("available") is False}
    times = [when(event) for event in world["events"] if event["item_id"] in gone]
    assert times
    assert max(times) < DEFAULT_END


def test_prices_and_margins_are_there_except_in_media(world):
    media = world["meta"]["template"] == "media"
    for item in world["items"]:
        assert ("price" in item) is not media
        assert ("margin" in item["props"]) is not media
        assert 0.0 <= item["props"]["novelty"] <= 1.0
        assert media or (item["price"] > 0 and 0.0 < item["props"]["margin"] < 1.0)


def test_events_are_in_order_within_the_window_and_name_known_ids(world):
    times = [when(event) for event in world["events"]]
    assert times == sorted(times)
    assert times[0] >= DEFAULT_END - timedelta(days=60)
    assert times[-1] < DEFAULT_END
    assert {event["user_id"] for event in world["events"]} <= {user["user_id"] for user in world["users"]}
    assert {event["item_id"] for event in world["events"]} <= {item["item_id"] for item in world["items"]}


def test_the_funnel_narrows_and_never_skips_a_step(world):
    counts = Counter(event["type"] for event in world["events"])
    assert counts[0] > counts[1] > counts[2] > counts[3] > 0
    assert counts[EVENT_TYPES["custom"]] > 0
    before = {1: 0, 2: 1, 3: 2, 4: 1}
    last = {}
    for event in world["events"]:
        pair = event["user_id"], event["item_id"]
        if event["type"]:
            assert before[event["type"]] in last[pair]
        last.setdefault(pair, set()).add(event["type"])


def test_events_come_in_sessions(shop):
    gaps = [
        (when(after) - when(before)).total_seconds()
        for events in by_user(shop).values()
        for before, after in pairwise(events)
    ]
    assert sum(gap < 1800 for gap in gaps) / len(gaps) > 0.6
    assert sum(1800 <= gap < 7200 for gap in gaps) / len(gaps) < 0.1
    assert sum(gap > 43_200 for gap in gaps) / len(gaps) > 0.1


def test_segments_have_their_shares(shop):
    shares = Counter(segment_of(shop).values())
    assert shares == {
        "regulars": 160,
        "power_users": 70,
        "bargain_hunters": 90,
        "trend_seekers": 80,
        "new_users": 100,
    }


def test_power_users_do_most_and_new_users_least(shop):
    events = by_user(shop)
    per_segment = defaultdict(list)
    for user, segment in segment_of(shop).items():
        per_segment[segment].append(len(events[user]))
    means = {segment: sum(counts) / len(counts) for segment, counts in per_segment.items()}
    assert max(means, key=means.get) == "power_users"
    assert min(means, key=means.get) == "new_users"
    assert max(per_segment["new_users"]) <= 15


def test_new_users_arrive_late_and_some_do_nothing(shop):
    events, segments = by_user(shop), segment_of(shop)
    new = [user for user, segment in segments.items() if segment == "new_users"]
    assert 0 < sum(not events[user] for user in new) < len(new) / 3
    earliest = min(when(events[user][0]) for user in new if events[user])
    assert earliest >= DEFAULT_END - timedelta(days=60 * 0.5)


def test_most_established_users_have_seeded_events_and_unseen_holdout(shop):
    cut = shop["events"][int(0.75 * len(shop["events"]))]["ts"]
    segments, both, fresh = segment_of(shop), 0, 0
    for user, events in by_user(shop).items():
        if segments[user] != "new_users":
            seen = {event["item_id"] for event in events if event["ts"] <= cut}
            later = {event["item_id"] for event in events if event["ts"] > cut}
            both += bool(seen and later)
            fresh += bool(seen and later - seen)
    assert fresh / 400 > 0.5
    assert fresh < both < 400


def test_people_come_back_to_items(shop):
    pairs = Counter(
        (event["user_id"], event["item_id"])
        for event in shop["events"]
        if event["type"] == EVENT_TYPES["view"]
    )
    assert 0.1 < sum(count > 1 for count in pairs.values()) / len(pairs) < 0.5


def test_popularity_has_a_long_tail(shop):
    counts = sorted(Counter(event["item_id"] for event in shop["events"]).values(), reverse=True)
    head = sum(counts[: len(shop["items"]) // 5]) / sum(counts)
    assert 0.4 < head < 0.8
    assert counts[-1] * 20 < counts[0]


def test_a_users_past_tells_about_the_future_more_than_a_strangers(shop):
    """The world can be learned: the favourite category of the history predicts the holdout."""
    cut = shop["events"][int(0.75 * len(shop["events"]))]["ts"]
    shelf = {item["item_id"]: item["category"] for item in shop["items"]}
    favourite, later = {}, {}
    for user, events in by_user(shop).items():
        past = Counter(shelf[event["item_id"]] for event in events if event["ts"] <= cut)
        future = [shelf[event["item_id"]] for event in events if event["ts"] > cut]
        if past and future:
            favourite[user], later[user] = past.most_common(1)[0][0], future
    users = sorted(later)
    own = sum(later[user].count(favourite[user]) / len(later[user]) for user in users)
    strangers = sum(
        later[user].count(favourite[other]) / len(later[user])
        for user, other in zip(users, users[1:] + users[:1], strict=True)
    )
    assert own > 2 * strangers


def test_new_releases_have_no_past_and_are_called_novel(shop):
    novelty = {item["item_id"]: item["props"]["novelty"] for item in shop["items"]}
    middle = DEFAULT_END - timedelta(days=30)
    early = {event["item_id"] for event in shop["events"] if when(event) < middle}
    late_releases = {item for item, value in novelty.items() if value > 0.75}
    assert late_releases
    assert not early & late_releases


def test_the_window_can_be_moved_and_stretched():
    end = datetime(2025, 3, 1, 12, tzinfo=UTC)
    document = generate("media", 1, **SMALL, days=30, end=end)
    times = [when(event) for event in document["events"]]
    assert end - timedelta(days=30) <= times[0]
    assert end - timedelta(days=1) < times[-1] < end


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"template": "retial"}, "did you mean `retail`"),
        ({"items": 0}, "items: 0 is not possible; must be 40 to"),
        ({"users": -1}, "users: -1 is not possible"),
        ({"events": 10}, "events: 10 is not possible; must be 1200 to"),
        ({"days": 3}, "days: 3 is not possible"),
        ({"end": datetime(2026, 1, 1)}, "has no offset"),  # noqa: DTZ001 - the missing offset is the case
        ({"end": datetime(1900, 1, 1, tzinfo=UTC)}, "year 1900"),
    ],
)
def test_what_cannot_be_generated_is_said_in_a_sentence(asked, sentence):
    wanted = {"template": "retail", "seed": 1, **SMALL, **asked}
    with pytest.raises(InputError) as caught:
        generate(wanted.pop("template"), wanted.pop("seed"), **wanted)
    assert sentence in str(caught.value)


def test_the_smallest_world_that_is_allowed_can_be_made():
    document = generate("marketplace", 2, items=40, users=20, events=120, days=14)
    assert [len(document[part]) for part in ("items", "users", "events")] == [40, 20, 120]
