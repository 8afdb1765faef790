"""A data set means the same in whatever it lies: one JSON file, gzip, a folder of JSONL or Parquet."""

from __future__ import annotations

import gzip
import json
import sys
import zipfile

import pytest
from fuzzing import for_all, in_two_sizes
from test_data_fixture import GOOD, MISTAKES, changed
from test_data_fuzz_fixture import documents

from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input import unpack
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.sources.writer import write_fixture

CONTAINERS = {
    "gzip": ("acme.json.gz", "jsonl"),
    "lines": ("acme", "jsonl"),
    "packed lines": ("acme", "jsonl.gz"),
    "tables": ("acme", "parquet"),
}
EVENTS = "\n".join(json.dumps(event) for event in GOOD["events"]) + "\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data set in a folder, as text that a test can change."""
    monkeypatch.chdir(tmp_path)
    write_fixture(GOOD, tmp_path / "acme")
    return tmp_path / "acme"


def told(path):
    with pytest.raises(InputError) as caught:
        load_fixture(path)
    return [str(problem) for problem in caught.value.problems]


def parts(fixture):
    """All that a simulation knows of a data set, but for where it lies."""
    return (
        fixture.sha256, fixture.items, fixture.users, fixture.events, fixture.defaulted, fixture.notes,
        *(array.tolist() for array in vars(fixture.columns).values()),
    )  # fmt: skip


