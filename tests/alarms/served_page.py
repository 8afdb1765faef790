"""The page about false alarms on a service that we did not start, and its JSON; the page is made from the JSON alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from alarms_count import count, wilson
from alarms_page import BEHAVIOUR, rate, table
from served_count import NOT_IN_EFFECT, Ended, numbers, place, unexplained
from served_worlds import MODES, OWN, QUIRKS, REFRESH, STARTS, TOLERATED, Served

Facts = dict[str, Any]
ALWAYS = ("availability",)
"""Rank instability and error rate are a matter of degree here: the service's clock runs on, and its machine has other work."""


def document(worlds: list[Served], runs: list[Ended], seed: int) -> Facts:
    """What is kept of all runs, JSON-ready."""
    cells = [_cell(mode, start, quirks, runs) for mode in MODES for start in STARTS for quirks in QUIRKS]
    return {
        "schema_version": 1,
        "worlds": len(worlds),
        "runs": len(runs),
        "seed": seed,
        "first_worlds": [f"{world.case.customer}: {world.told}" for world in worlds[:3]],
        "sizes": {
            name: [min(values), max(values)]
            for name in ("items", "users", "events")
            for values in [[getattr(world.case, name) for world in worlds]]
        },
        "cells": cells,
        "checks": _checks(runs),
        "alarms": [alarm for run in runs for alarm in _alarms(run)],
        "inconsistent": [wrong for run in runs for wrong in unexplained(run)],
    }


def _alarms(run: Ended) -> list[Facts]:
    """Failures of behaviour, and runs that could not be prepared."""
    _, alarms = count(list(run.results), ALWAYS)
    found = {alarm["check"]: alarm["sentence"] for alarm in alarms}
    told = [
        place(run, result) | {"sentence": result.sentence} for result in run.results if result.label in found
    ]
    if run.failure:
        first = (
            place(run, run.results[0])
            if run.results
            else {"customer": run.world.case.customer, "mode": run.mode}
        )
        told.append(first | {"check": "preparation", "sentence": run.failure})
    return told


def _cell(mode: str, start: str, quirks: str, runs: Iterable[Ended]) -> Facts:
    mine = [run for run in runs if (run.mode, run.world.start, run.world.quirks) == (mode, start, quirks)]
    ends: Counter[str] = sum((numbers(run) for run in mine), Counter())
    return {
        "mode": mode,
        "start": start,
        "quirks": quirks or "off",
        "runs": len(mine),
        "with_alarm": sum(bool(_alarms(run)) for run in mine),
        "differing": sum(bool(run.differing) for run in mine),
        "numbers": {name: ends[name] for name in ("judged", "knobs", "data")},
    }


def _checks(runs: Iterable[Ended]) -> dict[str, Facts]:
    tallies, _ = count([result for run in runs for result in run.results], ALWAYS)
    return {
        name: {
            "times": tally.runs,
            "measured": tally.measured,
            "not_measured": tally.not_measured,
            "false_alarms": tally.alarms,
            "threshold_missed": tally.thresholds,
            "not_measured_because": dict(_gathered(tally.reasons).most_common(5)),
        }
        for name, tally in tallies.items()
    }


def _gathered(reasons: Mapping[str, int]) -> Counter[str]:
    """Reasons that differ only in the knobs they name, counted together."""
    found: Counter[str] = Counter()
    for reason, times in reasons.items():
        head = reason.partition(" (")[0] if reason.startswith("the service evaluates no rules") else reason
        found[
            f"{NOT_IN_EFFECT} for enough users (the knobs are named)" if NOT_IN_EFFECT in reason else head
        ] += times
    return found


def page(facts: Facts) -> str:
    """Return docs/false-alarms-served.md."""
    return "\n".join([*_intro(facts), *_modes(facts), *_numbers(facts), *_behaviour(facts)]).rstrip() + "\n"


def _intro(facts: Facts) -> list[str]:
    sizes = {name: f"{low:,} to {high:,}" for name, (low, high) in facts["sizes"].items()}
    runs, red = facts["runs"], sum(cell["with_alarm"] for cell in facts["cells"])
    share = f"{100 * TOLERATED['max_unavailable_share']:g} %"
    return [
        "# False alarms on a service that we did not start",
        "",
        f"**In {red} of {runs:,} runs a check of behaviour failed: {rate(red, runs)}** (Wilson, 95 %).",
        *_worst(facts),
        "",
        f"The whole suite ran against a stand-in that it had not started (`--base-url`): {facts['worlds']} healthy customers",
        f"({sizes['items']} items, {sizes['users']} users, {sizes['events']} events, drawn as for",
        "[the embedded stand-in](false-alarms.md)), each in the apply modes `request`, `admin` and `env-file`. The service was",
        f"started with the customer's own profile or with a shipped one ({', '.join(STARTS[1:])}), and had no",
        f"[quirks](stand-in.md#quirks) or all of them: {_met(facts)}. Rules are cached for {REFRESH} everywhere, which saves",
        f"waiting. With quirks a service lists what is sold out, so {share} of that is let through there; without, rank instability",
        "and error rate are on with a limit of 0. To miss that is no false alarm: the clock of such a service runs on, and a request",
        "can time out on a busy machine.",
        "",
        "Made by `python tests/alarms/served_run.py` from `false-alarms-served.json`.",
        "",
    ]


