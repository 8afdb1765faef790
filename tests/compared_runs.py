"""Small runs on disk, with as much of a record as a comparison reads."""

from __future__ import annotations

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.per_user import NAME, UserLine, write_lines
from pytest_recsim.record.quality import Figure, QualityMetrics

FACTS = {
    "status": "finished",
    "customer": "acme",
    "simulation": "acme",
    "started_at": "2026-11-28T12:00:00Z",
    "verdict": {"sentence": "Ready to go live: all.", "status": "may_go"},
    "profile": {
        "name": {"value": "prod"},
        "asked": {"MMR_LAMBDA": "0.35", "BRAND_CAP": "2"},
        "overrides": {"BRAND_CAP": {"text": "2", "origin": "--env-override"}},
    },
    "fixture": {"sha256": "a" * 64, "events": 300},
    "options": {"window_days": None, "surface": "default"},
    "service": {"kind": "stand-in", "url": ""},
    "guardrails": {"thresholds": {"weights": {"(all)": {"value": {"view": 1.0}}}}},
}
MANIFEST = {
    "run_id": "r",
    "customer": "acme",
    "org_id": "o",
    "namespace": "acme",
    "fixture": {"path": "f.json", "sha256": "a"},
    "defaulted_fields": {},
    "split": {
        "rule": "share 0.75",
        "cut": "2026-10-01T00:00:00Z",
        "seeded_events": 200,
        "holdout_events": 100,
        "dropped_before_window": 0,
    },
    "clock": {"shift_seconds": 0.0, "oldest_seeded": "", "newest_seeded": ""},
    "service_counts": {"items": 1, "users": 1, "events": 1},
    "sent": {"items": 1, "users": 1, "events": 1},
    "reused_earlier_seed": False,
    "possible_leak": "",
    "probe_item": {"item_id": None, "tags_of": None},
    "notes": (),
    "seconds": 0.0,
}
COVERAGE = "catalogue_coverage@20"


def write_run(root, lines, *, facts=None, figures=(), relevance="unseen", split=None):
    """Write a run's folder and return it; ``figures`` are those of the whole run beside coverage."""
    bundle = Bundle(root)
    write_json(bundle.metadata, FACTS | (facts or {}))
    found = [Figure(name=COVERAGE, value=0.7, n=100, definition="d"), *figures]
    quality = QualityMetrics(
        judged_relevance=relevance,
        evaluated=len(lines),
        sampled=False,
        segments={},
        lifts=(),
        figures={one.name: one for one in found},
    )
    write_json(bundle.artifacts / "quality_metrics.json", quality)
    write_json(bundle.artifacts / "seed_manifest.json", MANIFEST | ({"split": split} if split else {}))
    write_lines(bundle.artifacts / NAME, lines)
    return root


def people(ndcg, *, segment="vip", items=("i1", "i2"), start=0, **more):
    """One line per number, with a baseline of half a hit each."""
    return [
        UserLine(
            user=f"{segment}{start + n}",
            segment=segment,
            items=tuple(items),
            values={"ndcg": value, "list_length": float(len(items))},
            baseline={"ndcg": 0.5},
            **more,
        )
        for n, value in enumerate(ndcg)
    ]
