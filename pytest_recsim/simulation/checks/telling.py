"""What a failing measure says, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_recsim.record.model import Measure, borderline_words
from pytest_recsim.record.reason import more_users


def told(measure: Measure) -> str:
    """Tell a failing measure: expected, got, for whom, the request as curl, the knob to look at."""
    got = f"{measure.got:.4g}" if isinstance(measure.got, float) else measure.got
    lines = [f"{measure.name}: expected {measure.expected}, got {got}"]
    if measure.low is not None:
        high = "no upper bound" if measure.high is None else f"{measure.high:.2f}"
        mark = f"; {borderline_words(measure)}" if measure.borderline else ""
        lines[0] += f" (95 % interval {measure.low:.2f} to {high}{mark})"
    facts = {
        "affected": measure.who,
        "n": "" if measure.n is None else str(measure.n),
        "definition": measure.definition,
        "threshold": measure.origin,
        "most affected": measure.worst,
        "knobs to check": measure.knob,
        "current values": measure.values,
        "likely cause": measure.likely,
        "reproduce": measure.curl,
    }
    return "\n".join(lines + [f"  {name}: {fact}" for name, fact in facts.items() if fact])


def step_of(failing: Sequence[Measure]) -> str:
    """What to do about the first thing that failed: its own step, whether chance may have decided, the knobs, the request."""
    if not failing:
        return ""
    first = failing[0]
    steps = [first.next_step] if first.next_step else []
    if first.borderline and first.users_needed is not None:
        more = more_users(first.users_needed - (first.n or 0))
        steps.append(f"bring about {more}, or merge segments, because chance may have decided this")
    if first.knob:
        steps.append(f"look at {first.knob}")
    if not steps and first.curl:
        steps.append("send the request after `reproduce`, and show the answer to whoever runs the service")
    return "; ".join(steps)
