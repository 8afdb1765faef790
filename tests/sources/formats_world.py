"""A tiny sample of every named layout, and the way from it to a fixture."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.sources.formats.registry import KINDS
from pytest_recsim.sources.formats.source import Source
from pytest_recsim.sources.importing.build import build

SAMPLES = {
    "recbole": {
        "tiny.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        "u\ta\t5\t1000000000\nu\tb\t3\t1000000100.5\n007\ta\t1\t1000000200\n7\ta\t4\t1000000300\n",
        "tiny.item": "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\tprice:float\n"
        "a\tToy Story\t1995\tAnimation Comedy\t9.5\nb\tunkonwn\tunkonwn\tDrama\t\nc\tV\tV\t\t1\n",
        "tiny.user": "user_id:token\tage:token\tincome:float\nu\t24\t1.5\n007\t53\tx\n7\t\t2\n",
    },
    "movielens": {
        "u.data": "1\t2\t5\t881250949\n1\t1\t3\t881250950\n2\t1\t2\t881250951\n",
        "u.item": "1|Toy Story (1995)|01-Jan-1995||http://x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
        "2|Misérables, Les (1995)|||http://y|0|0|0|0|0|0|0|0|1|0|0|0|1|0|0|0|0|0|0\n",
        "u.user": "1|24|M|technician|85711\n2|53|F|other|T8H1N\n",
    },
    "mind": {
        "behaviors.tsv": "1\tU1\t11/15/2019 10:22:32 AM\tN1 N2\tN1-0 N2-1\n2\tU2\t11/15/2019 1:22:32 PM\t\tN3-1 N1-1\n",
        "news.tsv": 'N1\tsports\tgolf\tThe "best" of\tabs\turl\t[]\t[]\nN2\tnews\tnewsus\tTitle\t\turl\t[]\t[]\n',
    },
    "retailrocket": {
        "events.csv": "timestamp,visitorid,event,itemid,transactionid\n1433221332117,257597,view,355908,\n"
        "1433221332118,257597,addtocart,355908,\n1433221932117,2,transaction,248676,7\n",
        "item_properties_part1.csv": "timestamp,itemid,property,value\n1431226800000,355908,categoryid,1338\n"
        "1441508400000,206783,888,1116713 n277.200\n",
        "item_properties_part2.csv": "timestamp,itemid,property,value\n1431226800000,355908,available,1\n"
        "1439089200000,355908,available,0\n1439089200000,206783,available,0\n",
        "category_tree.csv": "categoryid,parentid\n1338,213\n213,\n",
    },
    "amazon": {
        "Games.json": '{"overall": 5.0, "reviewerID": "A1", "asin": "B1", "unixReviewTime": 1252800000}\n',
        "Games23.jsonl": '{"rating": 1.0, "asin": "B2", "parent_asin": "B1", "user_id": "AF", "timestamp": 1588687728923}\n',
        "meta_Games.json": '{"asin":"B1","title":"Chess","price":"$1,012.99","brand":"Acme","category":["Toys","<b>"]}\n'
        '{"asin":"B1","price":"$1 - $2"}\n{"asin":"B3","price":4.5,"store":"Acme","categories":[]}\n',
    },
    "yoochoose": {
        "yoochoose-clicks.dat": "1,2014-04-07T10:51:09.277Z,214536502,0\n1,2014-04-07T10:54:09.868Z,7,S\n"
        "2,2014-04-07T10:54:46.998Z,214536506,3\n2,2014-04-07T10:54:47Z,214536506,2089046735\n",
        "yoochoose-buys.dat": "1,2014-04-07T10:53:00Z,214536506,12462,1\n2,2014-04-07T10:55:46.998Z,214536506,0,0\n",
    },
    "gorse": {
        "users.jsonl": '{"UserId":"bob","Labels":{"plan":"pro","segment":"vip"},"Comment":""}\n{"UserId":"eve","Labels":["x"]}\n',
        "items.jsonl": '{"ItemId":"a","IsHidden":true,"Categories":["Book","Novel"],"Labels":["Old"],"Comment":"A"}\n'
        '{"ItemId":"b","IsHidden":false,"Categories":[],"Labels":{"year":1999},"Timestamp":"0001-01-01T00:00:00Z"}\n',
        "feedback.jsonl": '{"FeedbackType":"click","UserId":"bob","ItemId":"a","Value":0,"Timestamp":"2026-01-01T00:00:00Z"}\n'
        '{"FeedbackType":"purchase","UserId":"eve","ItemId":"b","Timestamp":"2026-01-02T01:00:00.5+01:00"}\n',
    },
    "recsys-eval": {
        "exposures.jsonl": '{"request_id":"r","user_id":"u","ts":"2026-01-01T00:00:00Z","items":[{"item_id":"a","rank":1},'
        '{"item_id":"b","rank":2}],"context":{"segment":"vip"}}\n',
        "outcomes.jsonl": '{"request_id":"r","user_id":"u","item_id":"a","event_type":"click","ts":"2026-01-01T00:00:01Z"}\n'
        '{"request_id":"r","user_id":"u","item_id":"a","event_type":"conversion","value":9,"ts":"2026-01-01T01:00:01+01:00"}\n',
    },
}


def fill(folder: Path, kind: str, **files: str | bytes) -> Path:
    """Write a sample, some files of it otherwise; a name's dots are written as ``__``."""
    latin = "latin-1" if kind == "movielens" else "utf-8"
    others = {name.replace("__", "."): content for name, content in files.items()}
    for name, content in (SAMPLES[kind] | others).items():
        (folder / name).write_bytes(content.encode(latin) if isinstance(content, str) else content)
    return folder


def imported(kind: str, folder: Path | str, **said):
    """Return the fixture's document."""
    return build(KINDS[kind].read(Source(str(folder), **said))).document()
