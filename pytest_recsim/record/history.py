"""history.jsonl of a customer: one line per run that ended, which stays when report folders are tidied away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from pytest_recsim.record import jsonio
from pytest_recsim.record.artifacts import SeedManifest
from pytest_recsim.record.asked import configured, same_data
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.metadata import Metadata, RunStatus
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.record.quality import LiftFigure, QualityMetrics, RelevanceName, lift_label
from pytest_recsim.record.reading import Unreadable, decoded, read_bounded, read_record

NAME = "history.jsonl"
LIFTS = ("ndcg", "mrr")


class KeyFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a run.

    Attributes:
        name: what it is, as the report names it.
        segment: whose, empty for everybody.
        value: None where it was not measured.
        n: how many users or slots stand behind it.
        low, high: the 95 % interval, null where there is none.
        threshold: what it had to reach or stay below; null where nothing was asked of it.
        ok: whether it did; null where nothing was asked, or nobody knows.
    """

    name: str
    value: float | None
    n: int
    segment: str = ""
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    ok: bool | None = None


class Past(jsonio.Document, frozen=True, kw_only=True):
    """One run.

    Attributes:
        bundle: its report folder, relative to the reports folder.
        status: ``finished`` or ``incomplete``; ``started`` of one that was killed or still goes on.
        verdict, sentence, counts, failing: of its verdict; null and empty where there is none.
        overrides: knob -> value that was laid over the profile.
        service: ``stand-in`` or the URL.
        service_version, model_version: what it says of itself; empty for the stand-in.
        data_sha256, data_file_sha256: of the data set, see ``FixtureRecord``; the latter is empty in lines of earlier versions.
        cut, last: between which times of the data set lies what the lists were judged by; null where that is not known.
        relevance: which relevance set was judged.
        stopped_early: whether users were left out because all that was asked for had been decided.
        figures: over everybody first, then by segment.
    """

    run_id: str
    customer: str
    simulation: str
    bundle: str
    started_at: datetime
    status: RunStatus
    verdict: Literal["may_go", "must_not_go", "incomplete", "partial"] | None
    sentence: str
    counts: dict[str, int]
    failing: tuple[str, ...]
    profile: str
    overrides: dict[str, str]
    service: str
    service_version: str
    model_version: str
    data_sha256: str
    cut: str | None
    last: str | None
    window_days: float | None
    sample_users: int | None
    surface: str
    relevance: RelevanceName
    figures: tuple[KeyFigure, ...] = ()
    data_file_sha256: str = ""
    stopped_early: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What tells runs apart."""
        return (self.run_id, self.simulation)

    @property
    def data(self) -> tuple[str, str]:
        """What its data set is known by, for ``same_data``."""
        return self.data_sha256, self.data_file_sha256

    @property
    def ended(self) -> bool:
        """Whether it came to its end with everything that was planned."""
        return self.status == "finished"

    @property
    def configuration(self) -> str:
        """The profile and what was laid over it."""
        return configured(self.profile, self.overrides)

    def figure(self, name: str, segment: str = "") -> KeyFigure | None:
        """One of its figures, None where it has none of that name."""
        return next((one for one in self.figures if (one.name, one.segment) == (name, segment)), None)

    def differs(self, other: Past) -> tuple[str, ...]:
        """Why numbers of these two cannot be held against each other; empty where they can."""
        if not same_data(self.data, other.data):
            return ("other data set",)  # its dates say nothing then
        judged = (self.cut, self.last, self.window_days) != (other.cut, other.last, other.window_days)
        whys = (
            ("other period judged", judged),
            ("other relevance", self.relevance != other.relevance),
            ("other sample of users", self.sample_users != other.sample_users),
            ("asking stopped early in one of them", self.stopped_early != other.stopped_early),
            ("other surface", self.surface != other.surface),
        )
        return tuple(words for words, found in whys if found)


def past_of(bundle: Bundle) -> Past:
    """Return the line of a bundle, from what lies in it.

    Raises:
        msgspec.DecodeError: it is damaged or of another version.
        OSError: it cannot be read.
    """
    facts: Metadata = read_record(bundle.metadata, Metadata)
    if facts.schema_version > jsonio.SCHEMA_VERSION:
        raise Unreadable(f"schema_version {facts.schema_version} is of a later pytest-recsim")
    verdict = facts.verdict
    quality = bundle.read_quality()
    relevance = facts.guardrails.thresholds.get("relevance", {}).get("(all)")
    split = _manifest(bundle)
    served = facts.service.kind == "service"
    return Past(
        run_id=facts.run_id,
        customer=facts.customer,
        simulation=facts.simulation,
        bundle="/".join(bundle.root.absolute().parts[-2:]),
        started_at=facts.started_at,
        status=facts.status,
        verdict=verdict.status if verdict else None,
        sentence=verdict.sentence if verdict else "",
        counts=verdict.counts if verdict else {},
        failing=verdict.failing if verdict else (),
        profile=facts.profile.name.value,
        overrides={name: one.text for name, one in facts.profile.overrides.items()},
        service=facts.service.url if served else "stand-in",
        service_version=facts.service.version if served else "",
        model_version=facts.service.model_version if served else "",
        data_sha256=facts.fixture.sha256,
        data_file_sha256=facts.fixture.file_sha256,
        cut=split.split.cut if split else None,
        last=split.split.last if split else None,
        window_days=facts.options.window_days,
        sample_users=facts.options.sample_users,
        stopped_early=bool(quality and quality.early and quality.early.stopped),
        surface=facts.options.surface,
        relevance="all" if relevance is not None and relevance.value == "all" else "unseen",
        figures=tuple(_figures(quality, bundle.results())) if quality else (),
    )


def _manifest(bundle: Bundle) -> SeedManifest | None:
    path = bundle.artifacts / "seed_manifest.json"
    found: SeedManifest | None = read_record(path, SeedManifest) if path.exists() else None
    return found


def _figures(quality: QualityMetrics, results: Sequence[CheckResult]) -> Iterator[KeyFigure]:
    """Lifts over everybody and by segment, then every figure; with its threshold where a guardrail holds it to one."""
    asked = {
        (measure.name, one.case): measure for one in results if not one.scenario for measure in one.measures
    }
    judged = [row for row in quality.lifts if row.relevance == quality.judged_relevance]
    overall = [row for row in quality.overall if row.relevance == quality.judged_relevance]
    for row in overall:
        yield _lift(row, asked)
    for metric in LIFTS if not overall else ():  # a record from before it had them
        yield from _pooled(metric, [row for row in judged if row.metric == metric])
    unjudged = f"({'all' if quality.judged_relevance == 'unseen' else 'unseen'})"
    for name, figure in quality.figures.items():
        if not name.endswith(unjudged):
            yield _key(name, "", figure.value, figure.n, asked)
    for name, own in quality.own.items():
        yield _key(name, "", own.figure.value, own.figure.n, asked)
    for row in judged:
        yield _lift(row, asked)
    for segment, figures in quality.segment_figures.items():
        for name, figure in figures.items():
            if (name, segment) in asked:
                yield _key(name, segment, figure.value, figure.n, asked)


def _lift(row: LiftFigure, asked: dict[tuple[str, str], Measure]) -> KeyFigure:
    plain = _key(lift_label(row.metric), row.segment, row.lift, row.n_users, asked)
    return msgspec.structs.replace(plain, low=row.low, high=row.high)


def _pooled(metric: str, rows: Sequence[LiftFigure]) -> Iterator[KeyFigure]:
    """The lift over the users of all segments together; nothing where there is no segment, no value where one has no mean."""
    if not rows:
        return
    users = sum(row.n_users for row in rows)
    value = None
    means = [
        (row.n_users, row.mean, row.baseline_mean)
        for row in rows
        if row.n_users and row.mean is not None and row.baseline_mean is not None
    ]
    if sum(n for n, _, _ in means) == users and (base := sum(n * mean for n, _, mean in means)):
        value = sum(n * mean for n, mean, _ in means) / base - 1
    yield KeyFigure(name=lift_label(metric), value=value, n=users)


def _key(
    name: str, segment: str, value: float | None, n: int, asked: dict[tuple[str, str], Measure]
) -> KeyFigure:
    measure = asked.get((name, segment))
    limit, ok = (measure.threshold, measure.ok) if measure else (None, None)
    return KeyFigure(name=name, segment=segment, value=value, n=n, threshold=limit, ok=ok)


def append(path: Path, run: Past) -> None:
    """Add a line in one stroke, so that runs which end at once do not mix theirs; after half a line begins a new one.

    Raises:
        OSError: it cannot be written.
    """
    jsonio.append_line(path, run)


def read_history(path: Path) -> tuple[list[Past], list[str]]:
    """Return the lines, oldest first and each run once, and a sentence for every line that is none of ours."""
    if not path.exists():
        return [], []
    found: dict[tuple[str, str], Past] = {}
    odd: list[str] = []
    try:
        lines = read_bounded(path).split(b"\n")
    except OSError as error:
        return [], [f"{path.name} cannot be read: {error.strerror or error}"]
    except Unreadable as error:
        return [], [f"{path.name} cannot be read: {error}"]
    for number, line in enumerate(lines, 1):
        try:
            run: Past | None = decoded(line, Past) if line.strip() else None
        except Unreadable:
            odd.append(f"{path.name}:{number}: this line is no run; the others are read")
            continue
        if run is not None:
            found[run.key] = run
    return sorted(found.values(), key=age), odd


def age(run: Past) -> tuple[datetime, str]:
    """The order in which runs began."""
    return run.started_at, run.bundle
