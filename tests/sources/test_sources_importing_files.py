from __future__ import annotations

import gzip
import json
import time

import polars as pl
import pytest
from click.testing import CliRunner

from pytest_recsim.cli.importing import importing
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.sources.importing.choices import Choices
from pytest_recsim.sources.importing.files import Files, import_files
from pytest_recsim.sources.importing.mapping import Reading

SHOP = """Kundennr;Artikelnr;Datum;Uhrzeit;Ereignis;Menge
007;ä1;01.02.2026;10:00;Ansicht;1
7;ä1;13.02.2026;11:00;Kauf;2,5
7;a2;14.02.2026;11:00;in den Warenkorb;1
;a2;14.02.2026;11:30;Retoure;-1
"""
ARTICLES = '''Artikelnr;Bezeichnung;Preis;Marke;Tags;lieferbar;Marge;Farbe
ä1;"Hose ""blau""";9,90;Acme;blau|neu;ja;0,4;x
a2;"Jacke;
grün";1.009,90;;;nein;;y
'''
PLAIN = "user_id,item_id,timestamp,event\n"


@pytest.fixture
def write(tmp_path):
    def put(name, content):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / name

    return put


def imported(source, kind="csv", **settings):
    return import_files(Files(kind, source), Reading(settings=settings)).built


def refused(source, kind="csv", **settings):
    with pytest.raises(InputError) as caught:
        imported(source, kind, **settings)
    return str(caught.value)


def times(built):
    return [event["ts"] for event in built.document()["events"]]


def test_a_german_export_is_recognised_and_said(write, tmp_path):
    files = Files("csv", write("s.csv", SHOP.encode("latin-1")), write("a.csv", "\ufeff" + ARTICLES))
    built = import_files(files, Reading(settings={"time_zone": "Europe/Berlin"})).built
    document = built.document()
    assert document["items"][0] == {
        "item_id": "ä1",
        "available": True,
        "price": 9.9,
        "tags": ["blau", "neu", "brand:Acme"],
        "brand": "Acme",
        "description": 'Hose "blau"',
        "props": {"margin": 0.4},
    }
    assert document["items"][1]["price"] == 1009.9
    assert [(one["user_id"], one["type"]) for one in document["events"]] == [("007", 0), ("7", 3), ("7", 2)]
    assert times(built) == ["2026-02-01T09:00:00Z", "2026-02-13T10:00:00Z", "2026-02-14T10:00:00Z"]
    said = "\n".join(built.notes)
    for words in (
        "Windows-1252",
        "semicolons",
        "day first, as `13.02.2026",
        "decimal commas",
        "Europe/Berlin",
    ):
        assert words in said
    assert "1 row without a user left out" in said
    built.write(tmp_path / "f.json")
    load_fixture(tmp_path / "f.json")


@pytest.mark.parametrize(
    ("cells", "settings", "found"),
    [
        (["1769900000", "1769900001"], {}, ["2026-01-31T22:53:20Z", "2026-01-31T22:53:21Z"]),
        (["1769900000000"], {}, ["2026-01-31T22:53:20Z"]),
        (["1769900000000500"], {}, ["2026-01-31T22:53:20.000500Z"]),
        (["5"], {"time_unit": "s"}, ["1970-01-01T00:00:05Z"]),
        (["2026-01-31T10:00:00+02:00"], {}, ["2026-01-31T08:00:00Z"]),
        (["2026-01-31T10:00:00.250Z"], {}, ["2026-01-31T10:00:00.250000Z"]),
        (["20260131"], {}, ["2026-01-31T00:00:00Z"]),
        (["01/13/2026 10:00 PM"], {}, ["2026-01-13T22:00:00Z"]),
        (["01/02/2026", "13/02/2026 9:30"], {}, ["2026-02-01T00:00:00Z", "2026-02-13T09:30:00Z"]),
        (["01/02/2026"], {"day_first": True}, ["2026-02-01T00:00:00Z"]),
        (["01/02/2026"], {"day_first": False}, ["2026-01-02T00:00:00Z"]),
        (["2026-03-29 02:30"], {"time_zone": "Europe/Berlin"}, ["2026-03-29T01:30:00Z"]),
        (["10/Oct/2025:13:55:36 -0700"], {}, ["2025-10-10T20:55:36Z"]),
    ],
)
def test_times_are_recognised_in_many_forms(write, cells, settings, found):
    rows = "".join(f'u,i,"{cell}",view\n' for cell in cells)
    assert times(imported(write("e.csv", PLAIN + rows), **settings)) == found


