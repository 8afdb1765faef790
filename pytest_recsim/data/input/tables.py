"""Polars, where it is installed: it comes with the extra [tables], which JSON never needs."""

from __future__ import annotations

from types import ModuleType

from pytest_recsim.data.input.problems import InputError, Problem


def polars_for(where: str) -> ModuleType:
    """Return the module.

    Args:
        where: what needs it, as the beginning of the sentence.

    Raises:
        InputError: it is not installed.
    """
    try:
        import polars as pl
    except ImportError:
        what = "Parquet is read with polars, which is not installed: `pip install 'pytest-recsim[tables]'`"
        raise InputError(Problem(where, what)) from None
    return pl
