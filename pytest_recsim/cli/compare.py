"""``recsim compare``: two report folders side by side."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_recsim.cli.command import PATH, argument, command
from pytest_recsim.cli.voice import document, say
from pytest_recsim.data.input.problems import InputError, Problem


@command(
    "recsim compare reports/acme/20261121T221500Z reports/acme/20261122T221500Z",
    "recsim compare baselines/acme/accepted reports/acme --html comparison.html",
)
@argument("before", type=PATH, metavar="BEFORE", help="report folder of the run that is known")
@argument("now", type=PATH, metavar="NOW", help="report folder that is held against it")
@click.option("--html", type=PATH, metavar="FILE", help="write a page as well")
@click.option("--json", "as_json", is_flag=True, help="print the comparison as JSON, with all numbers")
@click.option("--all", "everything", is_flag=True, help="also show what is the same or cannot be told apart")
def compare(before: Path, now: Path, html: Path | None, as_json: bool, everything: bool) -> None:
    """Hold a run against another, user by user: what is better, worse, the same, or cannot be told."""
    import msgspec

    from pytest_recsim.compare.compare import compare as held
    from pytest_recsim.compare.sides import find_run, read_run
    from pytest_recsim.record.jsonio import dumps, write_text
    from pytest_recsim.report.comparison import comparison_section
    from pytest_recsim.report.html.compare import comparison_page

    found = held(read_run(find_run(before)), read_run(find_run(now)))
    if html:
        if html.is_dir():
            raise InputError(Problem("--html", f"`{html}` is a folder; must be a file to write"))
        write_text(html, comparison_page(found))
    if as_json:
        return document(msgspec.json.format(dumps(found), indent=2).decode())
    say("\n".join(comparison_section(found, everything=everything)))
    if html:
        say(f"page: {html}")
    return None
