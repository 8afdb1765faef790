"""A run that uploads to a local S3 server; started in an environment with the extra and moto: ``python peers_s3.py FOLDER``.

Prints what came of it as JSON: exit codes, what the terminal said, and what is in the bucket.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def main(folder: Path) -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_DEFAULT_REGION": "us-east-1"}
    import s3fs

    bucket = s3fs.S3FileSystem(key="AKIAEXAMPLE", secret="very-secret-word")
    bucket.mkdir("reports")
    found = {
        "url": run(folder, "s3://AKIAEXAMPLE:very-secret-word@reports/x"),
        "missing": run(folder, "s3://AKIAEXAMPLE:very-secret-word@no-such-bucket/x"),
        "workers": run(folder, "s3://AKIAEXAMPLE:very-secret-word@reports/y", "-n", "2"),
    }
    bucket.invalidate_cache()
    held = {name: bucket.size(name) for name in bucket.find("reports")}
    print(json.dumps({"ran": found, "held": held, "buckets": bucket.ls("")}))
    server.stop()


def run(folder: Path, url: str, *words: str) -> dict[str, object]:
    """Run the suite of the shop in a folder and upload to a URL."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--customer",
        "acme",
        f"--recsim-upload={url}",
        "-k",
        "coverage",
    ]
    ran = subprocess.run([*command, *words], cwd=folder, capture_output=True, text=True)
    return {"code": ran.returncode, "text": ran.stdout + ran.stderr}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
