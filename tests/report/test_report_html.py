"""The HTML page: verdict first, failed and unknown apart, inert whatever a customer's data hold, the same bytes each time."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from datetime import date
from html.parser import HTMLParser
from shutil import which
from types import SimpleNamespace

import pytest
import yaml
from report_rows import NOW, figure, lift, metadata, quality, result

from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.jsonio import dumps, write_json
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.record.people import People, Person, Thing
from pytest_recsim.record.quality import Exposure, Money
from pytest_recsim.report import render_bundle
from pytest_recsim.report.html import views, write_page
from pytest_recsim.report.html.catalogue_charts import catalogue_charts
from pytest_recsim.report.html.lever_charts import lever_charts
from pytest_recsim.report.html.lift_chart import lift_charts
from pytest_recsim.report.sentences import dates, soundness, sureness
from pytest_recsim.report.waivers import waiver

HOSTILE = "<script>alert(1)</script><b id=x>\x1b[2K\r\u202egnp.$x^2$&amp;\"'"
CURVE = [{"boost": b, "margin": 0.3 + b, "ndcg": 0.2 - b / 10} for b in (0.0, 0.1, 0.4)]
PRICE = [
    {"lists": name, "similarity": alike, "ndcg": ndcg}
    for name, alike, ndcg in (
        ("lambda 1.0", 0.3, 0.2),
        ("lambda 0.5", 0.1, 0.15),
        ("profile at lambda 1.0", 0.25, 0.19),
        ("profile", 0.2, 0.18),
    )
]
EXPOSURE = [{"boost": b, "exposure": min(1.0, b)} for b in (0.0, 0.5, 1.0)]
MADE_OF = {
    "lengths": (1, 0, 2, 997),
    "exposure": Exposure(items=(2,) * 10, shown=(50, 30, *[0] * 8), baseline=(100, *[0] * 9), elsewhere=20),
    "money": (
        Money(
            name="price",
            n=7,
            total=8.0,
            mean=2.0,
            baseline_total=6.0,
            baseline_mean=1.0,
            known=1,
            definition="d",
        ),
    ),
}
PEOPLE = People(
    rule="the rule",
    people=(
        Person(
            user=HOSTILE,
            segment=HOSTILE,
            value=0.25,
            median=0.3,
            of=1040,
            without_hit=1001,
            past=(Thing(item="i1", what="view", on="2026-10-01"),),
            past_events=7,
            shown=(Thing(item="i2", title=f"i2 {HOSTILE}"), Thing(item="i3", chosen=True)),
            later=(Thing(item="i3", what="view, purchase", on="2026-11-01", chosen=True),),
            later_events=9,
        ),
    ),
)
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """What a browser would make of a page: elements with their attributes, text, and whether every one is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def values(self, name):
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def measure(ok=True, **more):
    facts = {"got": 0.4, "expected": "at least 0.1", "threshold": 0.1, "low": 0.2, "high": 0.9, "n": 40}
    return Measure(**{"name": "lift of NDCG@10", "ok": ok, "metric": "segment_lift_ndcg"} | facts | more)


def lifts(*cases, outcome="passed", **more):
    return [
        result(
            "segment_lift_ndcg", outcome, case=case, measures=(measure(**more),), sentence=f"{case} says so"
        )
        for case in cases
    ]


@pytest.fixture
def bundle(tmp_path):
    made = open_bundle(tmp_path, "acme", NOW)
    write_json(made.metadata, metadata())
    return made


def write(bundle, *results):
    for one in results:
        bundle.append(one)
    return write_page(bundle).read_text(encoding="utf-8")


def page(bundle, *results):
    return Page(write(bundle, *results))


def test_the_page_begins_with_customer_and_verdict(bundle):
    found = page(bundle)
    assert "acme · 22 November 2026, 22:15 UTC Do not go live: 1 of 2 checks failed." in found.text
    assert [tag for tag, _ in found.elements].count("h1") == 1
    assert "Note: a caveat." in found.text
    assert found.open == []


