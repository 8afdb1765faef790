"""A run as a comparison needs it, read from its report folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.record.artifacts import SeedManifest
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.comparison import Side
from pytest_recsim.record.per_user import NAME, UserLine, read_lines
from pytest_recsim.record.previous import finished_runs
from pytest_recsim.record.quality import QualityMetrics
from pytest_recsim.record.reading import read_record

DATA_SETS = "data sets"
TOO_OLD = "has no numbers per user: it was shared without ids, or made before runs kept them; take the record itself, or run it again"
UNMEASURED = "has no numbers per user: the run did not get as far as asking for lists"


@dataclass(frozen=True)
class Run:
    """What is known of one run.

    Attributes:
        side: what it was.
        facts: what has to be alike for numbers to be comparable, by name, in words.
        data: what its data set is known by, for ``same_data``.
        quality: its figures.
        lines: evaluated users by id.
    """

    side: Side
    facts: dict[str, str]
    data: tuple[str, str]
    quality: QualityMetrics
    lines: dict[str, UserLine]


def read_run(root: Path) -> Run:
    """Read a report folder.

    Raises:
        InputError: it is none, or none that can be compared.
    """
    bundle = Bundle(root)
    try:
        if not bundle.metadata.is_file():
            raise InputError(Problem(str(root), "is no report folder: it has no simulation_metadata.json"))
        metadata = bundle.read_metadata()
        quality = bundle.read_quality()
        if quality is None:
            raise InputError(Problem(str(root), UNMEASURED))
        if not (bundle.artifacts / NAME).is_file():
            raise InputError(Problem(str(root), TOO_OLD))
        lines = {line.user: line for line in read_lines(bundle.artifacts / NAME)}
        manifest: SeedManifest = read_record(bundle.artifacts / "seed_manifest.json", SeedManifest)
        side, facts = _side(root, metadata, quality), dict(_facts(metadata, quality, manifest))
        data = (metadata["fixture"]["sha256"], metadata["fixture"].get("file_sha256", ""))
        return Run(side, facts, data, quality, lines)
    except (OSError, msgspec.MsgspecError, KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        words = (
            f"it has no {error}"
            if isinstance(error, KeyError)
            else getattr(error, "strerror", None) or str(error)
        )
        raise InputError(Problem(str(root), f"cannot be read as a report folder ({words})")) from None


def find_run(path: Path) -> Path:
    """Return a report folder: this one, or the newest finished one of a customer's folder.

    Raises:
        InputError: it is neither.
    """
    if (path / "simulation_metadata.json").is_file():
        return path
    if path.is_file():
        raise InputError(Problem(str(path), "is a file; must be a report folder"))
    if not path.is_dir():
        near = nearest(path.name, [one.name for one in path.parent.iterdir()]) if path.parent.is_dir() else ""
        raise InputError(Problem(str(path), f"there is no such folder{near}"))
    found = next(finished_runs(path), None)
    if found is None:
        what = (
            "is no report folder and holds no finished run; must be one, as reports/CUSTOMER/20261128T120000Z"
        )
        raise InputError(Problem(str(path), what))
    return found.root


def _side(root: Path, facts: dict[str, Any], quality: QualityMetrics) -> Side:
    profile, service = facts["profile"], facts["service"]
    return Side(
        run=root.resolve().name,
        simulation=str(facts["simulation"]),
        started_at=str(facts["started_at"]),
        profile=str(profile["name"]["value"]),
        overrides={name: str(one["text"]) for name, one in profile.get("overrides", {}).items()},
        knobs={name: str(text) for name, text in profile["asked"].items()},
        service="the embedded stand-in" if service["kind"] == "stand-in" else str(service["url"]),
        verdict=str((facts.get("verdict") or {}).get("sentence", "")),
        users=quality.evaluated,
    )


def _facts(
    metadata: dict[str, Any], quality: QualityMetrics, manifest: SeedManifest
) -> Iterator[tuple[str, str]]:
    fixture, options = metadata["fixture"], metadata["options"]
    yield "customers", str(metadata["customer"])
    yield DATA_SETS, f"{fixture['sha256'][:12]} ({fixture['events']:,} events)"
    yield "kinds of relevance", quality.judged_relevance
    yield "splits", f"{manifest.split.rule}, at {manifest.split.cut or 'no instant'}"
    yield "windows", f"{options['window_days'] or 'no window'}"
    yield "surfaces", str(options["surface"])
    weights = metadata["guardrails"]["thresholds"].get("weights", {}).get("(all)", {}).get("value")
    yield "weights of events", ", ".join(f"{name} {value}" for name, value in sorted((weights or {}).items()))
    yield (
        "kinds of service",
        "the stand-in" if metadata["service"]["kind"] == "stand-in" else "a real service",
    )
