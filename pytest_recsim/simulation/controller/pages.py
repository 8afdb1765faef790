"""Pages of a bundle, and its customer's history; one that cannot be written must not cost the record or the clean-up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.history import NAME as HISTORY
from pytest_recsim.report import render_bundle
from pytest_recsim.report.html import write_page
from pytest_recsim.simulation.bundle.history import remember
from pytest_recsim.simulation.bundle.writer import Writer

Tell = Callable[[str], None]


def unwritten(page: str, error: Exception) -> str:
    """Say that a page is missing, and why."""
    why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    return f"{page} could not be written: {why}"


class Pages:
    """Draws what people read of each simulation of a run.

    Args:
        reports: the folder that bundles and histories are in.
        complain: says a sentence in red.
    """

    def __init__(self, reports: Path, complain: Tell) -> None:
        self._reports, self._complain = reports, complain
        self._remembered: set[str] = set()

    def render(self, writer: Writer) -> None:
        """Write the page of a bundle as far as it has come."""
        self._page(writer, "README.md", render_bundle)

    def draw(self, writer: Writer) -> None:
        """Write the page for browsers: once, at the end; drawing takes its time, and a killed run has `recsim report`."""
        self._page(writer, "report.html", write_page)

    def remember(self, writer: Writer) -> None:
        """Add a simulation that was judged to its customer's history, once; pages are drawn more often.

        Variants of a sweep are tries beside one another, and no step of what became of the customer.
        """
        plan = writer.opened.plan
        if plan.id not in self._remembered and plan.variant is None and not writer.seeded:
            self._remembered.add(plan.id)
            self._page(writer, HISTORY, lambda bundle: remember(self._reports, bundle))

    def _page(self, writer: Writer, page: str, write: Callable[[Bundle], object]) -> None:
        try:
            write(writer.bundle)
        except Exception as error:  # noqa: BLE001 - whatever it is, the record is complete without the page
            complaint = unwritten(page, error)
            if complaint not in writer.opened.notes:
                writer.opened.notes.append(complaint)
                writer.update()
                self._complain(complaint)