@pytest.mark.parametrize(
    "facts", [{"status": "started", "planned_checks": ["S1", "S2"]}, {"status": "seeded"}, {}]
)
def test_both_pages_say_the_same_of_a_run_that_was_killed_or_only_seeded_too(bundle, facts):
    write_json(bundle.metadata, metadata(**facts))
    text = write(bundle, result("S1", "failed"))
    render_bundle(bundle)
    said = (bundle.root / "README.md").read_text().partition("\n")[0].removeprefix("# acme: ")
    assert f"<h1>{said[:1].upper()}{said[1:]}</h1>" in text


def test_failed_and_not_measured_are_told_apart_and_grouped_by_check(bundle):
    rows = [*lifts("a", "b", outcome="failed", ok=False), *lifts("c", outcome="not_measured"), *lifts("d")]
    found = page(bundle, *rows, result("S4", "not_measured", sentence="too few tags")).text
    failed, unknown = found.index("What failed"), found.index("What was not measured")
    assert failed < found.index("segment_lift_ndcg : 2 of 4 segments (a, b) a: a says so") < unknown
    assert unknown < found.index("segment_lift_ndcg : 1 of 4 segments (c) c says so")
    assert unknown < found.index("S4 too few tags")


def test_checks_with_one_reason_are_named_together():
    off = [result(f"S{n}", "not_measured", sentence="not measured: no rules\n  n: 3") for n in (2, 5)]
    rows = [
        *off,
        *lifts("a", "b", outcome="not_measured"),
        result("S4", "not_measured", sentence="too few tags"),
    ]
    found = views.groups(rows, views.UNKNOWN)
    assert [[one.name for one in group.members] for group in found] == [
        ["S2", "S5"],
        ["segment_lift_ndcg"],
        ["S4"],
    ]
    assert [group.reason for group in found] == ["no rules", "a says so", "too few tags"]
    assert [group.example for group in found] == ["", "a: ", ""]


def test_one_cause_of_everything_unmeasured_is_said_once_at_the_top(bundle):
    facts = {"cause": "nothing_available", "next_step": "set them available"}
    same = [result(f"S{n}", "not_measured", sentence=f"not measured: {n} items", **facts) for n in (1, 2, 3)]
    said = page(bundle, *same).text
    assert "One cause for all 3 checks that were not measured: no item of the data set is available" in said
    assert "Next step: set them available." in said
    assert said.index("One cause") < said.index("What was not measured")
    (group,) = views.groups(same, views.UNKNOWN)
    assert [one.name for one in group.members] == ["S1", "S2", "S3"]
    other = result("S4", "not_measured", sentence="not measured: no tags", next_step="tag")
    assert [one.next_step for one in views.groups([other, *same], views.UNKNOWN)] == [
        "set them available",
        "tag",
    ]


def test_how_sure_the_verdict_is_counts_borderline_numbers(bundle):
    assert sureness([result("S1")]) == ""
    assert sureness(lifts("a", "b")).startswith("None of the 2 numbers with a 95 % interval is borderline")
    near = [
        *lifts("a", borderline=True),
        *lifts("b"),
        *lifts("c", outcome="failed", ok=False, borderline=True),
    ]
    said = "2 of the 3 numbers with a 95 % interval are borderline (1 passed and 1 failed)"
    assert sureness(near).startswith(said)
    assert sureness(near).endswith("chance may have decided segment_lift_ndcg [a], segment_lift_ndcg [c].")
    assert said in page(bundle, *near).text
    assert "1 of the 1 numbers with a 95 % interval is borderline (1 passed)" in sureness(near[:1])


def test_a_waiver_to_paste_names_check_segment_and_a_last_day():
    failed = result("segment_lift_mrr", "failed", case='new "ones"')
    said = waiver([failed], metadata())
    assert yaml.safe_load(said)["customers"]["acme"]["waivers"] == [
        {
            "check": "segment_lift_mrr",
            "segment": 'new "ones"',
            "reason": "who decided, and why",
            "until": date(2026, 12, 22),
        }
    ]
    assert "segment" not in waiver([result("S4", "not_measured")], metadata())
    assert waiver([result("S4")], metadata()) == ""
    assert waiver([result("S4", "error"), result("S5", "missing")], metadata()) == ""
    assert waiver([failed], {}) == ""


