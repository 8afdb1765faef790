"""The pytest plugin. Three hooks are always on, each one `if`; everything else loads when a customer is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest import Config, Parser


def pytest_addoption(parser: Parser) -> None:
    from pytest_recsim.plugin.options import add_options

    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: Config) -> None:
    if early_config.known_args_namespace.recsim_customer:
        from pytest_recsim.plugin.suite import steer_conftests

        steer_conftests(early_config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: Config) -> None:
    if config.option.recsim_customer:
        config.pluginmanager.import_plugin("pytest_recsim.plugin.active")
