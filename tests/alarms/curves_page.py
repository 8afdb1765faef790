"""What docs/statistics.md says in figures, tables and sentences alike, made from statistics.json alone."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from alarms_page import table
from curves_operating import GOOD, LIFTS, METRICS, RULES, SEGMENTS, THRESHOLD, USERS

if TYPE_CHECKING:
    from collections.abc import Callable

Facts = dict[str, Any]
LOW, HIGH = 0.93, 0.97


def fill(page: str, facts: Facts) -> str:
    """Replace what stands between ``<!-- NAME -->`` and ``<!-- end -->`` by what ``MADE`` has of that name."""
    for name, make in MADE.items():
        found = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = "\n" + "\n".join(make(facts)).rstrip("\n") + "\n\n"
        page, times = found.subn(lambda match, text=text: match[1] + text + match[2], page)
        if times != 1:
            raise ValueError(f"the page has {times} places for {name}, one is needed")
    return page


def shape(facts: Facts) -> list[str]:
    """Where the users come from."""
    seen = facts["shape"]
    return [
        f"One segment's NDCG check with threshold {THRESHOLD:+.0%}: percent of the samples with enough data in which",
        f"it fails, by true lift and number of users ({facts['runs']:,} samples per figure). The {SEGMENTS - 1} other",
        f"segments of the run have a true lift of {GOOD:+.0%}. Users are drawn from the {seen['users']:,} of customer_a's",
        f"run ({seen['no_hit']:.0%} without a hit in either list; NDCG of the two lists correlated at",
        f"{seen['ndcg_correlation']:.2f}), tilted to the true lift.",
    ]


def _percent(counts: Facts, of: str) -> str:
    return f"{_share(counts, of):.0f}" if counts[of] else "-"


def _share(counts: Facts, of: str) -> float:
    return 100 * float(counts["failed"]) / float(counts[of])


def _row(facts: Facts, users: int, lift: float) -> Facts:
    (row,) = [row for row in facts["curves"] if (row["users"], row["lift"]) == (users, lift)]
    return dict(row)


def _curve(facts: Facts, scope: str, of: str) -> list[str]:
    """One block of columns per size, one column per rule."""
    cells = {(row["users"], row["lift"]): row[scope] for row in facts["curves"]}
    head = ["true lift", *(f"{users}: {rule}" for users in USERS for rule in RULES)]
    rows = [
        [f"{lift:+.0%}", *(_percent(cells[users, lift][rule], of) for users in USERS for rule in RULES)]
        for lift in LIFTS
    ]
    return table(head, rows)


def segment(facts: Facts) -> list[str]:
    return _curve(facts, "segment", "measured")


def toss(facts: Facts) -> list[str]:
    """What the columns say at the threshold, and how far MRR is from NDCG."""
    found = [_row(facts, users, THRESHOLD)["segment"]["point"] for users in USERS]
    shares = [_share(counts, "measured") for counts in found]
    apart = max(
        abs(_share(row["segment"][rule], "measured") - _share(row["segment_mrr"][rule], "measured"))
        for row in facts["curves"]
        for rule in RULES
    )
    return [
        "Below the threshold a high figure is good, above it a low one. At the threshold `point` is a coin toss",
        f"whatever the number of users: it fails {min(shares):.0f} to {max(shares):.0f} %. The MRR check differs by at",
        f"most {apart:.0f} percentage points.",
    ]


def reading(facts: Facts) -> list[str]:
    """What the tables mean for somebody who has to choose a rule."""
    few, many = USERS[0], USERS[-1]
    asked = ((few, 0.5), (300, 0.5), (many, 0.0), (many, 0.2))
    words = [_stopped(_row(facts, users, lift)["segment"]) for users, lift in asked]
    return [
        f"* {few} users in a segment, true lift +50%: stopped by {words[0]}.",
        f"* 300 users, +50%: {words[1]}.",
        f"* {many:,} users, +0%: {words[2]}.",
        f"* {many:,} users, +20%: {words[3]}.",
    ]


def _stopped(rules: Facts) -> str:
    share = {rule: _percent(rules[rule], "measured") for rule in RULES}
    return ", ".join(f"`{rule}` in {share[rule]}" for rule in RULES) + " % of the samples"


def run(facts: Facts) -> list[str]:
    runs = facts["curves"][0]["run"][RULES[0]]["runs"]
    checks = SEGMENTS * len(METRICS)
    example = _row(facts, 100, 0.3)
    one, whole = _percent(example["segment"]["point"], "measured"), _percent(example["run"]["point"], "runs")
    return [
        f"A whole run of {SEGMENTS} segments with the same true lift has {checks} checks and is red when any of them",
        f"fails ({runs} runs per figure; not measured is not counted). So `point` is stricter than it looks: with 100",
        f"users a segment and a true lift of +30% a single check fails in {one} % of the samples, the run is red in",
        f"{whole} %.",
        "",
        *_curve(facts, "run", "runs"),
    ]


def spread(facts: Facts) -> list[str]:
    """How far a measured NDCG lift strays from the true one, and how often there is enough data at all."""
    rows = []
    for users in USERS:
        row = _row(facts, users, THRESHOLD)
        enough = row["segment"]["point"]["measured"] / row["runs"]
        rows.append((users, f"{enough:.0%}", f"+-{row['ndcg_lift_sd']:.2f}"))
    return table(("users of the segment", "enough data", "standard deviation of the measured lift"), rows)


def coverage(facts: Facts) -> list[str]:
    """Per kind of world and size: mean, lowest and highest share of intervals that contain the truth."""
    return _covered(facts["coverage"])


def hard(facts: Facts) -> list[str]:
    """Coverage where it cannot be expected, and to which side it errs."""
    rows = facts["hard"]
    few = [row for row in rows if row["kind"].startswith("service hits")]
    agree = [row["inside"] for row in rows if row not in few]
    within = sum(LOW <= inside <= HIGH for inside in agree)
    low, high = (max(row[side] for row in few) for side in ("below", "above"))
    inside = [row["inside"] for row in few]
    return [
        *_covered(rows),
        f"* Lists that agree: {within} of {len(agree)} worlds lie between {LOW} and {HIGH} ({min(agree):.3f} to",
        f"  {max(agree):.3f}). More users help.",
        f"* Next to no hits, a true loss of 85 %: {min(inside):.3f} to {max(inside):.3f}; more users alone do not help.",
        f"  The upper end is too low: up to {low:.0%} of the intervals lie wholly below the truth, at most {high:.1%}",
        "  wholly above it.",
    ]


def _covered(found: list[Facts]) -> list[str]:
    sizes = sorted({row["users"] for row in found})
    rows = []
    for kind in dict.fromkeys(row["kind"] for row in found):
        mine = [[row["inside"] for row in found if (row["kind"], row["users"]) == (kind, n)] for n in sizes]
        rows.append((kind, *(_mean_and_range(shares) if shares else "" for shares in mine)))
    return table(("worlds", *(f"{users} users" for users in sizes)), rows)


def _mean_and_range(shares: list[float]) -> str:
    mean = f"{sum(shares) / len(shares):.3f}"
    return f"{mean} ({min(shares):.3f} to {max(shares):.3f})" if len(shares) > 1 else mean


def outside(facts: Facts) -> list[str]:
    """The sum in one sentence, and every world that is outside 0.93 to 0.97."""
    rows = facts["coverage"]
    mean = sum(row["inside"] for row in rows) / len(rows)
    beyond = [row for row in rows if not LOW <= row["inside"] <= HIGH]
    noise = 1.96 * math.sqrt(0.95 * 0.05 / facts["coverage_runs"])
    low, high = (sum(row["inside"] < LOW for row in rows), sum(row["inside"] > HIGH for row in rows))
    lowest, highest = (limit(row["inside"] for row in rows) for limit in (min, max))
    lines = [
        f"**{len(rows) - len(beyond)} of {len(rows)} worlds lie between {LOW} and {HIGH}; the mean is {mean:.3f}.** In {low}",
        f"the interval is too narrow (lowest {lowest:.3f}), in {high} too wide (highest {highest:.3f}).",
        f"{facts['coverage_runs']:,} samples per world: chance moves a figure by +-{noise:.3f}.",
        "",
    ]
    if not beyond:
        return lines
    cells = [
        (row["users"], row["world"], f"{row['inside']:.3f}", f"{row['above']:.3f}", f"{row['below']:.3f}")
        for row in sorted(beyond, key=lambda row: row["inside"])
    ]
    head = ("users", "world outside", "contains the truth", "wholly above it", "wholly below it")
    return lines + table(head, cells)


MADE: dict[str, Callable[[Facts], list[str]]] = {
    "shape": shape,
    "segment": segment,
    "toss": toss,
    "run": run,
    "spread": spread,
    "reading": reading,
    "coverage": coverage,
    "outside": outside,
    "hard": hard,
}
