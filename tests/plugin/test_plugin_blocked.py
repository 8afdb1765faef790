"""A plugin that blocks sockets is named before anything starts, with the option that lets the service through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from plugin_shop import Project

OPTIONS = """\
def pytest_addoption(parser):
    for name in ("--disable-socket", "--force-enable-socket", "--block-network"):
        parser.addoption(name, action="store_true", default=False)
    for name in ("--allow-hosts", "--allowed-hosts"):
        parser.addoption(name, default=None)
"""


@pytest.fixture
def blocking(acme: Project):
    """Run with options as pytest-socket and pytest-recording have them."""
    acme.write("blocking.py", OPTIONS)
    env = {"PYTHONPATH": str(acme.folder)}
    return lambda *words: acme.simulate("-p", "blocking", "-k", "coverage", *words, env=env)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--disable-socket",), "--allow-hosts=127.0.0.1"),
        pytest.param(("--block-network",), "--allowed-hosts=127.0.0.1", marks=pytest.mark.long),
        pytest.param(
            ("--disable-socket", "--base-url", "https://recsys.example:8443"),
            "--allow-hosts=recsys.example",
            marks=pytest.mark.long,
        ),
    ],
)
def test_blocked_sockets_are_told_in_one_sentence_with_the_way_out(acme, blocking, words, told) -> None:
    ran = blocking(*words)
    assert ran.code == 4
    assert f"blocks the connection to the service, so no check could be made; add {told}" in ran.err
    assert not acme.left_behind


@pytest.mark.long
@pytest.mark.parametrize(
    "words",
    [
        ("--disable-socket", "--allow-hosts=127.0.0.1"),
        ("--disable-socket", "--force-enable-socket"),
        ("--block-network", "--allowed-hosts=127.0.0.1"),
    ],
)
def test_where_hosts_are_let_through_the_run_goes_on(blocking, words) -> None:
    assert blocking(*words).code == 0
