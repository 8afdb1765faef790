"""What a check collects while it runs, and what it amounts to. Knows nothing of pytest."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from pytest_recsim.data.guardrails.guardrail_keys import threshold_key
from pytest_recsim.data.guardrails.metric import About, MetricFacts
from pytest_recsim.judge.verdict import Direction, judge_threshold
from pytest_recsim.judge.verdict import Outcome as Outcomes
from pytest_recsim.record.asked import Limit
from pytest_recsim.record.jsonio import dumps
from pytest_recsim.record.model import Measure, Outcome
from pytest_recsim.record.quality import Figure, LiftFigure
from pytest_recsim.record.reason import Reason
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.checks.telling import step_of, told

Knobs = str | Sequence[str]
BROKEN = "see what ended the check: a service that does not answer, or a mistake in the check"


class NotMeasured(Exception):  # noqa: N818 - it is an outcome of a check, not an error of the program
    """The check cannot say anything; carries the reason."""


@dataclass(frozen=True)
class Conclusion:
    """What a check amounts to before waivers and severity are applied.

    Attributes:
        outcome, sentence: how it ended, and why.
        cause: name of what kept it from being measured.
        next_step: what to do about it; empty where the check knows nothing better than its outcome.
    """

    outcome: Outcome
    sentence: str
    cause: str = ""
    next_step: str = ""


@dataclass
class Check:
    """Collects measures; none of them raises. The plugin concludes after the test function has returned.

    Attributes:
        title: first line of the test's module or function docstring, for reports.
        measures: every number or fact that was compared.
        shown: evidence for the reader, JSON-ready.
    """

    title: str = ""
    measures: list[Measure] = field(default_factory=list)
    shown: dict[str, Any] = field(default_factory=dict)

    def need(self, condition: object, reason: str, *, next_step: str = "", cause: str = "") -> None:
        """Go on only if the check can fail; otherwise it is *not measured*, for ``reason``.

        Args:
            condition: what has to hold; NaN does not.
            reason: why the check could not fail, in words.
            next_step: what to do about it, an imperative: "tag five more items".
            cause: a name that checks share which cannot be measured for the same reason; three of them become a headline.
        """
        if not condition or _no_number(condition):
            raise NotMeasured(Reason(reason, cause, next_step))

    def show(self, key: str, value: Any) -> None:
        """Keep a piece of evidence.

        Raises:
            TypeError: it cannot be written as JSON.
        """
        try:
            dumps({key: value})
        except (TypeError, ValueError, NotImplementedError, RecursionError) as error:
            raise TypeError(f"check.show: {key!r} cannot be written as JSON: {error}") from None
        self.shown[key] = value

    def keep(self, measure: Measure) -> None:
        """Keep a measure that can be written and read again; a value of another type would be found too late."""
        try:
            msgspec.json.decode(dumps(measure), type=Measure)
        except (TypeError, ValueError, NotImplementedError) as error:
            raise TypeError(
                f"check: a fact of {measure.name!r} has another type than it must: {error}"
            ) from None
        self.measures.append(measure)

    def at_least(self, name: str, got: float | None, limit: Limit | float, **facts: Any) -> None:
        """Compare: ``got`` must be at least ``limit``. See :meth:`that` for the facts."""
        self._compare(name, got, limit, "min", **facts)

    def at_most(self, name: str, got: float | None, limit: Limit | float, **facts: Any) -> None:
        """Compare: ``got`` must be at most ``limit``."""
        self._compare(name, got, limit, "max", **facts)

    def that(  # noqa: PLR0913 - the facts of one measure, all by name
        self,
        name: str,
        ok: bool | None,
        *,
        expected: str,
        got: str,
        n: int | None = None,
        definition: str = "",
        who: str = "",
        exchange: Exchange | None = None,
        curl: str = "",
        knob: Knobs = "",
        advice: str = "",
        about: About = "",
        worst: str = "",
        next_step: str = "",
    ) -> None:
        """Record a fact that holds or does not.

        Args:
            name: what was looked at.
            ok: whether it holds; NaN or None, a comparison that could not be made, is *not measured*.
            expected: what had to hold, in words.
            got: what was found, in words.
            n: how many users, lists or slots stand behind it.
            definition: what is meant.
            who: for whom or what it failed.
            exchange: the offending exchange; shown as a curl line when the fact does not hold.
            curl: the line itself, where the exchange is not at hand any more.
            knob: the knobs to look at first, one name or several; ``BLEND_*`` stands for all that are set and begin so.
            advice: where to look besides, in words.
            about: which signs in the answers bear on it, ``ranking`` or ``catalogue``.
            worst: the users or items that it fails most, up to five.
            next_step: what to do when it does not hold, where that is more than to look at the knobs.
        """
        unknown = ok is None or _no_number(ok)
        self.keep(
            Measure(
                name=name,
                ok=None if unknown else bool(ok),
                got=None if unknown else got,
                expected=expected,
                n=n,
                definition=definition,
                who=who,
                curl="" if ok else curl or (exchange.curl() if exchange is not None else ""),
                knob=_words(knob, advice),
                knobs=_names(knob),
                about=about,
                worst="" if ok else worst,
                next_step="" if ok else next_step,
            )
        )

    def lift(self, figure: LiftFigure, limit: Limit, metric: MetricFacts) -> None:
        """Take over a segment lift as it was judged, together with all others, under the verdict rule."""
        if figure.outcome == Outcomes.NOT_MEASURED or figure.lift is None or not math.isfinite(figure.lift):
            raise NotMeasured(
                figure.why or Reason(f"the lift is {figure.lift}", figure.cause, figure.next_step)
            )
        self.keep(
            Measure(
                name=metric.shown(),
                metric=metric.name,
                about=metric.about,
                ok=figure.outcome == Outcomes.PASSED,
                got=figure.lift,
                expected=f"at least {limit.value:g}",
                threshold=float(limit.value),
                origin=limit.origin,
                n=figure.n_users,
                definition=(
                    f"mean over the service's lists ({figure.mean:.4f}) / mean over the popularity baseline's "
                    f"({figure.baseline_mean:.4f}) - 1; relevance `{figure.relevance}`"
                    + (f"; {figure.noise_words}" if figure.noise_words else "")
                ),
                who=f"segment {figure.segment}",
                knob=metric.look_at,
                knobs=metric.all_knobs,
                low=figure.low,
                high=figure.high,
                borderline=figure.borderline,
                users_needed=figure.users_needed,
            )
        )

    def figure(self, figure: Figure, limit: Limit, metric: MetricFacts | None = None, **facts: Any) -> None:
        """Judge a figure against its limit, whose key says whether it is a lower or an upper one.

        Args:
            figure: a value with its n and definition; without a value the check is *not measured*.
            limit: the threshold.
            metric: which one it is, for the knobs and the reasons of a failure.
            facts: as for :meth:`that`, ``who`` and ``exchange`` among them.
        """
        if figure.value is None:
            raise NotMeasured(figure.why)
        compare = self.at_least if threshold_key(limit.key).direction == "min" else self.at_most
        compare(figure.name, figure.value, limit, n=figure.n, definition=figure.definition, **facts)
        ends = {"low": figure.low, "high": figure.high}
        self.measures[-1] = msgspec.structs.replace(self.measures[-1], **ends)
        if metric is not None:
            of = {"metric": metric.name, "about": metric.about, "knobs": metric.all_knobs}
            self.measures[-1] = msgspec.structs.replace(self.measures[-1], knob=metric.look_at, **of)

    def _compare(
        self, name: str, got: float | None, limit: Limit | float, direction: Direction, **facts: Any
    ) -> None:
        threshold = float(limit.value if isinstance(limit, Limit) else limit)
        verdict = judge_threshold(got, threshold, direction, facts.get("n") or 0, what=name)
        ok = None if verdict.got is None else verdict.outcome == Outcomes.PASSED
        words = "at least" if direction == "min" else "at most"
        self.that(name, ok, expected=f"{words} {threshold:g}", got="", **facts)
        self.measures[-1] = msgspec.structs.replace(
            self.measures[-1],
            got=float(verdict.got) if isinstance(verdict.got, bool) else verdict.got,
            threshold=threshold,
            origin=limit.origin if isinstance(limit, Limit) else "",
        )

    def broken(self, sentence: str) -> Conclusion:
        """Conclude a check that broke off: it failed, for what it had found and for what ended it."""
        failing = [measure for measure in self.measures if measure.ok is False]
        return Conclusion(
            "failed", "\n".join([*map(told, failing), sentence]), next_step=step_of(failing) or BROKEN
        )

    def conclude(self, unmet: str = "") -> Conclusion:
        """Weigh the measures: one failing fails the check, one unmeasured or none at all leaves it unproven.

        Args:
            unmet: why the check could not go on, if it could not. What had failed until then stays failed.
        """
        failing = [measure for measure in self.measures if measure.ok is False]
        if failing:
            rest = [f"and the rest was not measured: {unmet}"] if unmet else []
            return Conclusion("failed", "\n".join([*map(told, failing), *rest]), next_step=step_of(failing))
        if unmet:
            why = Reason(unmet)
            return Conclusion("not_measured", str(why), why.cause, why.next_step)
        if not self.measures:
            step = "let the check compare something: `check.at_least`, `check.at_most` or `check.that`"
            return Conclusion(
                "failed", "measured nothing: the check compared no number and no fact", next_step=step
            )
        unmeasured = [measure.name for measure in self.measures if measure.ok is None]
        if unmeasured:
            step = f"see why {unmeasured[0]} has no value: nothing to divide by, or nobody to average over"
            return Conclusion("not_measured", f"no finite value for {_listed(unmeasured)}", next_step=step)
        return Conclusion("passed", "")


def _names(knob: Knobs) -> tuple[str, ...]:
    return tuple(filter(None, [knob] if isinstance(knob, str) else knob))


def _words(knob: Knobs, advice: str) -> str:
    return "; ".join(filter(None, (", ".join(_names(knob)), advice)))


def _no_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and math.isnan(value)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
