"""HTTP/1.1 as bytes: just enough to read a request, ask a service, and answer well or badly."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

HOP = {"content-length", "transfer-encoding", "connection", "keep-alive"}


@dataclass(frozen=True)
class Request:
    """One request as it came, and the phase of the run in which it came."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    phase: str = ""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def document(self) -> dict[str, Any]:
        """The JSON body; empty for requests without one."""
        return json.loads(self.body) if self.body else {}

    @property
    def surface(self) -> str:
        return str(self.document.get("context", {}).get("surface", "")) if self.body else ""

    def saying(self, **changes: Any) -> Request:
        """The same request with other members in its body."""
        return replace(self, body=json.dumps(self.document | changes).encode())

    def raw(self) -> bytes:
        kept = [(name, value) for name, value in self.headers if name.lower() not in HOP]
        return _message(f"{self.method} {self.target} HTTP/1.1", kept, self.body)


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    body: bytes = b""

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    def saying(self, document: Any) -> Reply:
        """The same answer with another JSON body; NaN and Infinity are written as JavaScript does."""
        return replace(self, body=json.dumps(document).encode())

    def raw(self) -> bytes:
        kept = [(name, value) for name, value in self.headers if name.lower() not in HOP]
        return _message(f"HTTP/1.1 {self.status} X", kept, self.body)


def _message(first: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


async def _read(reader: asyncio.StreamReader) -> tuple[str, tuple[tuple[str, str], ...], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    pairs = [line.partition(":") for line in lines if line]
    headers = tuple((name, value.strip()) for name, _, value in pairs)
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return first, headers, await reader.readexactly(length)


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read the next request.

    Raises:
        EOFError: the client is gone.
    """
    first, headers, body = await _read(reader)
    method, target, _ = first.split(" ")
    return Request(method, target, headers, body)


async def ask(host: str, port: int, request: Request) -> Reply:
    """Send a request on a connection of its own and return the answer."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(request.raw())
        first, headers, body = await _read(reader)
    finally:
        writer.close()
    return Reply(int(first.split(" ")[1]), headers, body)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST, as a crashed process or a firewall does."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