def test_the_lift_over_everybody_stands_in_the_head_of_the_page_and_of_its_table(bundle):
    write_json(bundle.artifacts / "quality_metrics.json", quality(lift("vip"), overall=(lift(""),)))
    text = page(bundle).text
    head = text.index("Over all users together: lists 100 % better than the best sellers by NDCG@10")
    assert head < text.index("What was judged") < text.index("all users together NDCG@10")
    assert text.index("all users together NDCG@10") < text.index("vip NDCG@10")


def test_what_hits_are_worth_is_a_table_or_the_reason_why_there_is_none(bundle):
    known = {"n": 7, "known": 0.25, "definition": HOSTILE}
    rows = (
        Money(name="price", total=1234.5, mean=2.0, baseline_total=617.25, baseline_mean=1.0, **known),
        Money(
            name="none",
            total=None,
            mean=None,
            baseline_total=None,
            baseline_mean=None,
            reason="no <b id=x>",
            **known,
        ),
    )
    write_json(bundle.artifacts / "quality_metrics.json", quality(money=rows))
    found = page(bundle)
    assert "price 7 1,234.50 2.00 617.25 1.00 25% <script>" in found.text
    assert "none 7 not measured: no <b id=x> 25%" in found.text
    assert found.open == []
    assert "x" not in found.values("id")


def test_people_are_shown_with_titles_that_are_only_text(bundle):
    write_json(bundle.artifacts / "people.json", PEOPLE)
    found = page(bundle)
    assert "Five people Chosen by a rule: the rule" in found.text
    assert (
        "NDCG@10 0.250; the median of the segment's 1,040 users is 0.300, and 1,001 of them have no hit"
        in found.text
    )
    assert (
        "Before i1 (view, 2026-10-01) Shown, first ten places i2 <script>alert(1)</script><b id=x>"
        in found.text
    )
    assert "i3: then chosen Afterwards i3 (view, purchase, 2026-11-01): place 2 of the list" in found.text
    assert not {tag for tag, _ in found.elements} & {"script", "b"}
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", (bundle.root / "report.html").read_text())
    assert found.open == []


def test_without_people_there_is_no_section_of_them(bundle):
    assert "Five people" not in page(bundle).text
    (bundle.artifacts / "people.json").write_text("{}")
    assert "Five people" not in page(bundle).text


def test_failing_checks_are_open_and_others_folded(bundle):
    found = page(bundle, result("S1"), result("S2", "failed", sentence="bad"), result("S3", "waived"))
    folds = [one for tag, one in found.elements if tag == "details" and "class" in one]
    assert [("open" in fold, fold["class"]) for fold in folds] == [
        (True, "check failed"),
        (False, "check waived"),
        (False, "check passed"),
    ]


def test_every_link_within_the_page_leads_somewhere_and_no_id_is_there_twice(bundle):
    write_json(bundle.artifacts / "quality_metrics.json", quality(lift(), figures=[figure()], **MADE_OF))
    curves = [
        result("S9", shown={"curve": CURVE}),
        result("S4", shown={"price": PRICE}),
        result("S8", shown={"exposure": EXPOSURE}),
    ]
    odd = [result("S2", "failed", case=case, sentence="x") for case in ("a b", "a/b", "ä", "<i>")]
    write_json(bundle.artifacts / "people.json", PEOPLE)
    found = page(bundle, *lifts("vip"), *curves, *odd)
    ids = Counter(found.values("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    regions = [one["aria-label"] for _, one in found.elements if one.get("role") == "region"]
    heads = re.findall("<h2[^>]*>(.*?)</h2>", (bundle.root / "report.html").read_text())
    landmarks = Counter([*regions, *heads])
    assert [name for name, count in landmarks.items() if count > 1] == [], (
        "a screen reader lists them by name"
    )
    inside = [target[1:] for target in found.values("href") if target.startswith("#")]
    assert inside
    assert set(inside) <= set(ids)


def test_the_page_asks_for_nothing_from_anywhere(bundle):
    text = write(bundle, *lifts("vip"), result("S9", shown={"curve": CURVE}))
    found = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "image"} & {tag for tag, _ in found.elements}
    assert "default-src 'none'" in text
    assert not re.search(r"url\((?!#)|@import|\bon\w+=", text)
    outside = [one for one in found.values("href") + found.values("src") if "//" in one]
    assert outside == []


def test_text_of_customers_is_inert_in_page_and_pictures(bundle):
    write_json(bundle.metadata, metadata(customer=HOSTILE, notes=[HOSTILE], preparation_failure=HOSTILE))
    write_json(
        bundle.artifacts / "quality_metrics.json",
        quality(lift(HOSTILE), figures=[figure(HOSTILE, definition=HOSTILE)]),
    )
    facts = {"title": HOSTILE, "sentence": HOSTILE, "waiver": HOSTILE, "next_step": f"`{HOSTILE}`"}
    text = write(bundle, result("S1", "failed", **facts), *lifts(HOSTILE, who=HOSTILE, definition=HOSTILE))
    found = Page(text)
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"script", "b"}
    assert "x" not in found.values("id")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", text)
    assert "<script>alert(1)</script>" in found.text


