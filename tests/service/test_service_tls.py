from __future__ import annotations

import shutil
import ssl
import subprocess

import pytest
from service_fakes import Reply, Server

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http.endpoint import Endpoint

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="needs the openssl command for a certificate"
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that no public authority has signed."""
    folder = tmp_path_factory.mktemp("tls")
    made = [
        "-keyout",
        folder / "key.pem",
        "-out",
        folder / "cert.pem",
        "-days",
        "2",
        "-subj",
        "/CN=recsys test",
    ]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
    ]
    subprocess.run([*command, *made], check=True, capture_output=True)
    return folder


@pytest.fixture
def server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = Server(lambda _: Reply(200, {"status": "ok"}), ssl=context)
    yield server
    server.close()


def ask(server, **settings):
    with Service(Endpoint(server.url, "o", "ns", trust_env=False, **settings)) as service:
        return service.health().status, service.tally


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once_and_nothing_is_sent(server):
    with pytest.raises(ServiceError, match="certificate") as caught:
        ask(server)
    assert caught.value.code == "tls"
    assert "tries" not in caught.value.sentence
    assert server.seen == []


def test_a_private_authority_can_be_named(server, certificate):
    status, _ = ask(server, ca_file=certificate / "cert.pem")
    assert status == "ok"


@pytest.mark.parametrize("content", [None, "no certificate at all"])
def test_a_ca_file_that_cannot_be_used_is_a_sentence(server, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(InputError, match=r"ca\.pem: cannot be used as a CA file"):
        ask(server, ca_file=path)
