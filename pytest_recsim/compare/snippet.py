"""Suggested thresholds as a guardrails file, with what stands behind each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_recsim.compare.suggest import Suggested, Suggestion
from pytest_recsim.data.guardrails.guardrail_keys import SETTINGS, THRESHOLDS
from pytest_recsim.record.masking import safe
from pytest_recsim.record.metadata import Metadata

_PLAIN = re.compile(r"[a-z][a-z0-9_-]{2,}")
_MEASURED_BY = ("min_segment_users", "min_baseline_hits")
_WORDS = ("yes", "off", "true", "null", "false")
START = (
    "A start, not a judgement: what these runs hold, at the worse ends of their 95 % intervals, rounded the safe way.",
    "Whether that is good enough is for people to say. A run of other data misses one of many such thresholds by chance now and then.",
)


def snippet(suggested: Iterable[Suggested]) -> str:
    """Return the text: a guardrails file with the customers' thresholds."""
    lines = [*map(_comment, START), "schema_version: 1", "customers:"]
    for one in suggested:
        lines += [f"  {_name(one.sound.customer)}:", *(f"    {line}" for line in _customer(one))]
    return "\n".join(lines)


def _customer(suggested: Suggested) -> Iterator[str]:
    sound = suggested.sound
    count = "1 run" if len(sound.runs) == 1 else f"{len(sound.runs)} runs"
    newest = sound.runs[-1]
    yield _comment(
        f"from {count}, the newest {newest.where}, data set {newest.metadata.fixture.sha256[:12]}, "
        f"relevance {newest.quality.judged_relevance}"
    )
    yield from (_comment(f"note: {note}") for note in sound.notes)
    yield from (_comment(f"left out: {text}") for text in (*sound.left_out, *suggested.left_out))
    whole = [*_settings(newest.metadata), *_thresholds(one for one in suggested.found if not one.segment)]
    if whole:
        yield "quality:"
        yield from (f"  {line}" for line in whole)
    segments = list(dict.fromkeys(one.segment for one in suggested.found if one.segment))
    if segments:
        yield "segments:"
    for segment in segments:
        yield f"  {_name(segment)}:"
        mine = [one for one in suggested.found if one.segment == segment]
        yield from (f"    {line}" for line in _thresholds(mine))
    if not whole and not segments:
        yield "quality: {}"


def _settings(facts: Metadata) -> Iterator[str]:
    """What the runs were judged by that is not the usual: without it other numbers would come, or none."""
    usual: dict[str, Any] = {name: THRESHOLDS[name].default for name in _MEASURED_BY} | dict(SETTINGS)
    for name, value in usual.items():
        found = facts.guardrails.thresholds.get(name, {}).get("(all)")
        if found is not None and found.value != value:
            yield _comment(f"these runs were judged so ({found.origin})")
            whole = isinstance(found.value, float) and found.value.is_integer()
            yield f"{name}: {json.dumps(int(found.value) if whole else found.value)}"


def _thresholds(found: Iterable[Suggestion]) -> Iterator[str]:
    for one in found:
        yield from map(_comment, behind(one))
        yield f"{one.key.name}: {one.value:.12g}"


def behind(one: Suggestion) -> Iterator[str]:
    """Say what was measured, how sure that is, what the threshold would catch, and what to bear in mind."""
    lower, of = one.key.direction == "min", f" in segment {one.segment}" if one.segment else ""
    end = "from" if lower else "up to"
    interval = "no interval is known" if one.bound is None else f"95 % interval {end} {one.bound:.3g}"
    runs = "1 run" if one.runs == 1 else f"the worst of {one.runs} runs"
    catches = f"a {'fall to below' if lower else 'rise to above'} {one.value:.12g}{of}"
    yield f"{one.metric.shown()}: measured {one.measured:.3g} ({interval}, n {one.n:,}, {runs}); catches {catches}"
    if one.now is not None and isinstance(one.now.value, int | float):
        stricter = one.value < one.now.value if lower else one.value > one.now.value
        yield f"these runs were held to {one.now.value:g}{', which is stricter' if stricter else ''} ({one.now.origin})"
    if one.metric.source == "lift" and one.value < 0:
        yield "the interval reaches below 0: these runs do not show that it is better than popularity"


def _comment(text: str) -> str:
    return f"# {' '.join(safe(text).split())}"


def _name(text: str) -> str:
    """A name as a key of YAML; everything that is not surely text is in quotes."""
    return text if _PLAIN.fullmatch(text) and text not in _WORDS else json.dumps(text)