def test_a_label_of_a_picture_is_text_and_no_formula(bundle):
    write(bundle, *lifts("$x^2$ <b>\u202e"))
    picture = (bundle.artifacts / "charts" / "lifts.svg").read_text()
    assert "$x^2$ &lt;b&gt;\\u202e, NDCG@10" in picture


def test_the_same_record_gives_the_same_bytes(bundle):
    write_json(bundle.artifacts / "quality_metrics.json", quality(**MADE_OF))
    rows = [*lifts("vip", "new"), result("S9", shown={"curve": CURVE})]
    first = write(bundle, *rows)
    pictures = {path.name: path.read_bytes() for path in (bundle.artifacts / "charts").iterdir()}
    assert write_page(bundle).read_text() == write_page(bundle).read_text()
    assert (
        first.split('<section aria-labelledby="files">')[0]
        == write_page(bundle).read_text().split('<section aria-labelledby="files">')[0]
    )
    assert {path.name: path.read_bytes() for path in (bundle.artifacts / "charts").iterdir()} == pictures


def test_a_picture_says_in_words_what_it_shows():
    near = lifts("vip", borderline=True, high=None)
    failed = lifts("new", outcome="failed", ok=False, got=-0.2, low=-0.5, high=0.05)
    (found,) = lift_charts([*near, *failed])
    assert found.alt == (
        "new, NDCG@10: -0.20 (-0.50 to +0.05, threshold +0.10), fails; "
        "vip, NDCG@10: +0.40 (+0.20 to no upper bound, threshold +0.10), passes, borderline"
    )


def test_lengths_and_places_of_the_catalogue_are_said_in_words_with_the_threshold_of_the_mean():
    short = Measure(name="x", ok=False, metric="list_length", got=2.0, expected="x", threshold=2.5)
    results = [result("list_length", case=HOSTILE, measures=(short,))]
    lengths, places = catalogue_charts(quality(**MADE_OF), results)
    assert lengths.alt.startswith(
        "0 items: 1 lists (< 1 %); 2 items: 2 lists (< 1 %); 3 items: 997 lists (> 99 %); mean 3.00; the mean of segment"
    )
    assert lengths.alt.endswith("must be at least 2.5")
    assert "\u202e" not in lengths.alt
    assert places.alt.startswith(
        "tenth 1: 50.0 % of the places, popularity list 100.0 %; tenth 2: 30.0 % of the places, popularity list 0.0 %; "
        "tenth 3: 0.0 % of the places"
    )


def test_a_threshold_of_the_mean_length_is_drawn():
    limited = measure(metric="list_length", got=2.9, threshold=1.5)
    found = ([], [result("list_length", measures=(limited,))])
    free, held = (next(catalogue_charts(quality(**MADE_OF), results)).svg for results in found)
    assert free.count("<path") < held.count("<path")


@pytest.mark.parametrize(
    "more", [{}, {"lengths": (0, 0)}, {"exposure": Exposure(items=(), shown=(), baseline=())}]
)
def test_a_record_that_does_not_say_what_lists_are_made_of_has_no_such_picture(bundle, more):
    write_json(bundle.artifacts / "quality_metrics.json", quality(**more))
    assert list(catalogue_charts(quality(**more), [])) == list(catalogue_charts(None, [])) == []
    assert "What the lists are made of" not in page(bundle).text


