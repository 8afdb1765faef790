"""What a record holds, as small as it can be, for the tests of the pages that are made from it."""

from __future__ import annotations

from datetime import UTC, datetime

from pytest_recsim.record.model import CheckResult
from pytest_recsim.record.quality import Figure, LiftFigure, QualityMetrics, SegmentCount

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)
CHOSEN = {"value": "acme", "origin": "--namespace"}


def metadata(**more):
    return {
        "schema_version": 1,
        "status": "finished",
        "verdict": {"sentence": "Do not go live: 1 of 2 checks failed.", "caveats": ["a caveat"]},
        "customer": "acme",
        "started_at": "2026-11-22T22:15:00Z",
        "service": {"kind": "stand-in", "url": "http://x", "url_from": "no --base-url", "model_version": "m"},
        "place": {"namespace": CHOSEN, "org_id": CHOSEN},
        "profile": {"name": CHOSEN, "sha256": "a" * 64, "apply": CHOSEN, "knobs": []},
        "fixture": {"path": "acme.json", "items": 1, "users": 2, "events": 3, "sha256": "b" * 64},
        "requests": {"total": 5, "recommendations": 4},
        "users": {"evaluated": 1, "in_fixture": 2},
        "notes": ["a note"],
        "preparation_failure": "",
    } | more


def result(check, outcome="passed", **more):
    return CheckResult(simulation="acme", check=check, outcome=outcome, **more)


def lift(segment="vip", metric="ndcg", relevance="unseen", **more):
    means = {"mean": 0.2, "baseline_mean": 0.1, "recent_mean": 0.15, "difference": 0.1}
    interval = {"lift": 1.0, "low": 0.5, "high": 1.5}
    facts = {"n_users": 40, "n_baseline_hits": 9} | means | interval
    return LiftFigure(segment=segment, metric=metric, relevance=relevance, **facts | more)


def figure(name="gini@20", value=0.5, **more):
    return Figure(name=name, value=value, **{"n": 1200, "definition": "d"} | more)


def quality(*lifts, figures=(), **more):
    facts = {"evaluated": 1234, "sampled": False, "segments": {"vip": SegmentCount(50, 41, 40, 39)}}
    named = {one.name: one for one in figures}
    return QualityMetrics(**{"judged_relevance": "unseen"} | facts | more, lifts=lifts, figures=named)


def cells(line):
    """Return the cells of a line of a table, as they are written."""
    return [cell.strip() for cell in line.replace("\\|", "\0").strip("|").split("|")]


def tables(lines):
    """Return the tables among some lines, each as its head and a list of rows."""
    found, rows = [], []
    for line in [*lines, ""]:
        if line.startswith("|"):
            rows.append(cells(line))
        elif rows:
            found.append((rows[0], rows[2:]))
            rows = []
    return found
