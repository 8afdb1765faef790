"""A free port that stays ours between the choice of its number and its use."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_port() -> Iterator[int]:
    """Keep a loopback port for as long as the block lasts; nothing listens there until somebody asks for this very number.

    The socket is bound and never listens: a connection is refused, the system gives the number to nobody who asks for
    any free one, as thousands of connections of the tests beside us do, and a server that reuses addresses may take it.
    """
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        yield keeper.getsockname()[1]


def is_free(port: int) -> bool:
    """Whether a server that reuses addresses could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