def test_the_lift_over_everybody_is_drawn_on_top_and_is_neither_a_pass_nor_a_failure():
    rows = (
        lift("", "mrr", low=None, lift=None, reason="x"),
        lift("", borderline=True),
        lift("", relevance="all"),
    )
    (found,) = lift_charts(lifts("vip"), quality(overall=rows))
    assert found.alt == (
        "all users together, NDCG@10: +1.00 (+0.50 to +1.50), not judged, borderline; "
        "vip, NDCG@10: +0.40 (+0.20 to +0.90, threshold +0.10), passes"
    )
    assert list(lift_charts([], quality(overall=rows[:1]))) == list(lift_charts([])) == []


def test_the_price_of_variety_names_every_point_in_picture_and_words():
    (found,) = lever_charts([result("S4", shown={"price": PRICE})])
    assert found.alt == (
        "lambda 1.0: variety 0.700, NDCG@10 0.200; lambda 0.5: variety 0.900, NDCG@10 0.150; "
        "profile at lambda 1.0: variety 0.750, NDCG@10 0.190; profile: variety 0.800, NDCG@10 0.180"
    )
    assert all(f">{point['lists']}<" in found.svg for point in PRICE)
    hostile = [point | {"lists": HOSTILE} for point in PRICE[:2]]
    (found,) = lever_charts([result("S4", shown={"price": hostile})])
    assert "<script" not in found.svg
    assert "\u202e" not in found.svg + found.alt


def test_points_in_one_place_are_named_together(bundle):
    flat = [{"boost": b, "margin": 0.5 if b else 0.3, "ndcg": 0.2} for b in (0.0, 0.1, 0.4, 0.8)]
    (near,), (far,) = (list(lever_charts([result("S9", shown={"curve": one})])) for one in (flat, CURVE))
    assert [label in near.svg for label in ("boost 0<", "boost 0.1 to 0.8<", "boost 0.8<")] == [
        True,
        True,
        False,
    ]
    assert [label in far.svg for label in ("boost 0<", "boost 0.1<", "boost 0.4<")] == [True, True, True]


@pytest.mark.parametrize(
    ("check", "shown"),
    [
        ("S9", {"curve": CURVE[:1]}),
        ("S9", {"curve": "flat"}),
        ("S9", {"curve": [{"boost": 1}, {"boost": 2}]}),
        ("S9", {"curve": [{"boost": 0, "margin": None, "ndcg": 1}] * 2}),
        ("S4", {"price": [{"lists": "lambda 1.0", "similarity": None, "ndcg": 1}] * 2}),
        ("S4", {"similarity": {"lambda 0.5": 0.1}}),
        ("S8", {"exposure": [1, 2]}),
        ("S8", {}),
    ],
)
def test_numbers_of_another_shape_are_no_picture(check, shown):
    assert list(lever_charts([result(check, shown=shown)])) == []


def test_pictures_are_files_that_bring_their_colours_along(bundle):
    write(bundle, *lifts("vip"))
    text = (bundle.artifacts / "charts" / "lifts.svg").read_text()
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n<svg ')
    assert "prefers-color-scheme:dark" in text
    assert not re.search("#101112|#0072b2(?!;)", text.partition("</style>")[2])


def test_a_record_of_another_version_shows_what_it_says(bundle):
    write_json(bundle.metadata, {"schema_version": 1, "customer": "acme", "status": "finished"})
    bundle.events.write_bytes(dumps(CheckResult(simulation="acme", check="S1", outcome="passed")) + b"\n")
    found = Page(write_page(bundle).read_text())
    assert "passed S1" in found.text
    assert found.open == []


@pytest.mark.long
@pytest.mark.skipif(not which("chromium"), reason="needs Debian's chromium")
def test_a_browser_has_nothing_to_complain_about(bundle, tmp_path):
    write_json(bundle.artifacts / "quality_metrics.json", quality(lift(), figures=[figure()], **MADE_OF))
    write(bundle, *lifts("vip", "new", "\u202eold"), result("S9", shown={"curve": CURVE}))
    words = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}"]
    words += ["--enable-logging=stderr", "--dump-dom", (bundle.root / "report.html").as_uri()]
    ran = subprocess.run([which("chromium"), *words], capture_output=True, text=True, timeout=60, check=True)
    assert "CONSOLE" not in ran.stderr
    assert ran.stdout.count("<svg") == 4
    assert "Do not go live" in ran.stdout


