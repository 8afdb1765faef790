"""The pytest plugin. Four hooks are always on, each a line or an `if`; the rest loads when a customer is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    from pytest_recsim.plugin.options import add_options

    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from pytest_recsim.plugin import hookspec

    pluginmanager.add_hookspecs(
        hookspec
    )  # always: pytest refuses conftests with a hook that nobody has specified


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Iterator[None]:
    from pytest_recsim.plugin import names

    early = names.asked_early(early_config, parser, args)
    if early:
        from pytest_recsim.plugin.suite import steer_conftests

        _load()
        steer_conftests(early_config)
    try:
        return (yield)
    finally:
        names.add_free(parser)
        if names.asked(early_config, parser, args):
            _load()
            for module in ("root", "ending"):  # main is called with who is there
                early_config.pluginmanager.import_plugin(f"pytest_recsim.plugin.{module}")
        elif early:
            from pytest_recsim.plugin.suite import leave

            leave(early_config)


def _load() -> None:
    from pytest_recsim.clock import keep_real
    from pytest_recsim.plugin import controller  # noqa: F401 - all there before a conftest can freeze the clock

    keep_real()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.option.recsim_customer or config.option.recsim_batch_file or config.option.recsim_batch_name:
        config.pluginmanager.import_plugin("pytest_recsim.plugin.active")