@pytest.mark.parametrize(
    ("cells", "settings", "said"),
    [
        (["01/02/2026", "03.04.2026"], {}, "fit both ways; --day-first or --month-first"),
        (["13/01/2026", "01/13/2026"], {}, "e.csv:3: timestamp `01/13/2026` is no time in the forms found"),
        (["2026-01-31", "2026-02-30"], {}, "e.csv:3: timestamp `2026-02-30` is no time"),
        (["2026-01-31", ""], {}, "e.csv:3: timestamp is empty"),
        (["5"], {}, "--time-unit"),
        (["1769900000", "0", "1769900001"], {}, "e.csv:3: timestamp `0` is no time"),
        (
            ["1769900000", "17699000000000000"],
            {"time_unit": "s"},
            "e.csv:3: timestamp `17699000000000000` is no time",
        ),
        (["9" * 400], {}, "timestamp"),
        (["2026-01-31"], {"time_zone": "Europe/Berln"}, "did you mean `Europe/Berlin`"),
        (["2026-01-31"], {"time_unit": "h"}, "must be one of s, ms, us, ns"),
        (["2026-01-31", "0026-01-31"], {}, "e.csv:3: time 0026-01-31"),
    ],
)
def test_times_that_fit_two_ways_or_none_are_told(write, cells, settings, said):
    rows = "".join(f"u,i,{cell},view\n" for cell in cells)
    assert said in refused(write("e.csv", PLAIN + rows), **settings)


@pytest.mark.parametrize(
    ("cells", "settings", "found"),
    [
        (["2.5", "1"], {}, [2.5, 1]),
        (["2,5", "1.000"], {}, [2.5, 1000]),
        (["1.234,56"], {}, [1234.56]),
        (["1,234.56", "€ 3"], {}, [1234.56, 3]),
        (["1,234"], {"decimal_comma": False}, [1234]),
        (["1,234"], {"decimal_comma": True}, [1.234]),
    ],
)
def test_numbers_are_recognised_with_point_or_comma(write, cells, settings, found):
    rows = "".join(f'u,i,2026-01-0{day},view,"{cell}"\n' for day, cell in enumerate(cells, 1))
    document = imported(write("e.csv", "user,item,ts,type,value\n" + rows), **settings).document()
    assert [event.get("value", 1) for event in document["events"]] == found


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["1,234"], "--decimal-comma or --decimal-point"),
        (["1,5", "2.5"], "e.csv:2: value `1,5`: must be a number with decimal points"),
        (["1", "x"], "e.csv:3: value `x`"),
        (["inf"], "e.csv:2: value `inf`"),
    ],
)
def test_numbers_that_fit_two_ways_or_none_are_told(write, cells, said):
    rows = "".join(f'u,i,2026-01-01,view,"{cell}"\n' for cell in cells)
    assert said in refused(write("e.csv", "user,item,ts,type,value\n" + rows))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("u,i,2026-01-01,view\nu,i,2026-01-01\n", "e.csv:3: 3 cells; must be 4"),
        ("u,i,2026-01-01,view\nu,i,2026-01-01,view,\n", "e.csv:3: 5 cells; must be 4"),
        ('u,i,2026-01-01,view\nu,"i,2026-01-01,view\n', "e.csv:3: is not CSV"),
        ('u,i,2026-01-01,view\nu,"i" x,2026-01-01,view\n', "e.csv:3: is not CSV"),
        ("u,i,2026-01-01,view\nu,,2026-01-01,view\n", "e.csv:3: names no item"),
    ],
)
def test_a_row_that_does_not_fit_is_named_by_its_line(write, rows, said):
    assert said in refused(write("e.csv", PLAIN + rows))


def test_lines_are_counted_where_cells_hold_line_breaks_and_between_are_blank_lines(write):
    rows = 'u,"i\n1",2026-01-01,view\n\nu,i,2026-01-01,view\nu,i,nonsense,view\n'
    assert "e.csv:6: timestamp `nonsense`" in refused(write("e.csv", PLAIN + rows))
    quoted = 'u,"i""2",2026-01-01,view\r\n"u","i, or j",2026-01-01,view\r\n'
    document = imported(write("q.csv", PLAIN.replace("\n", "\r\n") + quoted)).document()
    assert [one["item_id"] for one in document["items"]] == ['i"2', "i, or j"]


def test_a_quote_within_a_cell_is_one(write):
    document = imported(write("e.csv", PLAIN + 'u,5" disk,2026-01-01,view\n')).document()
    assert document["items"] == [{"item_id": '5" disk'}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "::"])
