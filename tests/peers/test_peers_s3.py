"""`--recsim-upload` with everything that the extra brings, against a local S3 server (moto)."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

import pytest
from fresh_env import make, wheel
from waiting import eventually

from pytest_recsim.testing import shop

pytestmark = pytest.mark.peers
SCRIPT = Path(__file__).with_name("peers_s3.py")


@pytest.fixture
def server(tmp_path):
    """A local S3 server in an environment of its own: it needs other versions of much than we do."""
    python, port = make(tmp_path / "moto", ["moto[server]"], pinned=False), free_port()
    command = [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            assert eventually(lambda: answers(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def answers(port):
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


def test_report_folders_get_into_a_bucket_and_a_missing_bucket_is_a_warning(tmp_path, server):
    # not pinned: the driver for S3 holds several packages to versions of its own
    python = make(tmp_path / "env", [f"{wheel(tmp_path / 'wheel')}[cloud]"], pinned=False)
    folder = shop().settle(tmp_path / "shop").folder
    done = subprocess.run([python, SCRIPT, folder, server], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    ran = told["ran"]
    assert len({one["code"] for one in ran.values()}) == 1, ran
    assert "files are in s3://reports/x: acme/" in ran["url"]["text"]
    assert "warning: not uploaded: 0 of" in ran["missing"]["text"]
    assert "everything is in reports/acme/" in ran["missing"]["text"]
    assert told["buckets"] == ["reports"]
    assert "very-secret-word" not in "".join(one["text"] for one in ran.values())
    folders = sorted(path for path in (folder / "reports/acme").iterdir() if path.is_dir())
    assert len(folders) == 3
    for place, root in (("x", folders[0]), ("y", folders[2])):
        run_id = json.loads((root / "simulation_metadata.json").read_text())["run_id"]
        kept = {
            path.relative_to(root).as_posix(): path.stat().st_size
            for path in root.rglob("*")
            if path.is_file()
        }
        assert kept == {
            name.removeprefix(f"reports/{place}/acme/{run_id}/"): size
            for name, size in told["held"].items()
            if name.startswith(f"reports/{place}/")
        }
        assert not [
            path for path in root.rglob("*") if path.is_file() and b"very-secret-word" in path.read_bytes()
        ]
