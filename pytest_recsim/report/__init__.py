"""Renderers. Each reads only a bundle's record, so any bundle can be rendered again later."""

from pytest_recsim.report.markdown import render_bundle

__all__ = ["render_bundle"]
