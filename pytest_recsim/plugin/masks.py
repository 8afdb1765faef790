"""Nothing secret in what pytest itself shows or keeps: reports with their tracebacks, warnings, headers, metadata.

Reports are masked where they are made, before any other plugin sees them, and once more on the controller, for those
that xdist makes of workers which died.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

import pytest

from pytest_recsim.record import secrets
from pytest_recsim.record.masking import known, learn, masked, masked_value

R = TypeVar("R", pytest.TestReport, pytest.CollectReport)
HANDED_ON = "recsim_secrets"
"""What the controller tells its workers: what it has read from files they do not read."""


def learn_from(config: pytest.Config) -> None:
    """Learn what is secret in this process: environment, URLs, the restart command, and what the controller knows."""
    learn(secrets.of_variables(os.environ))
    for url in (*_said(config, "base_url"), *_said(config, "recsim_upload")):
        learn(secrets.of_url(url))
    for command in _said(config, "recsim_restart_command"):
        learn(secrets.of_command(command))
    learn(getattr(config, "workerinput", {}).get(HANDED_ON, ()))


def _said(config: pytest.Config, name: str) -> Iterator[str]:
    """Yield an option and the ini value of the same name."""
    yield str(config.getoption(name, None) or "")
    try:
        yield str(config.getini(name) or "")
    except ValueError:  # nobody has declared it
        return


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput[HANDED_ON] = known()


# --- reports ---


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return mask_report((yield))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return mask_report((yield))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    mask_report(report)


@pytest.hookimpl(tryfirst=True)
def pytest_collectreport(report: pytest.CollectReport) -> None:
    mask_report(report)


@pytest.hookimpl(tryfirst=True)
def pytest_internalerror(excrepr: Any) -> None:
    mask_parts(excrepr)


@pytest.hookimpl(tryfirst=True)
def pytest_warning_recorded(warning_message: Any) -> None:
    if (shown := masked(str(warning_message.message))) != str(warning_message.message):
        warning_message.message = Warning(shown)


def mask_report(report: R) -> R:
    """Mask a report in place and return it."""
    if isinstance(report.longrepr, str):
        report.longrepr = masked(report.longrepr)
    elif report.longrepr is not None and masked(report.longreprtext) != report.longreprtext:
        report.longrepr = mask_parts(report.longrepr)
    report.sections[:] = [(masked(name), masked(text)) for name, text in report.sections]
    if isinstance(report, pytest.TestReport):
        report.user_properties[:] = [(name, masked_value(value)) for name, value in report.user_properties]
    return report


def mask_parts(value: Any) -> Any:
    """Mask every text in what pytest makes of an exception, in place where that can be."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, list | tuple):
        return type(value)(map(mask_parts, value))
    if dataclasses.is_dataclass(value) or type(value).__module__.startswith("_pytest"):
        for name, part in vars(value).items():
            if isinstance(part, str | list | tuple) or hasattr(part, "toterminal"):
                object.__setattr__(value, name, mask_parts(part))
    return value


# --- headers and metadata ---


@pytest.hookimpl(wrapper=True)
def pytest_report_header() -> Generator[None, list[Any], list[Any]]:
    """pytest-base-url and pytest-metadata show URLs there."""
    return list(masked_value((yield)))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """pytest-metadata collects URLs that CI services put into the environment; pytest-html shows all of it."""
    if session.config.pluginmanager.has_plugin("metadata"):
        from pytest_metadata.plugin import metadata_key  # type: ignore[import-untyped]

        found: dict[str, Any] = session.config.stash.get(metadata_key, {})
        found.update(masked_value(found))
