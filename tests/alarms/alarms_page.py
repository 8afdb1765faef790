"""The false-alarm page and its JSON: the page is made from the JSON alone, so that neither can drift."""

from __future__ import annotations

from collections import Counter
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from alarms_count import ALWAYS_BEHAVIOUR, wilson
from alarms_worlds import CHANGED_KNOBS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alarms_count import Tally
    from alarms_worlds import Case

BEHAVIOUR = (
    *(f"S{number}" for number in range(1, 11)),
    "contract",
    "availability",
    "profile",
    "rank_instability",
    "error_rate",
)
Facts = dict[str, Any]


def document(cases: Sequence[Case], tallies: dict[str, Tally], alarms: list[Facts], seed: int) -> Facts:
    """What is kept of all runs, JSON-ready."""
    worlds = {case.customer: case.told for case in cases}
    return {
        "schema_version": 1,
        "runs": len(cases),
        "seed": seed,
        "first_cases": [f"{case.customer}: {case.told}" for case in cases[:5]],
        "sizes": {
            name: [min(values), max(values)]
            for name in ("items", "users", "events")
            for values in [[getattr(case, name) for case in cases]]
        },
        "changed_knobs": CHANGED_KNOBS,
        "twists": dict(sorted(Counter(case.twist for case in cases).items())),
        "checks": {name: _check(tally) for name, tally in tallies.items()},
        "runs_with_an_alarm": len({alarm["customer"] for alarm in alarms}),
        "alarms": [alarm | {"world": worlds[alarm["customer"]]} for alarm in alarms],
    }


def _checks(facts: Facts) -> Iterable[tuple[str, Facts]]:
    """The checks as a reader looks for them: scenarios first, by number."""
    return sorted(facts["checks"].items(), key=lambda pair: _shelf(pair[0]))


def _shelf(name: str) -> tuple[bool, int, str]:
    place = BEHAVIOUR.index(name) if name in BEHAVIOUR else len(BEHAVIOUR)
    return name not in BEHAVIOUR, place, name


def _check(tally: Tally) -> Facts:
    return {
        "runs": tally.runs,
        "measured": tally.measured,
        "not_measured": tally.not_measured,
        "false_alarms": tally.alarms,
        "threshold_missed": tally.thresholds,
        "failing": dict(tally.failing.most_common()),
        "not_measured_because": dict(tally.reasons.most_common(4)),
        "values": {name: _spread(values) for name, values in sorted(tally.values.items())},
    }


def _spread(values: list[float]) -> list[float]:
    """5, 25, 50, 75 and 95 % of the values lie below these."""
    cuts = quantiles(values, n=20, method="inclusive") if len(values) > 1 else values * 19
    return [round(cuts[place], 4) for place in (0, 4, 9, 14, 18)]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in (head, ["---"] * len(head), *rows)]
    return [*lines, ""]


def rate(hits: int, n: int) -> str:
    """A rate with its 95 % interval, in percent."""
    if not n:
        return "-"
    low, high = wilson(hits, n)
    return f"{100 * hits / n:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def page(facts: Facts) -> str:
    """Return docs/false-alarms.md."""
    return (
        "\n".join([*_intro(facts), *_behaviour(facts), *_thresholds(facts), *_silent(facts)]).rstrip() + "\n"
    )


def _intro(facts: Facts) -> list[str]:
    sizes = {name: f"{low:,} to {high:,}" for name, (low, high) in facts["sizes"].items()}
    checks = [check for name, check in facts["checks"].items() if name in BEHAVIOUR]
    alarms, measured = (sum(check[key] for check in checks) for key in ("false_alarms", "measured"))
    some = facts["runs_with_an_alarm"]
    twists = ", ".join(f"{name} ({n})" for name, n in facts["twists"].items())
    return [
        "# False alarms: how often a check fails although nothing is wrong",
        "",
        f"**In {some} of {facts['runs']} runs a check of behaviour failed: {rate(some, facts['runs'])}.** Of {measured:,} checks of",
        f"behaviour that were measured, {alarms} failed: {rate(alarms, measured)}. Intervals are Wilson's, 95 %.",
        "",
        "The whole suite ran against the embedded stand-in, which keeps its contract. Every run had a data set, a customer's name",
        f"(it decides which users and tags are tried) and knobs of its own: {sizes['items']} items, {sizes['users']} users,",
        f"{sizes['events']} events from the generator's three templates; the profiles prod, customer_a and ci, in half of the runs",
        f"with {facts['changed_knobs']} knobs changed at random, rules always on; rank instability and error rate with a limit of 0.",
        "Some data sets were made like real ones:",
        f"{twists}.",
        "",
        "The stand-in answers the same question the same way and never fails. Services that do not:",
        "[false-alarms-served.md](false-alarms-served.md), [faults.md](faults.md).",
        "",
        "Made by `python tests/alarms/alarms_run.py` from `false-alarms.json`.",
        "",
    ]


def _behaviour(facts: Facts) -> list[str]:
    checks = {name: check for name, check in _checks(facts) if name in BEHAVIOUR}
    rows = [
        (
            name,
            check["runs"],
            check["measured"],
            check["not_measured"],
            check["false_alarms"],
            rate(check["false_alarms"], check["measured"]),
            check["threshold_missed"] or "",
        )
        for name, check in checks.items()
    ]
    head = ("check", "times", "measured", "not measured", "false alarms", "rate (95 %)", "threshold missed")
    lines = [
        "## Behaviour",
        "",
        "A failure here is a false alarm. Rank instability is checked once per segment.",
        "",
    ]
    lines += table(head, rows)
    if facts["alarms"]:
        lines += [
            f"* {one['check']}, {one['customer']} ({one['world']}): {_first(one)}" for one in facts["alarms"]
        ]
    else:
        lines += [
            "Not one failed. *Threshold missed* counts failures of configured limits only; they are in the next table."
        ]
    return [*lines, ""]


def _first(alarm: Facts) -> str:
    return str(alarm["sentence"]).splitlines()[0] if alarm["sentence"] else "no sentence"


def _thresholds(facts: Facts) -> list[str]:
    rows = []
    for name, check in _checks(facts):
        for measure, spread in check["values"].items():
            if name in ALWAYS_BEHAVIOUR:
                continue
            failed = check["failing"].get(measure.split(", at ")[0], 0)
            rows.append((name, measure, rate(failed, check["measured"]), *spread))
    return [
        "## Thresholds",
        "",
        "What a data set and a profile achieve, against a limit from guardrails.yml. Nobody tuned a profile to these worlds, so many",
        "miss a limit: that is no false alarm. How often chance alone decides near the limit: [statistics.md](statistics.md). The last",
        "five columns are percentiles over the runs (over the segments, for a lift).",
        "",
        *table(
            ("check", "measure", "missed, of measured (95 %)", "5 %", "25 %", "50 %", "75 %", "95 %"), rows
        ),
    ]


def _silent(facts: Facts) -> list[str]:
    rows = [
        (name, n, reason)
        for name, check in _checks(facts)
        for reason, n in sorted(check["not_measured_because"].items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return [
        "## Not measured",
        "",
        "Not measured is not passed: the data set could not have shown a fault. N stands for a number.",
        "",
        *table(("check", "times", "because"), rows),
    ]
