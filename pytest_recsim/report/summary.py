"""What a CI service shows on its own pages: GitHub's step summary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "GITHUB_STEP_SUMMARY"
LIMIT = 900_000
"""GitHub refuses more than 1 MiB a step."""
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:)[^)]*\)")


def append_step_summary(page: Path, environ: Mapping[str, str]) -> bool:
    """Append a Markdown page to the file that GitHub names in the environment; return whether there is one.

    Links to neighbouring files lead nowhere there, so only their words are kept. Failing to write it is no
    reason to fail a run.
    """
    target = environ.get(VARIABLE, "")
    if not target:
        return False
    text = _LINK.sub(r"\1", page.read_text(encoding="utf-8"))
    if len(text.encode()) > LIMIT:
        text = (
            text.encode()[:LIMIT].decode("utf-8", "ignore")
            + "\n\n(cut short: the whole page is in the reports)\n"
        )
    try:
        with Path(target).open("a", encoding="utf-8") as stream:
            stream.write(text.rstrip() + "\n\n")
    except OSError:
        return False
    return True
