"""Runs that upload to an S3 server; started in an environment with the extra: ``python peers_s3.py FOLDER URL``.

Prints what came of it as JSON: exit codes, what the terminal said, and what is in the bucket.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def main(folder: Path, url: str) -> None:
    os.environ |= {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "us-east-1"}
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
    main(Path(sys.argv[1]), sys.argv[2])
