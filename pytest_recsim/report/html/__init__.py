"""Pages of one file each for people, from the record alone: of a bundle and of a batch."""

from pytest_recsim.report.html.batch import write_batch_page
from pytest_recsim.report.html.page import write_page

__all__ = ["write_batch_page", "write_page"]
