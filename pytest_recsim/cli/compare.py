"""``recsim compare``: two report folders side by side."""

from __future__ import annotations

import argparse
from pathlib import Path

from pytest_recsim.data.input.problems import InputError, Problem


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("before", type=Path, metavar="BEFORE", help="report folder of the run that is known")
    parser.add_argument("now", type=Path, metavar="NOW", help="report folder that is held against it")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page as well")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON, with all numbers")
    parser.add_argument(
        "--all", action="store_true", help="also show what is the same or cannot be told apart"
    )


def run(options: argparse.Namespace) -> int:
    """Print the comparison. Wrong folders are an InputError."""
    import msgspec

    from pytest_recsim.compare.compare import compare
    from pytest_recsim.compare.sides import find_run, read_run
    from pytest_recsim.record.jsonio import dumps, write_text
    from pytest_recsim.record.masking import safe
    from pytest_recsim.report.comparison import comparison_section
    from pytest_recsim.report.html.compare import comparison_page

    before, now = (read_run(find_run(path)) for path in (options.before, options.now))
    found = compare(before, now)
    if options.html:
        if options.html.is_dir():
            raise InputError(Problem("--html", f"`{options.html}` is a folder; must be a file to write"))
        write_text(options.html, comparison_page(found))
    if options.json:
        print(msgspec.json.format(dumps(found), indent=2).decode())  # noqa: T201 - the command's voice
        return 0
    print(safe("\n".join(comparison_section(found, everything=options.all))))  # noqa: T201
    if options.html:
        print(safe(f"page: {options.html}"))  # noqa: T201
    return 0
