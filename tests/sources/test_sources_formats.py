from __future__ import annotations

import gzip

import pytest
from formats_world import SAMPLES, fill, imported

from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.sources.formats.registry import KINDS
from pytest_recsim.sources.formats.source import Source
from pytest_recsim.sources.importing.build import build
from pytest_recsim.sources.writer import write_bytes


def events(document):
    return [(one["user_id"], one["item_id"], one["type"], one["ts"]) for one in document["events"]]


def item(document, name):
    return next(one for one in document["items"] if one["item_id"] == name)


def refused(kind, folder, **said):
    with pytest.raises(InputError) as caught:
        imported(kind, folder, **said)
    return str(caught.value)


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_layout_becomes_a_sound_fixture(tmp_path, kind):
    out = tmp_path / "out.json"
    build(KINDS[kind].read(Source(str(fill(tmp_path, kind))))).write(out)
    assert load_fixture(out).events


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_container_holds_the_same_fixture(tmp_path, kind):
    (tmp_path / "in").mkdir()
    content = build(KINDS[kind].read(Source(str(fill(tmp_path / "in", kind))))).json
    forms = {
        "one.json": "jsonl",
        "one.json.gz": "jsonl",
        "plain": "jsonl",
        "packed": "jsonl.gz",
        "tables": "parquet",
    }
    found = []
    for name, form in forms.items():
        write_bytes(content, tmp_path / name, form=form)
        fixture = load_fixture(tmp_path / name)
        found.append((fixture.sha256, fixture.items, fixture.users, fixture.events))
    assert all(one == found[0] for one in found)


@pytest.mark.parametrize("kind", SAMPLES)
def test_what_is_packed_with_gzip_is_the_same(tmp_path, kind):
    plain = imported(kind, fill(tmp_path, kind))
    for path in tmp_path.iterdir():
        path.write_bytes(gzip.compress(path.read_bytes()))
    assert imported(kind, tmp_path) == plain


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_folder_without_the_files_is_named(tmp_path, kind):
    assert "must be" in (told := refused(kind, tmp_path)) or "not found" in told or "holds no" in told
    assert str(tmp_path) in told
    assert "nowhere" in refused(kind, tmp_path / "nowhere")


def test_recbole_rates_by_stars_and_keeps_ids_as_text(tmp_path):
    document = imported("recbole", fill(tmp_path, "recbole"))
    assert events(document) == [
        ("u", "a", 3, "2001-09-09T01:46:40.000000Z"),
        ("u", "b", 1, "2001-09-09T01:48:20.500000Z"),
        ("007", "a", 0, "2001-09-09T01:50:00.000000Z"),
        ("7", "a", 2, "2001-09-09T01:51:40.000000Z"),
    ]
    assert [one["user_id"] for one in document["users"]] == ["u", "007", "7"]
    assert document["users"][0]["traits"].items() >= {"age": "24", "income": 1.5}.items()


def test_recbole_features_become_fields_and_years_that_are_none_are_left_out_and_counted(tmp_path):
    document = imported("recbole", fill(tmp_path, "recbole"))
    assert item(document, "a") == {
        "item_id": "a",
        "description": "Toy Story",
        "price": 9.5,
        "tags": ["animation", "comedy", "category:animation"],
        "category": "animation",
        "category_path": ["animation"],
        "props": {"year": 1995},
    }
    assert "props" not in item(document, "b")
    assert "2 cells of `release_year` without a year: left out" in document["meta"]["notes"]


@pytest.mark.parametrize(
    ("inter", "sentence"),
    [
        ("user_id:token\titem_id:token\nu\ta\n", "column `timestamp` is missing"),
        ("user_id\titem_id:token\ttimestamp:float\n", "header `user_id`: must be a name"),
        ("user_id:token\titem_id:token\ttimestamp:float\nu\ta\n", "tiny.inter:2: 2 cells"),
        (
            "user_id:token\titem_id:token\ttimestamp:float\nu\ta\tx\n",
            "tiny.inter:2: timestamp `x`: must be seconds",
        ),
    ],
)
def test_recbole_says_what_is_wrong_and_where(tmp_path, inter, sentence):
    assert sentence in refused("recbole", fill(tmp_path, "recbole", tiny__inter=inter))


@pytest.mark.parametrize(
    ("columns", "rows", "kinds"),
    [
        ("", ["u\ta\t1", "u\tb\t2"], [1, 1]),
        ("\tlabel:float", ["u\ta\t1\t1", "u\tb\t2\t0"], [1, 0]),
        ("\trating:float", ["u\ta\t1\t10", "u\tb\t2\t4"], [3, 0]),
    ],
)
def test_recbole_without_stars_says_what_an_interaction_is(tmp_path, columns, rows, kinds):
    inter = "\n".join([f"user_id:token\titem_id:token\ttimestamp:float{columns}", *rows])
    document = imported("recbole", fill(tmp_path, "recbole", tiny__inter=inter))
    assert [one["type"] for one in document["events"]] == kinds


