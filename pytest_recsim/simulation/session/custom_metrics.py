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

from pytest_recsim.clock import monotonic
from pytest_recsim.data.input.files import unwritable
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.own import Metric, kind
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.quality import Figure, OwnFigure
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.measure.figures import enough, figure, standing_figure
from pytest_recsim.simulation.session.session import Session
from pytest_recsim.simulation.truth.applied import Applied

SPENT = "own.seconds"


class UnusableError(ValueError):
    """What a metric's function returned is no figure; carries the sentence."""


def measure_once(
    sim: Session, metrics: Sequence[Metric], applied: Applied | None = None
) -> dict[str, OwnFigure]:
    """Measure the metrics, or read what another process of this run measured; ``{}`` without metrics.

    The figures are added to quality_metrics.json under ``own``.

    Raises:
        InputError: they cannot be written.
    """
    if not metrics:
        return {}
    try:
        return _shared(sim, metrics, applied or Applied())
    except OSError as error:
        raise InputError(Problem("", unwritable(sim.context.bundle.root, error))) from None


def _shared(sim: Session, metrics: Sequence[Metric], applied: Applied) -> dict[str, OwnFigure]:
    path, began = sim.context.folder / "own.msgpack", monotonic()
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            found = {metric.name: _measured(sim, metric, applied) for metric in metrics}
            bundle = sim.context.bundle
            document = bundle.read_artifact("quality_metrics.json")
            bundle.write("quality_metrics.json", document | {"own": msgspec.to_builtins(found)})
            write_atomic(sim.context.folder / SPENT, f"{monotonic() - began:.6f}".encode())
            write_atomic(path, msgspec.msgpack.encode(found))
        return msgspec.msgpack.decode(path.read_bytes(), type=dict[str, OwnFigure])


def seconds_spent(folder: Path) -> float:
    """How long measuring took, 0 where it has not come to it."""
    path = folder / SPENT
    return float(path.read_text()) if path.exists() else 0.0


def _measured(sim: Session, metric: Metric, applied: Applied) -> OwnFigure:
    try:
        returned = metric.measure(sim)
        if metric.per_user:
            return _per_user(sim, metric, _values(sim, returned), applied)
        value, n = _pair(returned)
        whole = figure(metric.name, value if n else math.nan, n, metric.definition, "")
        return OwnFigure(figure=standing_figure(whole, applied.whole()))
    except UnusableError as error:
        failure = f"`{metric.name}` returned {error}"
    except BaseException as error:  # somebody else's code: whatever it raises is told with its name
        if not isinstance(error, Exception) and not _of_a_test(error):
            raise
        failure = f"`{metric.name}` raised {type(error).__name__}: {error} ({_place(error)})"
    why = Reason(failure, "custom", f"repair the function behind `{metric.name}`")
    return OwnFigure(figure=figure(metric.name, math.nan, 0, metric.definition, why), failure=failure)


def _per_user(sim: Session, metric: Metric, values: Mapping[str, float], applied: Applied) -> OwnFigure:
    """Means over users with a finite number; an infinite one leaves its means unmeasured."""

    def mean(everybody: Mapping[str, float], segment: str = "") -> Figure:
        standing = applied.standing(list(everybody))
        users = {user: everybody[user] for user, kept in zip(everybody, standing.kept, strict=True) if kept}
        known = [value for value in users.values() if not math.isnan(value)]
        endless = next((user for user, value in users.items() if math.isinf(value)), None)
        step = f"repair the function behind `{metric.name}`: a value has to be finite"
        said = f"the value of user {endless} is infinite"
        reason = Reason() if endless is None else Reason(said, "custom", step)
        total = math.fsum(known) if endless is None else math.nan
        value = total / len(known) if known else math.nan
        found = figure(metric.name, value, len(known), metric.definition, reason)
        return standing_figure(enough(found, sim.plan, segment) if segment else found, standing)

    groups: dict[str, dict[str, float]] = {name: {} for name in sim.plan.fixture.segments}
    for user in sim.fixture.users:
        if user.user_id in values:
            groups[user.segment][user.user_id] = values[user.user_id]
    segments = {name: mean(group, name) for name, group in groups.items()}
    return OwnFigure(figure=mean(values), segments=segments)


def _values(sim: Session, returned: Any) -> dict[str, float]:
    if not isinstance(returned, Mapping):
        raise UnusableError(f"{kind(returned)}; must be a mapping of user id -> number")
    known = sim.fixture.user_index
    return dict(_checked(returned, known))


def _checked(returned: Mapping[Any, Any], known: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    for user, value in returned.items():
        if user not in known:
            raise UnusableError(f"a value for `{user}`; must be a user of the data set")
        if not _is_number(value):
            raise UnusableError(f"{kind(value)} for user {user}; must be a number")
        yield user, float(value)


def _pair(returned: Any) -> tuple[float, int]:
    """The value and n of a metric of the whole run."""
    allowed = "must be (number, n), n being how many users, lists or slots stand behind it"
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise UnusableError(f"{kind(returned)}; {allowed}")
    value, n = returned
    if not _is_number(value):
        raise UnusableError(f"{kind(value)} as number; {allowed}")
    if not _is_number(n) or not float(n).is_integer() or n < 0:
        raise UnusableError(f"{n!r} as n; {allowed}")
    return float(value), int(n)


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _of_a_test(error: BaseException) -> bool:
    """Whether it is what `pytest.skip` and `pytest.fail` raise: a metric is no test, and must not end those that ask for it."""
    return any(parent.__name__ == "OutcomeException" for parent in type(error).__mro__)


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"
