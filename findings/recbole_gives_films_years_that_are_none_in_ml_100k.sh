#!/usr/bin/env bash
# The ML-100K that recbole 1.2.1 ships (November 2026) names years that are none, under a type that takes everything.
# Its `release_year` is a `token`, so nobody notices: RecBole reads any text there.
#   - Film 1412, "Land Before Time III: ... (1995) (V)" of MovieLens (V: a video): the year stays in the title, and the year is "V".
#   - Film 267, "unknown" of MovieLens without a year: title and year are "unkonwn".
#   - 22 titles are there under several ids (Chasing Amy is 246 and 268), as in MovieLens itself: their ratings are parted.
# A year as a number, an age of films or a join by title goes wrong in silence. Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip download -q --no-deps recbole==1.2.1
python3 - <<'CHECK'
import collections, glob, zipfile

(wheel,) = glob.glob("recbole-*.whl")
name = "recbole/dataset_example/ml-100k/ml-100k.item"
header, *rows = zipfile.ZipFile(wheel).read(name).decode().splitlines()
columns = header.split("\t")
print(columns)
assert columns[1:3] == ["movie_title:token_seq", "release_year:token"], columns
films = [dict(zip(("id", "title", "year"), row.split("\t"))) for row in rows]
odd = [film for film in films if not film["year"].isdigit()]
print(*odd, sep="\n")
assert [(film["id"], film["year"]) for film in odd] == [("267", "unkonwn"), ("1412", "V")]
assert odd[1]["title"].endswith("(1995)")
titles = collections.Counter(film["title"] for film in films)
twice = [title for title, count in titles.items() if count > 1]
print(len(films), "films,", len(twice), "titles more than once:", *twice[:3])
assert len(twice) == 22
CHECK
