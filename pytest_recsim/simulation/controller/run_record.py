"""What one run found, as a value: of an evaluation in this process, or of a report folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import SCHEMA_VERSION
from pytest_recsim.record.metadata import KnobRow, Metadata, Sent
from pytest_recsim.record.model import BLOCKING, CheckResult, Verdict, verdict_of
from pytest_recsim.record.quality import Figure, OwnFigure, QualityMetrics
from pytest_recsim.record.reading import read_record
from pytest_recsim.simulation.bundle.folders import bundle_at

LET_THROUGH = ("waived", "warned")
Read = TypeVar("Read")


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One customer x one profile x one service, seeded once and judged; ``msgspec.json.encode`` makes it a file.

    Attributes:
        metadata: who, what, when, on which service; knobs, thresholds, options, requests, seconds, notes.
        quality: every figure and lift, with n and definition; without any where the run did not get that far.
        checks: outcome, measures and thresholds of each that reported, in the order in which they did.
        bundle: the report folder, empty where none was to be kept.
    """

    metadata: Metadata
    quality: QualityMetrics
    checks: tuple[CheckResult, ...]
    bundle: str = ""

    @classmethod
    def load(cls, path: Path | str) -> RunRecord:
        """Return what a report folder holds; the run may have been made before, interrupted or killed.

        Of a killed run that is what it knew: ``metadata.status`` is ``started``, and figures may be missing.

        Raises:
            RecsimError: the folder is no bundle, or a file in it is damaged or of a later version; one sentence.
        """
        bundle = bundle_at(Path(path))
        metadata = _read(bundle.metadata, lambda: _metadata(bundle))
        results, odd = _read(bundle.events, bundle.told)
        if odd:
            raise InputError(Problem(f"{shown(bundle.events)}:{odd[0]}", "this line is no result of a check"))
        quality = _read(bundle.artifacts / "quality_metrics.json", bundle.read_quality)
        return cls(
            metadata=metadata,
            quality=quality or _nothing_measured(metadata),
            checks=tuple(results),
            bundle=str(bundle.root),
        )

    @property
    def verdict(self) -> Verdict:
        """What the checks amount to; of a killed run, those that had reported."""
        said = self.metadata.verdict
        if said is not None and self.metadata.status != "started":
            return said
        planned = max(len(set(self.metadata.planned_checks)), len(self.checks))
        return verdict_of(
            list(self.checks),
            planned=planned,
            left_out=said.not_run if said else (),
            finished=False,
            caveats=said.caveats if said else (),
        )

    @property
    def guardrails(self) -> tuple[CheckResult, ...]:
        """The checks that are no scenarios."""
        return tuple(one for one in self.checks if not one.scenario)

    @property
    def scenarios(self) -> tuple[CheckResult, ...]:
        """S1 to S10, as far as they ran."""
        return tuple(one for one in self.checks if one.scenario)

    @property
    def failing(self) -> tuple[CheckResult, ...]:
        """The checks that stand in the way, those that were not measured among them."""
        return tuple(one for one in self.checks if one.outcome in BLOCKING)

    def guardrail(self, check: str, case: str = "") -> CheckResult:
        """Return one verdict, ``guardrail("segment_lift_ndcg", "new_users")``.

        Raises:
            KeyError: there is none of that name and segment.
        """
        for one in self.guardrails:
            if (one.check, one.case) == (check, case):
                return one
        raise KeyError(f"{check} [{case}]" if case else check)

    @property
    def own(self) -> dict[str, OwnFigure]:
        """The figures of custom metrics."""
        return self.quality.own

    @property
    def knobs(self) -> tuple[KnobRow, ...]:
        """What was asked for and what is in effect, as far as the service shows it."""
        return self.metadata.profile.knobs

    @property
    def requests(self) -> Sent:
        """What was sent for all this, repeated attempts included."""
        return self.metadata.requests

    @property
    def seconds(self) -> dict[str, float]:
        """Per step of the preparation."""
        return self.metadata.timings.preparation

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to bear in mind."""
        return self.metadata.notes

    @property
    def not_measured(self) -> dict[str, str]:
        """Name of a figure, a lift or a check -> why there is no number."""
        return dict(self._missing())

    def _missing(self) -> Iterator[tuple[str, str]]:
        for one in self.checks:
            if one.outcome == "not_measured" or (one.outcome in LET_THROUGH and not _failed(one)):
                yield one.label, one.sentence
        for lift in self.quality.lifts:
            if lift.lift is None:
                yield f"lift of {lift.metric}@10 ({lift.relevance}) [{lift.segment}]", lift.reason
        for name, figure in self._figures():
            if figure.value is None:
                yield name, figure.reason

    def _figures(self) -> Iterator[tuple[str, Figure]]:
        yield from self.quality.figures.items()
        for segment, figures in self.quality.segment_figures.items():
            yield from ((f"{name} [{segment}]", figure) for name, figure in figures.items())
        for name, found in self.own.items():
            yield name, found.figure
            yield from ((f"{name} [{segment}]", figure) for segment, figure in found.segments.items())


def _failed(result: CheckResult) -> bool:
    return any(measure.ok is False for measure in result.measures)


def _read(file: Path, read: Callable[[], Read]) -> Read:
    try:
        return read()
    except OSError as error:
        raise InputError(Problem(shown(file), f"cannot be read: {error.strerror or error}")) from None
    except msgspec.DecodeError as error:
        raise InputError(Problem(shown(file), f"is damaged, or of another version ({error})")) from None


def _metadata(bundle: Bundle) -> Metadata:
    version = bundle.read_metadata().get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise msgspec.DecodeError(
            f"schema_version {version} is of a later pytest-recsim; this one reads {SCHEMA_VERSION}"
        )
    found: Metadata = read_record(bundle.metadata, Metadata)
    return found


def _nothing_measured(metadata: Metadata) -> QualityMetrics:
    """The quality of a run that did not come to it: no figures, which is all there is to say."""
    relevance = metadata.guardrails.thresholds.get("relevance", {}).get("(all)")
    return QualityMetrics(
        judged_relevance="all" if relevance is not None and relevance.value == "all" else "unseen",
        evaluated=0,
        sampled=False,
        segments={},
        lifts=(),
        figures={},
    )
