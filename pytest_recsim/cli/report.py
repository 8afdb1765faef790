"""``recsim report``: the pages of a run again, from its record."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.cli.command import PATH, argument, command
from pytest_recsim.cli.voice import say
from pytest_recsim.data.input.problems import InputError, Problem


@command("recsim report reports/acme/20261122T221500Z")
@argument("bundle", type=PATH, metavar="DIR", help="the report folder of one simulation")
def report(bundle: Path) -> None:
    """Render report.html and README.md again from the record, also of a run that was killed."""
    from pytest_recsim.report.partial import render_record
    from pytest_recsim.simulation.bundle.folders import bundle_at

    found = bundle_at(bundle)
    if wrong := render_record(found):
        raise InputError(Problem(str(bundle), "; ".join(wrong)))
    say(str(found.root / "README.md"))