@in_two_sizes
def test_a_data_set_comes_back_the_same_from_every_container(tmp_path_factory, examples):
    root = tmp_path_factory.mktemp("containers")

    def comes_back(document):
        write_fixture(document, root / "acme.json", force=True)
        wanted = parts(load_fixture(root / "acme.json"))
        for name, form in CONTAINERS.values():
            write_fixture(document, root / name, force=True, form=form)
            assert parts(load_fixture(root / name)) == wanted, form
        assert {path.name for path in root.iterdir()} == {"acme.json", "acme.json.gz", "acme"}

    for_all(examples // 40, documents(), comes_back)


@pytest.mark.parametrize(
    ("pointer", "value", "same"),
    [
        ("meta", {"made by": "import"}, True),
        ("users/0/traits", {"age": 3, "segment": "new_users"}, True),  # keys in another order
        ("events/0/ts", "2026-01-01T22:00:00Z", True),
        ("items/1/tags", [], True),
        ("items/1/price", ..., True),
        ("events/1/value", 1, True),
        ("events/0/value", 1.5, False),
        ("events/0/ts", "2026-01-01T22:00:00.000001Z", False),
        ("events/2/source_event_id", "e2", False),
        ("events/1/meta", {"s": 2}, False),
        ("items/1/brand", "y", False),
        ("users/1/traits/segment", "new_users", False),
        ("users", GOOD["users"][::-1], False),
        ("events", GOOD["events"][::-1], False),
    ],
    ids=str,
)
def test_the_identity_is_that_of_the_content_and_not_of_how_it_is_written(tmp_path, pointer, value, same):
    found = []
    for document in (GOOD, changed(pointer, value)):
        (tmp_path / "acme.json").write_text(json.dumps(document, indent=len(found)))
        found.append(load_fixture(tmp_path / "acme.json").sha256)
    assert (found[0] == found[1]) is same


def test_the_identity_of_a_data_set_stays_from_version_to_version(tmp_path):
    (tmp_path / "acme.json").write_text(json.dumps(GOOD))
    assert load_fixture(tmp_path / "acme.json").sha256[:16] == "496c7001a3624b17"


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_what_is_wrong_with_a_row_is_told_in_every_container_with_its_place(tmp_path, monkeypatch, form):
    """Every mistake of the JSON file; the few that a table cannot hold are left out of it."""
    monkeypatch.chdir(tmp_path)
    places = {"jsonl": "acme/{}.jsonl:{}#", "parquet": "acme/{}.parquet:row {}#"}
    checked = 0
    for pointer, value, sentence in MISTAKES:
        kind, _, rest = pointer.partition("/")
        if kind not in GOOD or not rest or rest == "0":
            continue
        lists = changed(pointer, value)
        if not _written(lists, tmp_path / "acme", form):
            continue
        position, _, _ = rest.partition("/")
        start, _, said = sentence.partition(": ") if sentence.startswith("#/") else ("", "", sentence)
        said = said.replace("entry 0", "line 1" if form == "jsonl" else "row 1")
        place = places[form].format(kind, int(position) + 1) + (start.removeprefix(f"#/{kind}/{position}"))
        found = told(tmp_path / "acme")
        assert any(line.startswith(place) and said in line for line in found), (pointer, found)
        checked += 1
    assert checked > (60 if form == "jsonl" else 35)


def _written(lists, folder, form):
    """Write rows that are not sound, as somebody else's program would; False where the format cannot hold them."""
    folder.mkdir(exist_ok=True)
    if form == "jsonl":
        for kind in ("items", "users", "events"):
            (folder / f"{kind}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in lists[kind]))
        return True
    import polars as pl

    for kind, name in (("items", "props"), ("users", "traits"), ("events", "meta")):
        rows = [{**row, name: json.dumps(row[name])} if name in row else row for row in lists[kind]]
        try:
            frame = pl.DataFrame(rows, infer_schema_length=None)
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
            return False
        frame.write_parquet(folder / f"{kind}.parquet")
        held = [{key: value for key, value in row.items() if value is not None} for row in frame.to_dicts()]
        if repr(held) != repr(
            [{key: row.get(key) for key in found} for row, found in zip(rows, held, strict=True)]
        ):
            return False
        if any(value is None for row in rows for key, value in row.items() if key not in ("price", "meta")):
            return False
    return True


def test_unlike_lines_are_numbered_as_an_editor_numbers_them(folder):
    (folder / "events.jsonl").write_text(
        "\n" + EVENTS.replace("\n", "\r\n\n") + '{"user_id": "u1"\n{"a": \n\n7'
    )
    assert told(folder) == [
        "acme/events.jsonl:8:17: not JSON: Expecting ',' delimiter; must be one JSON object a line",
        "acme/events.jsonl:9:7: not JSON: Expecting value; must be one JSON object a line",
        "acme/events.jsonl:11#: a number; must be an object with item_id, ts, type, user_id",
    ]


def test_blank_lines_and_a_byte_order_mark_are_no_problem(folder):
    wanted = parts(load_fixture(folder))
    (folder / "events.jsonl").write_text("\ufeff\n" + EVENTS.replace("\n", "\r\n\n"))
    assert parts(load_fixture(folder)) == wanted


def test_two_rows_in_one_line_and_one_row_in_two_lines_are_told(folder):
    first, second, third = EVENTS.splitlines()
    (folder / "events.jsonl").write_text(f"{first} {second}\n{third[:40]}\n{third[40:]}\n")
    found = told(folder)
    assert [line.split(":")[1] for line in found] == ["1", "2", "3"]
    assert "not JSON: Extra data" in found[0]


def test_lines_that_lie_in_several_blocks_are_read_as_one(folder, monkeypatch):
    wanted = parts(load_fixture(folder))
    monkeypatch.setattr(unpack, "BLOCK", 7)
    assert parts(load_fixture(folder)) == wanted
    (folder / "events.jsonl").write_text(EVENTS.replace("i1", "i9"))
    assert [line[:23] for line in told(folder)] == ["acme/events.jsonl:2#/it", "acme/events.jsonl:3#/it"]


def test_a_table_in_several_pieces_is_read_as_one(folder):
    import polars as pl

    wanted = parts(load_fixture(folder))
    write_fixture(GOOD, folder, force=True, form="parquet")
    events = pl.read_parquet(folder / "events.parquet")
    events.write_parquet(folder / "events.parquet", row_group_size=1)
    assert parts(load_fixture(folder)) == wanted
    wrong = pl.concat([events, events.tail(1).with_columns(item_id=pl.lit("i9"))])
    wrong.write_parquet(folder / "events.parquet", row_group_size=1)
    assert [f"row {len(wrong)}#/item_id: unknown item" in one for one in told(folder)] == [True]


def test_two_hundred_problems_are_enough_and_twenty_kinds_are_named(folder):
    wrong = json.dumps(GOOD["events"][0] | {"value": "1"}) + "\n"
    (folder / "events.jsonl").write_text(EVENTS + wrong * 1000 + "{\n")
    with pytest.raises(InputError) as caught:
        load_fixture(folder)
    assert str(caught.value).startswith('acme/events.jsonl:4#/value: "1"; must be 0, or a number')
    assert "(at least 199 more like it, first at acme/events.jsonl:5#/value," in str(caught.value)


def test_rows_of_several_files_are_told_together(folder):
    (folder / "items.jsonl").write_text(
        '{"item_id": "i1"}\n{"item_id": "i1"}\n{"item_id": "i2", "price": -1}\n'
    )
    (folder / "users.jsonl").write_text("not json\n")
    (folder / "meta.json").write_text('{"a": "\\u0000"}')
    assert [line.split(";")[0] for line in told(folder)] == [
        'acme/items.jsonl:2#/item_id: "i1" is also the id of line 1',
        "acme/items.jsonl:3#/price: -1",
        "acme/users.jsonl:1:1: not JSON: Expecting value",
    ]


def test_meta_of_a_folder_is_held_to_what_it_is_held_to_in_a_file(folder):
    (folder / "meta.json").write_text('{"a": "\\u0000"}')
    assert told(folder)[0].startswith("acme/meta.json#/a: text with a NUL character")
    (folder / "meta.json").write_text('{"a":\n')
    assert told(folder) == ["acme/meta.json:2:1: not JSON: Expecting value; must be JSON"]


KINDS = {
    "gzip": (gzip.compress(b"{}"), "this is gzip: its name must end in .gz"),
    "csv": (
        b"user_id,item_id,ts\n1,2,3\n",
        "this is CSV: must be JSON; `recsim import csv` makes a data set of it",
    ),
    "german csv": (b'"Kunde";"Artikel"\r\n"1";"2"\r\n', "this is CSV: must be JSON; `recsim import csv`"),
    "atomic": (b"user_id:token\titem_id:token\n1\t2\n", "this is CSV: must be JSON; `recsim import csv`"),
    "parquet": (b"PAR1\0\0PAR1", "this is Parquet: must be a folder with items, users and events"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1", "this is an Excel file: must be JSON; save its sheet as CSV"),
    "utf-16": ("a;b".encode("utf-16"), "this is UTF-16 text: must be UTF-8"),
    "zstd": (b"\x28\xb5\x2f\xfd\0", "this is zstd: must be unpacked"),
    "lines": (EVENTS.encode(), "this is JSONL: must be a folder with items, users and events"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_kind_is_named_in_one_sentence(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    content, sentence = KINDS[kind]
    (tmp_path / "acme.json").write_bytes(content)
    (line,) = told(tmp_path / "acme.json")
    assert line.startswith(f"acme.json: {sentence}")
    (tmp_path / "acme.json.gz").write_bytes(content if kind == "gzip" else gzip.compress(content))
    assert len(told(tmp_path / "acme.json.gz")) == (3 if kind == "gzip" else 1)  # the lists that {} lacks


@pytest.mark.parametrize(
    ("inside", "sentence"),
    [("xl/workbook.xml", "an Excel file"), ("a.json", "a zip archive: must be unpacked")],
)
def test_what_is_in_a_zip_says_what_it_is(tmp_path, inside, sentence):
    with zipfile.ZipFile(tmp_path / "acme.json", "w") as archive:
        archive.writestr(inside, "{}")
    assert f"this is {sentence}" in told(tmp_path / "acme.json")[0]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "events.jsonl",
            b'{"items": [], "users": [], "events": []}',
            "events.jsonl: this is JSON: must be JSONL",
        ),
        ("events.jsonl", b"[\n{}\n]", "events.jsonl: this is JSON: must be JSONL, one object a line"),
        ("events.jsonl", gzip.compress(EVENTS.encode()), "events.jsonl: this is gzip"),
        (
            "events.jsonl",
            b"user_id,item_id\na,b\n",
            "events.jsonl: this is CSV: must be JSON; `recsim import csv`",
        ),
        ("events.jsonl.gz", EVENTS.encode(), "events.jsonl.gz: its name ends in .gz, but this is"),
        (
            "events.jsonl.gz",
            gzip.compress(EVENTS.encode())[:-20],
            "is gzip that is cut short; must be whole: write or copy it again",
        ),
        (
            "events.jsonl.gz",
            b"\x1f\x8b" + b"\0" * 30,
            "is damaged gzip; must be whole: write or copy it again",
        ),
        ("events.parquet", EVENTS.encode(), "events.parquet: this is JSONL: must be"),
        ("events.parquet", b"{}", "its name says Parquet, but what it holds is none"),
        ("events.parquet", b"PAR1" + b"\0" * 99, "events.parquet: cannot be read as Parquet"),
    ],
    ids=range(10),
)
def test_a_wrong_kind_is_named_within_a_folder_too(folder, name, content, sentence):
    (folder / "events.jsonl").unlink()
    (folder / name).write_bytes(content)
    (line,) = told(folder)
    assert line.startswith(f"acme/{name}: ")
    assert sentence in line


def test_a_folder_says_what_it_lacks_and_what_is_there_twice(folder):
    (folder / "events.jsonl.gz").write_bytes(b"")
    (folder / "users.jsonl").rename(folder / "user.jsonl")
    assert told(folder) == [
        "acme: `events.jsonl` and `events.jsonl.gz`: must be one of them, not both",
        "acme: must hold `users.jsonl` (or .jsonl.gz, .parquet); did you mean `user.jsonl`?",
    ]


def test_a_folder_of_csv_names_the_importer(tmp_path):
    (tmp_path / "ratings.csv").write_text("a,b\n")
    (line,) = told(tmp_path)
    assert (
        "this folder holds no data set: it must hold `items.jsonl`, `users.jsonl` and `events.jsonl`" in line
    )
    assert line.endswith(
        "(or each as .jsonl.gz or .parquet); ratings.csv is CSV, of which `recsim import csv` makes a data set"
    )


def test_a_folder_in_place_of_a_file_is_told(folder):
    (folder / "events.jsonl").unlink()
    (folder / "events.jsonl").mkdir()
    assert told(folder) == ["acme/events.jsonl: events.jsonl expected here, but this is a folder"]


def test_a_small_file_that_unpacks_to_more_than_any_data_set_is_refused_on_the_way(folder, monkeypatch):
    monkeypatch.setattr(unpack, "FREE", 10_000)
    monkeypatch.setattr(unpack, "BLOCK", 1_000)
    (folder / "acme.json.gz").write_bytes(gzip.compress(b" " * 10**6))
    (line,) = told(folder / "acme.json.gz")
    assert "is gzip that unpacks to more than 251,000 bytes, 250 times its size; must be at most that" in line


def test_a_table_of_somebody_else_is_read_with_its_own_types(tmp_path, monkeypatch):
    """Instants, structs in place of JSON text, categories, decimals; null is a field that was left out."""
    import polars as pl

    monkeypatch.chdir(tmp_path)
    write_fixture(GOOD, tmp_path / "acme.json")
    wanted = load_fixture(tmp_path / "acme.json")
    write_fixture(GOOD, tmp_path / "acme", form="parquet")
    users = pl.DataFrame(
        [
            {"user_id": "u1", "traits": {"segment": "new_users", "age": 3}},
            {"user_id": "u2", "traits": {"segment": "power_users", "age": None}},
        ]
    )
    users.with_columns(pl.col("user_id").cast(pl.Categorical)).write_parquet(
        tmp_path / "acme" / "users.parquet"
    )
    events = tmp_path / "acme" / "events.parquet"
    pl.read_parquet(events).with_columns(
        pl.col("ts").dt.convert_time_zone("Europe/Berlin"), pl.col("value").cast(pl.Decimal(10, 2))
    ).write_parquet(events)
    assert parts(load_fixture(tmp_path / "acme")) == parts(wanted)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"ts": "naive"},
            'acme/events.parquet:row 1#/ts: "2026-01-01T22:00:00" has no offset; must be an RFC 3339',
        ),
        ({"meta": '{"a": NaN}'}, "acme/events.parquet:row 1#/meta/a: nan is not a number of JSON"),
        ({"meta": '{"a": "\\u0000"}'}, "acme/events.parquet:row 1#/meta/a: text with a NUL"),
        ({"meta": "[1]"}, "acme/events.parquet:row 1#/meta: [1]; must be an object or null"),
        ({"meta": "odd"}, 'acme/events.parquet:row 1#/meta: "odd"; must be an object or null'),
        ({"value": float("nan")}, "acme/events.parquet:row 1#/value: nan; must be 0, or a number"),
        ({"source_event_id": "a\0"}, "acme/events.parquet:row 1#/source_event_id: text with a NUL"),
        ({"event_time": "x"}, "acme/events.parquet:row 1#/event_time: `event_time`: unknown key"),
    ],
    ids=str,
)
def test_what_a_table_can_hold_and_json_cannot_is_told(tmp_path, monkeypatch, change, sentence):
    import polars as pl

    monkeypatch.chdir(tmp_path)
    write_fixture(GOOD, tmp_path / "acme", form="parquet")
    path = tmp_path / "acme" / "events.parquet"
    ((column, value),) = change.items()
    new = pl.col("ts").dt.replace_time_zone(None) if value == "naive" else pl.lit(value).alias(column)
    pl.read_parquet(path).with_columns(new).write_parquet(path)
    assert told(tmp_path / "acme")[0].startswith(sentence)


def test_an_embedding_with_a_number_that_is_none_is_told_wherever_in_it_that_is(tmp_path, monkeypatch):
    import polars as pl

    monkeypatch.chdir(tmp_path)
    write_fixture(GOOD, tmp_path / "acme", form="parquet")
    path = tmp_path / "acme" / "items.parquet"
    numbers = [1.0] * 383 + [float("nan")]
    pl.read_parquet(path).with_columns(pl.Series("embedding", [None, numbers])).write_parquet(path)
    assert told(tmp_path / "acme")[0].startswith("acme/items.parquet:row 2#/embedding")


def test_without_polars_a_table_says_what_to_install_and_lines_need_nothing(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    assert load_fixture(folder).events
    (folder / "events.jsonl").unlink()
    (folder / "events.parquet").write_bytes(b"PAR1")
    (line,) = told(folder)
    assert line.endswith("which is not installed: `pip install 'pytest-recsim[tables]'`")
