from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.sources.formats import movielens
from pytest_recsim.sources.formats.source import Source
from pytest_recsim.sources.importing.build import build
from pytest_recsim.sources.writer import render, write_fixture

MOVIES = """movieId,title,genres
1,Toy Story (1995),Adventure|Animation|Children|Comedy|Fantasy
2,"American President, The (1995)",Comedy|Drama|Romance
3,Untitled,(no genres listed)
4,Misérables (1998),Drama
"""
RATINGS = """userId,movieId,rating,timestamp
7,1,5.0,1000000000
7,2,4.0,1000000100
7,3,3.0,1000000200
8,1,0.5,1000000300
8,4,2.0,1000000400
"""
TAGS = """userId,movieId,tag,timestamp
9,4,"weepy, long",1000000050
"""


def import_movielens(folder, window_days=None):
    return build(movielens.read(Source(str(folder), window_days))).document()


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path)
    return tmp_path


def fill(folder, movies=MOVIES, ratings=RATINGS, tags=TAGS):
    for name, text in (("movies", movies), ("ratings", ratings), ("tags", tags)):
        (folder / f"{name}.csv").write_bytes(text.encode() if isinstance(text, str) else text)


def refused(folder):
    with pytest.raises(InputError) as caught:
        import_movielens(folder)
    return str(caught.value)


def test_ratings_become_events_by_their_stars_in_order_of_time(folder):
    events = import_movielens(folder)["events"]
    assert [(event["user_id"], event["item_id"], event["type"]) for event in events] == [
        ("u7", "m1", 3),
        ("u9", "m4", 4),
        ("u7", "m2", 2),
        ("u7", "m3", 1),
        ("u8", "m1", 0),
        ("u8", "m4", 0),
    ]
    assert events[0]["ts"] == "2001-09-09T01:46:40Z"


@pytest.mark.parametrize(
    ("stars", "kind"), [("5", 3), ("4.5", 3), ("4.0", 2), ("3.5", 2), ("3.0", 1), ("2.5", 1), ("2.0", 0)]
)
def test_every_star_has_its_event_type(tmp_path, stars, kind):
    fill(tmp_path, ratings=f"userId,movieId,rating,timestamp\n1,1,{stars},5\n", tags=TAGS.splitlines()[0])
    assert [event["type"] for event in import_movielens(tmp_path)["events"]] == [kind]


def test_genres_become_tags_and_the_first_one_the_category(folder):
    item = import_movielens(folder)["items"][1]
    assert item == {
        "item_id": "m2",
        "description": "American President, The (1995)",
        "tags": ["comedy", "drama", "romance", "category:comedy"],
        "category": "comedy",
        "category_path": ["comedy"],
        "props": {"year": 1995},
    }


def test_a_film_without_genres_or_year_is_still_a_film(folder):
    assert import_movielens(folder)["items"][2] == {"item_id": "m3", "description": "Untitled", "tags": []}


def test_nothing_is_invented_about_price_and_margin(folder):
    for item in import_movielens(folder)["items"]:
        assert "price" not in item
        assert "margin" not in item.get("props", {})


def test_words_of_the_tags_file_reach_nothing(folder):
    assert b"weepy" not in render(import_movielens(folder))


def test_the_tags_file_may_be_missing(folder):
    (folder / "tags.csv").unlink()
    assert {event["type"] for event in import_movielens(folder)["events"]} == {0, 1, 2, 3}


def test_columns_may_stand_in_any_order_beside_others(tmp_path):
    fill(tmp_path, ratings="x,timestamp,rating,movieId,userId\n?,5,4.5,1,3\n", tags=TAGS.splitlines()[0])
    assert import_movielens(tmp_path)["events"] == [
        {"user_id": "u3", "item_id": "m1", "type": 3, "ts": "1970-01-01T00:00:05Z"}
    ]


def test_the_licence_goes_along(folder):
    assert "GroupLens" in import_movielens(folder)["meta"]["licence"]


def test_the_result_is_a_sound_fixture(folder, tmp_path):
    write_fixture(import_movielens(folder), tmp_path / "out.json")
    fixture = load_fixture(tmp_path / "out.json")
    assert (len(fixture.items), len(fixture.users), len(fixture.events)) == (4, 3, 6)