def _met(facts: Facts) -> str:
    met = [cell["runs"] for cell in facts["cells"] if cell["runs"]]
    return f"{len(met)} of {len(facts['cells'])} combinations, {min(met, default=0)} to {max(met, default=0)} runs each"


def _worst(facts: Facts) -> list[str]:
    if facts["alarms"] or facts["inconsistent"]:
        lines = [
            f"* {one['check']}, `{one['mode']}`, {one['customer']} ({one['world']}): {_first(one['sentence'])}"
            for one in facts["alarms"]
        ]
        lines += [
            f"* {one['check']}, `{one['mode']}`, {one['customer']}: {one['what']} ({one['differing']})"
            for one in facts["inconsistent"]
        ]
        return ["", *lines]
    return []


def _first(sentence: str) -> str:
    return sentence.splitlines()[0] if sentence else "no sentence"


def _modes(facts: Facts) -> list[str]:
    rows = []
    for mode in (*MODES, "all"):
        cells = [cell for cell in facts["cells"] if mode in (cell["mode"], "all")]
        runs, red = (sum(cell[key] for cell in cells) for key in ("runs", "with_alarm"))
        rows.append((mode, runs, red, rate(red, runs), f"{100 * wilson(red, runs)[1]:.1f} %"))
    return [
        "## Runs with a false alarm",
        "",
        *table(("mode", "runs", "with a false alarm", "rate (95 %)", "at most"), rows),
    ]


def _numbers(facts: Facts) -> list[str]:
    rows = []
    for mode in MODES:
        for start in STARTS:
            cells = [cell for cell in facts["cells"] if (cell["mode"], cell["start"]) == (mode, start)]
            ends = {
                name: sum(cell["numbers"][name] for cell in cells) for name in ("judged", "knobs", "data")
            }
            runs, differing = (sum(cell[key] for cell in cells) for key in ("runs", "differing"))
            rows.append(
                (mode, start, *(cell["runs"] for cell in cells), f"{differing} of {runs}", *ends.values())
            )
    wrong = len(facts["inconsistent"])
    return [
        "## Numbers about the profile",
        "",
        "Lifts, S7, coverage and long-tail share are judged only where the profile is in effect. By each run's own table of knobs,",
        f"{'none was' if not wrong else f'{wrong} were'} judged although a visible, differing knob moves the lists of more than 5 % of its",
        "users, or left unmeasured for a knob where no visible one differs. The last three columns count how these numbers ended.",
        "",
        *table(
            (
                "mode",
                "service started with",
                "runs, no quirks",
                "runs, all quirks",
                "a visible knob differs in",
                "judged",
                "not measured: knobs",
                "not measured: too little data",
            ),
            rows,
        ),
        f"On services that were started with {OWN} {_own(facts)} for a knob.",
        "",
    ]


def _own(facts: Facts) -> str:
    numbers = sum(cell["numbers"]["knobs"] for cell in facts["cells"] if cell["start"] == OWN)
    return f"{numbers} numbers are not measured" if numbers else "no number is unmeasured"


def _behaviour(facts: Facts) -> list[str]:
    rows = [
        (
            name,
            check["times"],
            check["measured"],
            check["not_measured"],
            check["false_alarms"],
            rate(check["false_alarms"], check["measured"]),
            check["threshold_missed"] or "",
        )
        for name in BEHAVIOUR
        if (check := facts["checks"].get(name))
    ]
    silent = [
        (name, n, reason)
        for name in BEHAVIOUR
        for reason, n in sorted(
            facts["checks"].get(name, {}).get("not_measured_because", {}).items(),
            key=lambda pair: (-pair[1], pair[0]),
        )
    ]
    return [
        "## Behaviour",
        "",
        *table(
            ("check", "times", "measured", "not measured", "false alarms", "rate (95 %)", "threshold missed"),
            rows,
        ),
        "Not measured, and why (N stands for a number):",
        "",
        *table(("check", "times", "because"), silent),
    ]