def test_delimiters_are_recognised(write, delimiter):
    text = (PLAIN + "u,i,2026-01-01 10:00:00,view\n" * 3).replace(",", delimiter)
    assert imported(write("e.csv", text)).counts["events"] == 3


def test_a_file_without_header_asks_for_the_columns(write):
    said = refused(write("u.data", "196\t242\t3\t881250949\n186\t302\t3\t891717742\n"))
    assert "no column was recognised as user_id and item_id; --column user_id=NAME" in said
    assert "`column_1` (such as `196`)" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04...", "a zip archive or an Excel workbook"),
        (b"PAR1....", "recsim import parquet"),
        (b'{"user_id": 1}\n', "recsim import jsonl"),
        (b"<!DOCTYPE html>", "HTML"),
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,b\x00\n", "NUL"),
        (b"\x1f\x8bxx", "gzip that cannot be unpacked"),
    ],
)
def test_what_is_no_csv_is_named(write, content, said):
    assert said in refused(write("e.csv", content))


def test_event_words_are_recognised_and_unknown_ones_a_choice(write):
    path = write("e.csv", PLAIN + "u,i,2026-01-01,Add_To_Cart\nu,i,2026-01-02,hover\nu,i,2026-01-03,BUY\n")
    assert "unknown event words `hover` (1); --unknown-events" in refused(path)
    for choice, types in (("drop", [2, 3]), ("custom", [2, 4, 3])):
        built = imported(path, unknown_events=choice)
        assert [event["type"] for event in built.document()["events"]] == types
        assert any("`hover` (1)" in note and f"--unknown-events {choice}" in note for note in built.notes)
    named = import_files(Files("csv", path), Reading(events={"hover": "view"})).built
    assert [event["type"] for event in named.document()["events"]] == [2, 0, 3]


@pytest.mark.parametrize(
    ("head", "settings", "code", "said"),
    [
        ("user,item,ts,rating", {}, 0, "so every row is a view"),
        ("customer,sku,date,quantity", {}, 3, "so every row is a purchase"),
        ("user,item,ts,rating", {"event_type": "click"}, 1, ""),
    ],
)
def test_rows_without_event_words_are_of_one_type(write, head, settings, code, said):
    built = imported(write("e.csv", f"{head}\nu,i,2026-01-01,4\n"), **settings)
    assert built.document()["events"][0]["type"] == code
    assert built.document()["events"][0]["value"] == 4
    assert said in "\n".join(built.notes)


def test_json_lines_and_parquet_give_the_same_fixture_as_csv(write, tmp_path):
    rows = [("007", "a", "2026-01-01T10:00:00Z", "view"), ("7", "b", "2026-01-02T10:00:00Z", "purchase")]
    names = ("user_id", "item_id", "ts", "event")
    text = "\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows)
    frame = pl.DataFrame(rows, schema=names, orient="row")
    frame = frame.with_columns(
        pl.col("ts").str.to_datetime(time_zone="UTC", time_unit="ns").dt.convert_time_zone("Asia/Tokyo")
    )
    frame.write_parquet(tmp_path / "e.parquet")
    csv = write("e.csv", "\n".join(map(",".join, [names, *rows])))
    packed = write("e.jsonl.gz", gzip.compress(text.encode()))
    found = [imported(csv), imported(packed, "jsonl"), imported(tmp_path / "e.parquet", "parquet")]
    assert [one.lists for one in found] == [found[0].lists] * 3
    assert "times in Asia/Tokyo, kept as UTC" in "\n".join(found[2].notes)


def test_numbers_in_json_lines_stay_as_they_are_written(write):
    lines = (
        '{"user":12345678901234567890,"item":7.0,"ts":1769900000}\n{"user":8,"item":null,"ts":1769900001}\n'
    )
    document = import_files(
        Files("jsonl", write("e.jsonl", lines)), choices=Choices(no_item="drop")
    ).built.document()
    assert document["events"] == [
        {"user_id": "12345678901234567890", "item_id": "7", "type": 0, "ts": "2026-01-31T22:53:20Z"}
    ]


def test_codes_of_events_that_are_numbers_are_read_as_such(tmp_path):
    frame = pl.DataFrame({"user": ["u"], "item": ["i"], "ts": ["2026-01-01"], "type": [3]})
    frame.write_parquet(tmp_path / "e.parquet")
    assert imported(tmp_path / "e.parquet", "parquet").document()["events"][0]["type"] == 3


