"""``recsim report``: the pages of a run or of a study again, from its record."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.cli.command import PATH, argument, command
from pytest_recsim.cli.voice import say
from pytest_recsim.data.input.problems import InputError, Problem


@command("recsim report reports/acme/20261122T221500Z", "recsim report reports/acme/tune_20261128T221500Z")
@argument(
    "bundle", type=PATH, metavar="DIR", help="the report folder of one simulation, or of a tuning study"
)
def report(bundle: Path) -> None:
    """Render report.html and README.md again from the record, also of a run or a study that was killed."""
    from pytest_recsim.record.tune import NAME

    say(str((_study if (bundle / NAME).is_file() else _run)(bundle)))


def _run(folder: Path) -> Path:
    from pytest_recsim.report.partial import render_record
    from pytest_recsim.simulation.bundle.folders import bundle_at

    found = bundle_at(folder)
    if wrong := render_record(found):
        raise InputError(Problem(str(folder), "; ".join(wrong)))
    return found.root / "README.md"


def _study(folder: Path) -> Path:
    import msgspec

    from pytest_recsim.data.input.files import said_by
    from pytest_recsim.record.tune import NAME
    from pytest_recsim.report.html.tune import render_study

    try:
        return render_study(folder)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(Problem(str(folder), f"{NAME} cannot be rendered ({said_by(error)})")) from None
