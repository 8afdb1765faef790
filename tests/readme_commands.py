"""Print the README's two promised commands, one a line, so that CI runs exactly what the reader is told."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
COMMAND = re.compile(r"<!-- command -->\n```(?:bash|sh)\n(.+?)\n```", re.DOTALL)


def commands(text: str) -> list[str]:
    """Return the code blocks that are marked as promises."""
    return [" ".join(block.replace("\\\n", " ").split()) for block in COMMAND.findall(text)]


if __name__ == "__main__":
    found = commands(README.read_text(encoding="utf-8"))
    if len(found) != 2:
        sys.exit(f"README.md promises {len(found)} commands, not 2")
    print("\n".join(found))
