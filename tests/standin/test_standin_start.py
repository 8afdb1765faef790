"""How soon a stand-in answers: what is loaded before its first answer, and what only afterwards."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys

import pytest
import uvicorn

from pytest_recsim.standin.process import server


def test_nothing_that_only_later_answers_need_is_loaded_before_the_first():
    """Each of them takes milliseconds; whoever waits for a stand-in waits for all that is loaded."""
    later = {"numpy", "hashlib", "hmac", "pytest_recsim.standin.process.snapshot"}
    code = f"import sys, pytest_recsim.standin.process.main; print(sorted({later!r} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_the_ranking_is_loaded_after_the_first_answers_and_before_the_first_list(monkeypatch):
    """A thread that imports takes the processor from those who wait."""

    async def started():
        loop, later = asyncio.get_running_loop(), []
        monkeypatch.setattr(loop, "call_later", lambda seconds, *what: later.append((seconds, what)))
        monkeypatch.setattr(loop, "run_in_executor", lambda *_: pytest.fail("at once"))
        monkeypatch.setattr(uvicorn.Server, "startup", nothing)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            await server.Server(None, None, None).startup([listener])
        return later

    async def nothing(*_, **__):
        pass

    ((seconds, what),) = asyncio.run(started())
    assert 0 < seconds < 1
    assert what[-1] is server._warm_up