def test_fields_of_items_are_taken_from_the_events_where_that_is_asked_for(write):
    rows = "u,i,2026-01-01,view,,Acme\nu, i,2026-01-02,view,5.5,\nu,j,2026-01-03,view,7,Acme\nu,i,2026-01-04,buy,9,Other\n"
    path = write("e.csv", "user,item,ts,event,price,brand\n" + rows)
    built = imported(path, item_fields=True)
    assert built.document()["items"] == [
        {"item_id": "i", "price": 5.5, "brand": "Acme", "tags": ["brand:Acme"]},
        {"item_id": "j", "price": 7.0, "brand": "Acme", "tags": ["brand:Acme"]},
    ]
    assert "e.csv: fields of 2 items are the first that the events say" in built.notes
    assert imported(path).document()["items"] == [{"item_id": "i"}, {"item_id": "j"}]
    assert "no column of the events" in refused(
        write("n.csv", PLAIN + "u,i,2026-01-01,view\n"), item_fields=True
    )


def test_margins_that_are_no_shares_are_told(write):
    events = write("e.csv", "user,item,ts,event,city\nu,i,2026-01-01,view,Bonn\n")
    items = write("i.csv", "item,margin\ni,45\n")
    notes = import_files(Files("csv", events, items)).built.notes
    assert "i.csv: margins go up to 45; they must be shares of the price, 0 to 1" in notes


@pytest.mark.parametrize(
    "cells",
    [["12 %", "7%", ""], ['"12,0 %"', "7 %", " "], ["12.0%", "7%", ""]],
    ids=["blank", "comma", "point"],
)
def test_margins_in_percent_are_shares_and_that_is_told(write, cells):
    events = write("e.csv", "user,item,ts,event,city\nu,i0,2026-01-01,view,Bonn\n")
    items = write(
        "i.csv", "item,margin\n" + "".join(f"i{place},{cell}\n" for place, cell in enumerate(cells))
    )
    built = import_files(Files("csv", events, items)).built
    assert [one.get("props") for one in built.document()["items"]] == [
        {"margin": 0.12},
        {"margin": 0.07},
        None,
    ]
    assert "i.csv: margin: percentages, kept as shares of the price" in built.notes


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["12 %", "0.4"], "i.csv:3: margin `0.4`: has no % while others have; must be all with it"),
        (["12 %", "x %"], "i.csv:3: margin `x `: must be a number"),
    ],
)
def test_margins_of_which_only_some_are_in_percent_are_named_by_their_line(write, cells, said):
    events = write("e.csv", "user,item,ts,event,city\nu,i0,2026-01-01,view,Bonn\n")
    items = write(
        "i.csv", "item,margin\n" + "".join(f"i{place},{cell}\n" for place, cell in enumerate(cells))
    )
    with pytest.raises(InputError) as caught:
        import_files(Files("csv", events, items))
    assert said in str(caught.value)


def test_json_lines_that_are_none_are_named_by_their_line(write):
    path = write("e.jsonl", '{"user":1,"item":2,"ts":"2026-01-01"}\n\n[]\n')
    assert "e.jsonl:3: is no JSON object: []" in refused(path, "jsonl")


def test_a_column_that_is_not_used_is_said(write):
    path = write("s.csv", "user;item;ts;event;colour;size\n1;2;2026-03-14;view;red;9\n")
    (said,) = import_files(Files("csv", path)).shown
    assert said.endswith("; not used: `colour`, `size`")