def test_what_was_let_through_says_why_and_until_when(bundle):
    assert "What was let through" not in page(bundle, result("S9")).text
    why = "no margins, Ann, until 2026-12-22 (guardrails.yml:3)"
    said = page(bundle, result("S9", "waived", waiver=why), result("S4", "warned", sentence="got 2")).text
    section = said.partition("What was let through")[2].partition("What was judged")[0]
    assert f"S9 : waived: {why}" in " ".join(section.split()) or f"S9: waived: {why}" in section
    assert "it only warns (severity warn) got 2" in " ".join(section.split())


def test_a_check_whose_cause_is_told_on_top_is_folded(bundle):
    many = [result(f"S{n}", "not_measured", cause="no_rules") for n in (2, 5, 8)]
    page(bundle, *many, result("S4", "failed"))
    text = (bundle.root / "report.html").read_text()
    assert re.search(r'class="check failed" open', text)
    assert 'class="check not_measured" open' not in text


def test_what_is_known_against_the_data_is_said():
    split = SimpleNamespace(dropped_before_window=0)
    sound = SimpleNamespace(defaulted_fields={}, split=split, possible_leak="")
    assert (soundness(None), soundness(sound)) == ("", "every row is valid")
    split.dropped_before_window, sound.defaulted_fields = 1200, {"value": 40}
    sound.possible_leak = "rows of another run"
    assert soundness(sound) == (
        "every row is valid; fields that rows leave out have their usual value: `value` (40 rows); 1,200 events are "
        "older than the window and were not used; the service may know what it is judged on: rows of another run"
    )


def test_the_weeks_are_those_of_the_events_in_the_data_sets_own_time():
    split = SimpleNamespace(
        cut="2026-01-28T01:00:00Z", last="2026-01-29T02:00:00Z", seeded_events=4280, holdout_events=142
    )
    clock = SimpleNamespace(
        oldest_seeded="2026-10-02T12:00:00Z",
        newest_seeded="2026-11-28T00:00:00Z",
        shift_seconds=304 * 86400.0,
    )
    seeded = SimpleNamespace(split=split, clock=clock)
    assert dates(seeded) == (
        "learned from 4,280 events of 2 December 2025 to 28 January 2026, judged on 142 events from then to 29 January 2026"
    )
    split.cut, split.holdout_events, split.last = "2036-01-01T00:00:00Z", 0, None
    assert dates(seeded) == "learned from 4,280 events of 2 December 2025 to 28 January 2026, judged on none"


def test_names_in_our_sentences_are_set_in_type(bundle):
    text = write(bundle, result("S9", "not_measured", next_step="add `props.margin` <b>"))
    assert "add <code>props.margin</code> &lt;b&gt;" in text


def test_a_check_that_stands_alone_among_failures_says_what_has_to_hold(bundle):
    said = page(bundle, result("gini", "failed", title="Places are shared", sentence="gini: too high")).text
    assert "What has to hold: Places are shared." in said


def test_the_page_says_where_things_are_and_how_to_send_it(bundle):
    found = page(bundle)
    for anchor in ("what", "checks", "words", "files"):
        assert f"#{anchor}" in found.values("href")
        assert anchor in found.values("id")
    assert "recsim share FOLDER --out report.zip" in found.text


def test_what_a_page_leads_to_is_on_it(bundle):
    found = page(bundle)
    inner = {target.removeprefix("#") for target in found.values("href") if target.startswith("#")}
    assert inner <= set(found.values("id"))


def test_an_interval_without_end_squeezes_no_other_row_and_is_marked():
    wide = [*lifts("vip"), *lifts("tiny", high=316.0)]
    (found,) = lift_charts(wide)
    assert "tiny, NDCG@10: +0.40 (+0.20 to +316.00" in found.alt
    ticks = [
        float(text.replace("\N{MINUS SIGN}", "-")) for text in re.findall(r">(-?[0-9.]+)</text>", found.svg)
    ]
    assert max(ticks) < 10
