"""What a part of the table is, and what it is given to measure with."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rows import NotMeasured, Row, Target
from benchmarks.shared import Shared
from benchmarks.today import Checkout


@dataclass(frozen=True)
class Bench:
    """What every part may use.

    Attributes:
        repeat: turns of each measurement.
        scratch: an empty folder, gone afterwards.
        today: the commit that rows are held beside; built when first asked for.
        shared: runs that other parts of this command may have made already.
    """

    repeat: int
    scratch: Path
    today: Callable[[], Checkout]
    shared: Shared


@dataclass(frozen=True)
class Part:
    """Some rows that are measured together.

    Attributes:
        measure: yields a row as soon as it is known; raises ``NotMeasured`` for all that have not come yet.
    """

    name: str
    about: str
    targets: tuple[Target, ...]
    measure: Callable[[Bench], Iterator[Row]]

    def rows(self, bench: Bench) -> Iterator[Row]:
        """Yield one row for every target, whatever happens."""
        seen, reason = set(), "the part ended without it"
        try:
            for row in self.measure(bench):
                seen.add(row.name)
                yield row
        except NotMeasured as error:
            reason = str(error)
        except subprocess.CalledProcessError as error:
            said = (error.stderr or error.stdout or b"").strip().splitlines()
            last = said[-1] if said else ""
            text = last.decode(errors="replace") if isinstance(last, bytes) else last
            reason = f"a command ended with {error.returncode}: {text[:200]}"
        except (ImportError, OSError) as error:
            reason = f"{type(error).__name__}: {error}"
        yield from (target.missed(reason) for target in self.targets if target.name not in seen)
