"""What ``--recsim-stop-early`` cannot be used together with."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_recsim.data.input.problems import Problem
from pytest_recsim.plan.options import Options

OPTION = "--recsim-stop-early"


def refused(options: Options) -> Iterator[Problem]:
    """Yield a problem for every other option that leaves it without a meaning."""
    if not options.stop_early:
        return
    if options.sweep:
        yield Problem(OPTION, "would ask other users for every value of --recsim-sweep; use one of the two")
    if "quality" in options.skip:
        yield Problem(
            OPTION,
            "stops asking for the quality lists, and --recsim-skip quality asks for none; use one of the two",
        )
    if options.seed_only:
        yield Problem(
            OPTION,
            "stops asking for the quality lists, and --recsim-seed-only asks for none; use one of the two",
        )
