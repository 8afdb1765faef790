"""A proxy gets the password of its URL, and nobody else does."""

from __future__ import annotations

import socket
import threading
import warnings

import pytest

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.http.retry import Patience

SAID = "Proxy-Authorization: Basic am9lOnBAc3M="


@pytest.fixture
def proxy():
    """A proxy that refuses everybody; returns its port and what it was sent."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer():
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                with line:
                    heard.append(line.recv(65536).decode())
                    line.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        yield listening.getsockname()[1], heard
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("scheme", "line"), [("http", "GET http://recsys.example/health"), ("https", "CONNECT ")]
)
def test_the_password_reaches_the_proxy_and_no_warning_stops_it(proxy, monkeypatch, scheme, line):
    port, heard = proxy
    monkeypatch.setenv(f"{scheme}_proxy", f"http://joe:p%40ss@127.0.0.1:{port}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with (
            Service(
                Endpoint(f"{scheme}://recsys.example", "o", "ns", patience=Patience(total_s=0.0))
            ) as service,
            pytest.raises(ServiceError),
        ):
            service.health()
    assert heard[0].startswith(line)
    assert heard[0].lower().count(SAID.lower()) == 1


@pytest.mark.parametrize(
    "url", ["http://joe:s3cret#x@h:1", "ftp://joe:s3cret@h:1", "http://joe:x/s3cret@h:1"]
)
def test_what_is_no_url_of_a_proxy_is_told_without_it(monkeypatch, url):
    monkeypatch.setenv("http_proxy", url)
    with pytest.raises(InputError, match="HTTP_PROXY, HTTPS_PROXY, ALL_PROXY: one of these") as caught:
        Service(Endpoint("http://recsys.example", "o", "ns"))
    assert "s3cret" not in str(caught.value)
