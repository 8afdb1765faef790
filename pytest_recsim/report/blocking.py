"""What stands against going live, in Markdown: causes of many checks, every other check, what to do, what to paste."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_recsim.record.causes import causes_of
from pytest_recsim.record.model import BLOCKING, CheckResult
from pytest_recsim.report.text import block, foreign
from pytest_recsim.report.waivers import waiver


def causes(results: list[CheckResult]) -> Iterator[str]:
    """What kept many checks at once from being measured, each once, with what to do and the checks that it took."""
    for root in causes_of(results):
        yield f"**{foreign(root.headline)}.**"
        if root.next_step:
            yield f"Next step: {foreign(root.next_step)}."
        yield f"It took {foreign(', '.join(root.checks))}."
        yield ""


def against(results: list[CheckResult]) -> Iterator[str]:
    caused = {label for root in causes_of(results) for label in root.checks}
    bad = [result for result in results if result.outcome in BLOCKING and result.label not in caused]
    if not bad:
        return
    yield "## What failed or was not measured"
    yield ""
    for result in bad:
        yield f"### {foreign(result.label)}: {foreign(result.title)}"
        yield ""
        yield from block(result.sentence)
        yield ""
        yield f"Next step: {foreign(result.step)}."
        yield ""


def waivers(results: list[CheckResult], facts: dict[str, Any]) -> Iterator[str]:
    """What lets everything that blocks through, folded away."""
    text = waiver(results, facts)
    if text:
        yield "<details><summary>To let these checks through knowingly</summary>"
        yield ""
        yield "Paste into guardrails.yml what you decide to live with, with your reason; every report then says so."
        yield ""
        yield from block(text)
        yield ""
        yield "</details>"
        yield ""
