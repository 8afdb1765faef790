"""The `recsim` command: thin, every subcommand a few lines over the rooms below."""

from pytest_recsim.cli.main import main

__all__ = ["main"]
