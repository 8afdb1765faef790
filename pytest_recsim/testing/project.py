"""A folder in which pytest is run, as somebody would who has nothing special in the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_recsim.testing.ran import Ran

LIMIT_S = 240
DROPPED = ("pytest", "recs", "cov_", "http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""What the run around this one was told, or may lead elsewhere."""
IN_CI = ("CI", "BUILD_NUMBER")
"""Where they are set pytest does not shorten its summary, so a nested run would say other things in CI than at home."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of somebody with nothing special in it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in IN_CI and not name.lower().startswith(DROPPED)
    }
    return kept | {"COLUMNS": "200"} | dict(extra or {})


@dataclass(frozen=True)
class Project:
    """A folder in which somebody runs `pytest --customer acme`."""

    folder: Path

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a run here, with a temporary folder of its own for pytest.

        It tidies up the usual one, and of two runs that do so at once one fails when warnings are errors.
        """
        return environment({"PYTEST_DEBUG_TEMPROOT": str(self.folder.parent)} | dict(extra or {}))

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "pytest", *words]

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Ran:
        """Run pytest here, exactly with these words, in a process of its own."""
        done = subprocess.run(  # noqa: S603 - our own interpreter, no shell
            self.command(*words),
            cwd=self.folder,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def bundles(self, customer: str = "acme") -> list[Path]:
        return sorted((self.folder / "reports" / customer).glob("*/"))
