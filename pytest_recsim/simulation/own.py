"""Metrics of the user's own: measured once per run, whichever process comes first, and put beside ours."""

from __future__ import annotations

import math
import numbers
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from filelock import FileLock

from pytest_recsim.plan.own import OwnMetric, UserMetric
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.simulation.figures import figure
from pytest_recsim.simulation.quality import Figure
from pytest_recsim.simulation.segment_figures import enough
from pytest_recsim.simulation.session import Session


class OwnFigure(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one metric.

    Attributes:
        figure: over everybody it gave a number for, or of the whole run.
        segments: the means of a metric per user.
        failure: the metric's function raised or returned something else; one sentence, empty when it did not.
    """

    figure: Figure
    segments: dict[str, Figure] = {}
    failure: str = ""


class UnusableError(ValueError):
    """What a metric's function returned is no figure; carries the sentence."""


def measure_once(sim: Session, metrics: Sequence[OwnMetric]) -> dict[str, OwnFigure]:
    """Measure the metrics, or read what another process of this run measured; ``{}`` without metrics.

    The figures are added to quality_metrics.json under ``own``.
    """
    if not metrics:
        return {}
    path = sim.context.folder / "own.msgpack"
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            found = {metric.name: _measured(sim, metric) for metric in metrics}
            bundle = sim.context.bundle
            document = bundle.read_artifact("quality_metrics.json")
            bundle.write("quality_metrics.json", document | {"own": msgspec.to_builtins(found)})
            write_atomic(path, msgspec.msgpack.encode(found))
        return msgspec.msgpack.decode(path.read_bytes(), type=dict[str, OwnFigure])


def _measured(sim: Session, metric: OwnMetric) -> OwnFigure:
    try:
        returned = metric.measure(sim)
        if isinstance(metric, UserMetric):
            return _per_user(sim, metric, _values(sim, returned))
        value, n = _pair(returned)
        return OwnFigure(figure=figure(metric.name, value if n else math.nan, n, metric.definition, ""))
    except UnusableError as error:
        failure = f"`{metric.name}` returned {error}"
    except Exception as error:  # noqa: BLE001 - somebody else's code: whatever it raises is told with its name
        failure = f"`{metric.name}` raised {type(error).__name__}: {error} ({_place(error)})"
    return OwnFigure(figure=figure(metric.name, math.nan, 0, metric.definition, failure), failure=failure)


def _per_user(sim: Session, metric: UserMetric, values: Mapping[str, float]) -> OwnFigure:
    """Means over users with a finite number; an infinite one leaves its means unmeasured."""

    def mean(users: Mapping[str, float]) -> Figure:
        known = [value for value in users.values() if not math.isnan(value)]
        endless = next((user for user, value in users.items() if math.isinf(value)), None)
        reason = "" if endless is None else f"the value of user {endless} is infinite"
        total = math.fsum(known) if endless is None else math.nan
        return figure(
            metric.name, total / len(known) if known else math.nan, len(known), metric.definition, reason
        )

    groups: dict[str, dict[str, float]] = {name: {} for name in sim.plan.fixture.segments}
    for user in sim.fixture.users:
        if user.user_id in values:
            groups[user.segment][user.user_id] = values[user.user_id]
    segments = {name: enough(mean(group), sim.plan, name) for name, group in groups.items()}
    return OwnFigure(figure=mean(values), segments=segments)


def _values(sim: Session, returned: Any) -> dict[str, float]:
    if not isinstance(returned, Mapping):
        raise UnusableError(f"{_kind(returned)}; allowed is a mapping of user id -> number")
    known = sim.fixture.user_index
    return dict(_checked(returned, known))


def _checked(returned: Mapping[Any, Any], known: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    for user, value in returned.items():
        if user not in known:
            raise UnusableError(f"a value for `{user}`; allowed are users of the data set")
        if not _is_number(value):
            raise UnusableError(f"{_kind(value)} for user {user}; allowed is a number")
        yield user, float(value)


def _pair(returned: Any) -> tuple[float, int]:
    """The value and n of a metric of the whole run."""
    allowed = "allowed is (number, n), n being how many users, lists or slots stand behind it"
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise UnusableError(f"{_kind(returned)}; {allowed}")
    value, n = returned
    if not _is_number(value):
        raise UnusableError(f"{_kind(value)} as number; {allowed}")
    if not _is_number(n) or not float(n).is_integer() or n < 0:
        raise UnusableError(f"{n!r} as n; {allowed}")
    return float(value), int(n)


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"
