"""Vocabulary per template: the words that items and segments are made of."""

from __future__ import annotations

from pytest_recsim.sources.words.marketplace import MARKETPLACE
from pytest_recsim.sources.words.media import MEDIA
from pytest_recsim.sources.words.model import Category, Segment, Template
from pytest_recsim.sources.words.retail import RETAIL
from pytest_recsim.sources.words.segments import NEW_USERS

TEMPLATES = {template.name: template for template in (MARKETPLACE, MEDIA, RETAIL)}

__all__ = ["NEW_USERS", "TEMPLATES", "Category", "Segment", "Template"]