@pytest.mark.parametrize("name", ["movies.csv", "ratings.csv"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert name in refused(folder)


def test_a_missing_folder_is_named(tmp_path):
    assert "nowhere: MovieLens folder not found" in refused(tmp_path / "nowhere")


def test_a_missing_column_is_named_with_its_nearest(folder):
    fill(folder, ratings=RATINGS.replace("userId", "user_id"))
    assert "ratings.csv:1: column `userId` is missing; did you mean `user_id`?" in refused(folder)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("7,1,5.5,10", "rating `5.5`: must be a number from 0.5 to 5"),
        ("7,1,nan,10", "rating `nan`"),
        ("7,1,,10", "rating ``"),
        ("7,99,5.0,10", "movieId 99 is not in movies.csv"),
        ("x,1,5.0,10", "userId `x`: must be a whole number"),
        ("7,1,5.0,-3", "timestamp `-3`"),
        ("7,1,5.0,99999999999", "timestamp `99999999999`"),
        ("7,1,5.0,1_0", "timestamp `1_0`"),
        ("7,1,5.0", "3 cells; the header names 4"),
        ('7,1,5.0,"10', "is not CSV"),
    ],
)
def test_a_broken_row_is_named_with_file_and_line(folder, row, sentence):
    fill(folder, ratings=f"{RATINGS}{row}\n")
    told = refused(folder)
    assert "ratings.csv:7: " in told
    assert sentence in told


def test_several_problems_are_told_together(folder):
    fill(folder, movies=f"{MOVIES}1,Twice,Drama\n", ratings=f"{RATINGS}a,1,5,1\n7,1,9,1\n")
    told = refused(folder)
    assert "movies.csv:6: movieId 1 is defined twice" in told
    assert "ratings.csv:7" in told
    assert "ratings.csv:8" in told


def test_a_file_that_is_not_utf8_is_told_with_its_line(folder):
    fill(folder, movies=MOVIES.encode() + b"5,\xff,Drama\n")
    assert "movies.csv:6: byte 0xff is not UTF-8" in refused(folder)


def test_no_ratings_at_all_is_a_problem(folder):
    fill(folder, ratings=RATINGS.splitlines()[0], tags=TAGS.splitlines()[0])
    assert "holds no ratings" in refused(folder)


@pytest.mark.parametrize("days", [0, -1, float("nan")])
def test_a_window_without_days_is_refused(folder, days):
    with pytest.raises(InputError, match="window_days"):
        import_movielens(folder, days)


broken = st.text(st.sampled_from('0159.,"\n\r|()-x\0é:'), max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    movies=st.one_of(broken.map(lambda text: MOVIES + text), broken, st.binary(max_size=40)),
    ratings=st.one_of(broken.map(lambda text: RATINGS + text), broken),
)
def test_whatever_the_files_hold_it_works_or_says_why(tmp_path, movies, ratings):
    fill(tmp_path, movies=movies, ratings=ratings)
    problems, document = attempt(tmp_path)
    if document is None:
        assert problems
        assert all(".csv" in problem.where for problem in problems)
    else:
        write_fixture(document, tmp_path / "out.json", force=True)
        load_fixture(tmp_path / "out.json")


def attempt(folder):
    """The problems, or the document; any other exception fails the test."""
    try:
        return (), import_movielens(folder)
    except InputError as error:
        return error.problems, None


def real_folder():
    folder = os.environ.get("RECSIM_MOVIELENS_DIR")
    if not folder:
        pytest.skip("RECSIM_MOVIELENS_DIR names no folder")
    return Path(folder)


@pytest.mark.long
def test_the_real_folder_becomes_a_fixture_cut_where_the_harness_cuts_it(tmp_path):
    document = import_movielens(real_folder(), 1_825)
    write_fixture(document, tmp_path / "real.json")
    fixture = load_fixture(tmp_path / "real.json")

    split = split_events(columns(fixture), window_days=1_825)
    before = {fixture.events[position].user_id for position in split.seeded}
    after = {fixture.events[position].user_id for position in split.holdout}
    assert document["meta"]["people"] == {
        "history_and_holdout": len(before & after),
        "history_only": len(before - after),
        "holdout_only": len(after - before),
        "outside_window": len(fixture.users) - len(before | after),
    }
    assert Counter(event.type for event in fixture.events).keys() == {0, 1, 2, 3, 4}