def test_the_command_keeps_the_mapping_beside_the_fixture_and_takes_it_back(write, tmp_path):
    source, out = write("s.csv", SHOP), tmp_path / "o.json"
    ask = ["csv", str(source), "--segment", "few: events < 3", "--segment", "rest"]
    done = CliRunner().invoke(importing, [*ask, "--out", str(out)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "events: user_id from `Kundennr`" in done.output
    assert "o.json: 2 items, 2 users, 3 events" in done.output
    mapping = tmp_path / "o.mapping.yml"
    assert "user_id: Kundennr" in mapping.read_text()
    again = [*ask, "--mapping", str(mapping), "--out", str(tmp_path / "p.json")]
    CliRunner().invoke(importing, again, catch_exceptions=False)
    assert (tmp_path / "p.json").read_bytes() == out.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        CliRunner().invoke(importing, [*ask, "--out", str(out)], catch_exceptions=False)
    out.unlink()
    edited = mapping.read_text() + "# mine"
    mapping.write_text(edited)
    with pytest.raises(InputError, match=r"may have been edited; `--mapping .*o.mapping.yml` uses it"):
        CliRunner().invoke(importing, [*ask, "--out", str(out)], catch_exceptions=False)
    assert (out.exists(), mapping.read_text()) == (False, edited)
    mapping.write_text("interactions: {user_id: Kunde}")
    with pytest.raises(InputError, match="there is no column `Kunde`; did you mean `Kundennr`"):
        CliRunner().invoke(importing, [*again, "--force"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "m.yml:1"),
        ("events: {buy: purchase, buy: view}", "`buy` is defined twice"),
        ("- 1", "must be a mapping"),
        ("itens: {}", "did you mean `items`"),
        ("settings: {day_first: perhaps}", "must be true or false"),
        ("interactions: {user_id: [a, b]}", "only ts, tags and category_path"),
        ("interactions: {usr_id: a}", "did you mean `user_id`"),
    ],
)
def test_a_mapping_that_is_none_is_told(write, tmp_path, text, said):
    ask = [
        "csv",
        str(write("s.csv", SHOP)),
        "--mapping",
        str(write("m.yml", text)),
        "--out",
        str(tmp_path / "o.json"),
    ]
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(importing, ask, catch_exceptions=False)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (['["Gr\\u00f6\\u00dfe", "b|c"]', ""], [["Größe", "b|c"], []]),
        (["[1, 2]", "[]"], [["1", "2"], []]),
        (["['it's', \"b\"]", "[a, b]"], [["it's", "b"], ["a", "b"]]),
    ],
)
def test_lists_in_brackets_are_read_as_whoever_wrote_them_did(write, tmp_path, cells, found):
    items = pl.DataFrame({"item_id": ["a", "b"], "tags": cells})
    items.write_csv(tmp_path / "i.csv")
    source = write("s.csv", PLAIN + "u,a,2026-01-13,view\n")
    built = import_files(Files("csv", source, tmp_path / "i.csv")).built
    assert [one.get("tags", []) for one in built.document()["items"]] == found


def test_large_ids_keep_every_digit_whatever_stands_beside_them(write, tmp_path):
    lines = '{"user_id":9007199254740993,"item_id":7,"ts":"2026-01-01"}\n{"user_id":1.0,"item_id":7,"ts":"2026-01-02"}\n'
    assert imported(write("s.jsonl", lines), "jsonl").document()["users"][0]["user_id"] == "9007199254740993"
    rows = {"user_id": [9_007_199_254_740_993], "item_id": [b"a"], "ts": ["2026-01-01"]}
    frame = pl.DataFrame(rows).with_columns(pl.col("user_id").cast(pl.Decimal(38, 0)))
    frame.write_parquet(tmp_path / "s.parquet")
    event = imported(tmp_path / "s.parquet", "parquet").document()["events"][0]
    assert (event["user_id"], event["item_id"]) == ("9007199254740993", "a")


def test_ids_of_items_that_are_floats_are_those_of_the_events(write, tmp_path):
    pl.DataFrame({"item_id": [7.0], "brand": [float("nan")]}).write_parquet(tmp_path / "i.parquet")
    source = write("s.csv", PLAIN + "u,7,2026-01-13,view\n")
    built = import_files(Files("csv", source, tmp_path / "i.parquet")).built
    assert built.document()["items"] == [{"item_id": "7", "tags": []}]


def test_an_import_never_replaces_what_it_reads_nor_the_folder_where_it_runs(write, tmp_path, monkeypatch):
    source = write("s.csv", SHOP)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for out, said in (("../s.csv", "is what is read"), (".", "where you are"), ("..", "or around it")):
        with pytest.raises(InputError, match=said):
            CliRunner().invoke(
                importing, ["csv", str(source), "--out", out, "--force"], catch_exceptions=False
            )
    assert (source.read_text(), {path.name for path in tmp_path.iterdir()}) == (SHOP, {"s.csv", "here"})


def test_where_no_event_is_left_it_is_said_what_took_them(write):
    source = write("s.csv", PLAIN + ",a,2026-01-13,view\n")
    assert "no event is left; at least one is needed (1 row without a user left out" in refused(source)


def test_what_columns_cost_grows_with_their_number_and_not_with_its_square(write):
    wide = ",".join(f"c{place}" for place in range(8_000))
    path = write("s.csv", f"user,item,ts,{wide}\nu,a,2026-01-13,{wide}\n")
    began = time.process_time()
    assert len(imported(path).document()["events"]) == 1
    assert time.process_time() - began < 5
