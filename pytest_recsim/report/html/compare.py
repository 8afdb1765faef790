"""A page of its own for two runs that somebody holds against each other."""

from __future__ import annotations

from pytest_recsim.record.comparison import Comparison
from pytest_recsim.report import comparison as words
from pytest_recsim.report.html.environment import environment, style
from pytest_recsim.report.html.words import COMPARED, MEANINGS


def comparison_page(found: Comparison) -> str:
    """The page's text, self-contained as ``report.html`` is."""
    template = environment().get_template("compare.html.j2")
    meanings = COMPARED | {word: MEANINGS[word] for word in ("lift", "NDCG@10", "MRR@10", "hit rate")}
    return template.render(found=found, words=words, meanings=meanings, style=style())
