"""What a stand-in process can be told on its command line; wrong values are a sentence and exit code 4."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pytest_recsim.standin.settings import quirks
from pytest_recsim.standin.settings.clock import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = 4
MOST_ROOM = 10_000


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End with the sentence alone: whoever called us may have other names for things than our usage line."""
        self.exit(USAGE, message.removeprefix("argument ") + "\n")


def read(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="python -m pytest_recsim.standin", description="Serve the Recsys stand-in.")
    parser.add_argument("--port", type=_port, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--now", type=_instant, help="freeze the service clock at this RFC 3339 instant")
    parser.add_argument("--latency-ms", type=_milliseconds, default=0.0, help="added to every answer")
    parser.add_argument(
        "--room",
        type=_room,
        default=0,
        metavar="N",
        help="answers in work at once; other requests wait in line",
    )
    parser.add_argument("--access-log", type=Path, help="append one JSON line per request")
    parser.add_argument("--snapshot", type=Path, help="load the state from this file and keep it there")
    parser.add_argument("--owner-pipe", action="store_true", help="exit when stdin ends")
    parser.add_argument(
        "--quirks",
        nargs="?",
        const="all",
        default="",
        metavar="LIST",
        help=f"known defects of the real service to reproduce: {', '.join(quirks.NAMES)} or all (default)",
    )
    parser.add_argument("--quirks-seed", type=int, metavar="N", help="make what is random repeat")
    parser.add_argument("--slow-start-s", type=_seconds, metavar="S", help="how long `slow-start` lasts")
    parser.add_argument(
        "--announce", metavar="PROFILE", help="tell people on stderr where and what is served"
    )
    options = parser.parse_args(argv)
    try:
        options.quirks = quirks.parse(options.quirks, options.quirks_seed, options.slow_start_s)
    except ValueError as error:
        parser.error(f"--quirks: {error}")
    return options


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"`{text}` is not a port; must be 0 to 65535, 0 takes a free one")
    return int(text)


def _instant(text: str) -> int:
    moment = parse_rfc3339(text)
    if moment is None:
        raise argparse.ArgumentTypeError(
            f"`{text}` is not an RFC 3339 instant with offset; must be, say, 2026-11-22T12:00:00Z"
        )
    return moment


def _room(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) <= MOST_ROOM:
        raise argparse.ArgumentTypeError(
            f"`{text}` is not a number of answers; must be 1 to {MOST_ROOM}, without the option there is no limit"
        )
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of seconds; it must be above 0")
    return value


def _milliseconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"`{text}` is not a latency; must be milliseconds >= 0")
    return value