def test_movielens_100k_has_its_genres_in_columns_and_latin_letters(tmp_path):
    document = imported("movielens", fill(tmp_path, "movielens"))
    assert item(document, "m2") == {
        "item_id": "m2",
        "description": "Misérables, Les (1995)",
        "tags": ["drama", "musical", "category:drama"],
        "category": "drama",
        "category_path": ["drama"],
        "props": {"year": 1995},
    }
    assert [one["type"] for one in document["events"]] == [3, 1, 0]
    assert document["users"][1]["traits"]["zip_code"] == "T8H1N"


def test_movielens_1m_and_10m_have_two_colons_between_cells(tmp_path):
    (tmp_path / "movies.dat").write_bytes(
        "1::Léon: The Pro (1994)::Crime|Drama\n2::B (1999)::Comedy\n".encode("latin-1")
    )
    (tmp_path / "ratings.dat").write_text("1::1::5::978300760\n2::2::3.5::978300761\n")
    (tmp_path / "tags.dat").write_text("2::1::slow::978300762\n")
    (tmp_path / "users.dat").write_text("1::F::1::10::48067\n2::M::56::16::70072\n")
    document = imported("movielens", tmp_path)
    assert [(one[0], one[1], one[2]) for one in events(document)] == [
        ("u1", "m1", 3),
        ("u2", "m2", 2),
        ("u2", "m1", 4),
    ]
    assert item(document, "m1")["description"] == "Léon: The Pro (1994)"
    assert document["users"][0]["traits"]["gender"] == "F"


def test_mind_keeps_clicks_and_counts_what_was_only_shown(tmp_path):
    document = imported("mind", fill(tmp_path, "mind"))
    assert events(document) == [
        ("U1", "N2", 1, "2019-11-15T10:22:32Z"),
        ("U2", "N3", 1, "2019-11-15T13:22:32Z"),
        ("U2", "N1", 1, "2019-11-15T13:22:32Z"),
    ]
    assert item(document, "N1")["category_path"] == ["sports", "golf"]
    assert item(document, "N1")["description"] == 'The "best" of'
    assert item(document, "N3") == {"item_id": "N3", "available": False}
    notes = " ".join(document["meta"]["notes"])
    assert "1 article of" in notes
    assert "1 history of" in notes


def test_mind_in_parts_names_the_line_of_the_part(tmp_path):
    for part in ("train", "dev"):
        (tmp_path / part).mkdir()
        fill(tmp_path / part, "mind")
    assert len(imported("mind", tmp_path)["events"]) == 6
    odd = SAMPLES["mind"]["behaviors.tsv"] + "3\tU3\t15/11/2019\t\tN1-1\n"
    fill(tmp_path / "train", "mind", behaviors__tsv=odd)
    assert "train/behaviors.tsv:3: time `15/11/2019`" in refused("mind", tmp_path)


def test_the_test_part_of_mind_has_no_clicks_to_read(tmp_path):
    told = refused("mind", fill(tmp_path, "mind", behaviors__tsv="1\tU1\t11/15/2019 10:22:32 AM\t\tN1 N2\n"))
    assert "behaviors.tsv:1: impressions `N1`: must be an id and -1 (clicked) or -0" in told


def test_retailrocket_knows_of_an_item_what_the_seeded_part_may_know(tmp_path):
    document = imported("retailrocket", fill(tmp_path, "retailrocket"))
    assert [one[2] for one in events(document)] == [0, 2, 3]
    assert item(document, "355908") == {
        "item_id": "355908",
        "available": True,
        "tags": ["213", "1338", "category:1338"],
        "category": "1338",
        "category_path": ["213", "1338"],
    }
    assert item(document, "206783")["available"] is False
    assert item(document, "248676")["available"] is False


def test_a_category_tree_that_runs_in_circles_ends(tmp_path):
    tree = "categoryid,parentid\n1338,213\n213,1338\n"
    document = imported("retailrocket", fill(tmp_path, "retailrocket", category_tree__csv=tree))
    assert item(document, "355908")["category_path"] == ["213", "1338"]


def test_amazon_counts_in_seconds_in_2018_and_in_milliseconds_in_2023(tmp_path):
    document = imported("amazon", fill(tmp_path, "amazon"))
    assert events(document) == [
        ("A1", "B1", 3, "2009-09-13T00:00:00.000000Z"),
        ("AF", "B1", 0, "2020-05-05T14:08:48.923000Z"),
    ]
    assert item(document, "B1") == {
        "item_id": "B1",
        "description": "Chess",
        "price": 1012.99,
        "tags": ["toys", "category:toys", "brand:Acme"],
        "category": "toys",
        "category_path": ["toys"],
        "brand": "Acme",
    }
    assert "1 price that is no single number: left out" in document["meta"]["notes"]
    assert "1 product listed again: the first is used" in document["meta"]["notes"]


