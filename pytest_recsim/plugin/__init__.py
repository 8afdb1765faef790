"""The pytest plugin. Four hooks are always on, each a line or an `if`; the rest loads when a customer is named."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    from pytest_recsim.plugin.options import add_options

    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from pytest_recsim.plugin import hookspec

    pluginmanager.add_hookspecs(
        hookspec
    )  # always: pytest refuses conftests with a hook that nobody has specified


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if early_config.known_args_namespace.recsim_customer:
        from pytest_recsim.plugin.suite import steer_conftests

        steer_conftests(early_config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.option.recsim_customer:
        config.pluginmanager.import_plugin("pytest_recsim.plugin.active")