def test_amazon_refuses_seconds_in_the_place_of_milliseconds(tmp_path):
    odd = SAMPLES["amazon"]["Games23.jsonl"].replace("1588687728923", "1588687728")
    assert "Games23.jsonl:1: time" in refused("amazon", fill(tmp_path, "amazon", Games23__jsonl=odd))


def test_a_product_that_is_told_in_other_types_is_still_a_product(tmp_path):
    odd = '{"asin":"B1","title":["T"],"price":{"x":1},"brand":7,"category":"Toys","categories":[["x"]]}\n'
    document = imported("amazon", fill(tmp_path, "amazon", meta_Games__json=odd))
    assert item(document, "B1")["category"] == "toys"
    assert "price" not in item(document, "B1")


def test_one_file_of_reviews_finds_its_products(tmp_path):
    fill(tmp_path, "amazon")
    document = imported("amazon", tmp_path / "Games.json")
    assert len(document["events"]) == 1
    assert item(document, "B1")["brand"] == "Acme"


def test_yoochoose_has_sessions_for_users_and_prices_of_the_seeded_part(tmp_path):
    document = imported("yoochoose", fill(tmp_path, "yoochoose"))
    assert [one[2] for one in events(document)] == [1, 3, 1, 1, 1, 3]
    assert item(document, "214536506")["price"] == 12462
    assert item(document, "214536506")["category"] == "3"
    assert "every session is a user" in document["meta"]["notes"][0]


def test_gorse_labels_become_tags_props_and_traits(tmp_path):
    document = imported("gorse", fill(tmp_path, "gorse"))
    assert item(document, "a") == {
        "item_id": "a",
        "available": False,
        "description": "A",
        "tags": ["book", "novel", "old", "category:book"],
        "category": "book",
        "category_path": ["book", "novel"],
    }
    assert item(document, "b")["props"] == {"year": 1999}
    assert document["users"][0]["traits"] == {"segment": "vip", "plan": "pro"}
    assert document["users"][1]["traits"] == {"segment": "unknown", "labels": ["x"]}
    assert [one[2] for one in events(document)] == [1, 3]


def test_gorse_words_that_nobody_knows_are_asked_for(tmp_path):
    odd = SAMPLES["gorse"]["feedback.jsonl"].replace("click", "star")
    folder = fill(tmp_path, "gorse", feedback__jsonl=odd)
    assert "`star`" in refused("gorse", folder)
    assert [one[2] for one in events(imported("gorse", folder, events={"star": "add"}))] == [2, 3]


def test_gorse_of_older_versions_exports_csv_with_lines_in_cells(tmp_path):
    (tmp_path / "users.csv").write_text("user_id,labels\r\nbob,a|b\r\n")
    (tmp_path / "items.csv").write_text(
        "item_id,is_hidden,categories,time_stamp,labels,description\r\n"
        '1,false,x|y,2020-01-01 01:01:01.000000001 +0000 UTC,"{""genre"":[""sf""]}","t\r\nw"\r\n'
    )
    (tmp_path / "feedback.csv").write_text(
        "feedback_type,user_id,item_id,time_stamp\r\nclick,bob,1,2020-01-01 01:01:01.000000001 +0000 UTC\r\n"
    )
    document = imported("gorse", tmp_path)
    assert events(document) == [("bob", "1", 1, "2020-01-01T01:01:01Z")]
    assert item(document, "1")["props"] == {"genre": ["sf"]}
    assert document["users"][0]["traits"]["labels"] == ["a", "b"]


def test_recsys_eval_takes_events_from_outcomes_and_the_rest_from_exposures(tmp_path):
    document = imported("recsys-eval", fill(tmp_path, "recsys-eval"))
    assert [one[2] for one in events(document)] == [1, 3]
    assert [one["item_id"] for one in document["items"]] == ["a", "b"]
    assert document["users"] == [{"user_id": "u", "traits": {"segment": "vip"}}]
    assert "1 value of an outcome" in " ".join(document["meta"]["notes"])


def test_recsys_eval_names_the_line_of_an_outcome_of_another_kind(tmp_path):
    odd = SAMPLES["recsys-eval"]["outcomes.jsonl"] + '{"request_id":"r","event_type":"buy"}\n'
    assert "outcomes.jsonl:3" in refused("recsys-eval", fill(tmp_path, "recsys-eval", outcomes__jsonl=odd))
