"""Score small slates with eight libraries and say why their numbers are not ours.

    python tests/peers_numbers/numbers_run.py [--check] [--envs DIR]

Writes `docs/other-numbers.md` and `.json`; `--check` compares with them instead. Makes an environment for each library that
is not among our test packages; LensKit and RecBole bring PyTorch, so the first run takes ten minutes and 4 GB. With `--envs`
the environments stay and are used again; without it they are gone afterwards.
"""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
import subprocess
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))

from fresh_env import make  # noqa: E402 - the folder is not a package
from numbers_facts import document  # noqa: E402
from numbers_page import page  # noqa: E402

from pytest_recsim.record.jsonio import dumps, write_json  # noqa: E402

HERE_TOO = ("ranx", "pytrec_eval", "ir_measures", "sklearn")
ELSEWHERE = ("rectools", "lenskit", "recbole", "evidently")


def score_all(envs: Path) -> dict[str, Any]:
    """What every library says, each in an environment that has it."""
    libraries = {}
    for library in (*HERE_TOO, *ELSEWHERE):
        print(f"{library} ...", flush=True)
        python = Path(sys.executable) if library in HERE_TOO else environment(library, envs / library)
        libraries[library] = score(library, python)
    return libraries


def environment(library: str, folder: Path) -> Path:
    """The interpreter of an environment with the library; made unless it is there."""
    python, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)  # what a run that was ended has left
        make(folder, importlib.import_module(f"numbers_by_{library}").REQUIREMENTS, pinned=False)
        ready.touch()
    return python


def score(library: str, python: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:  # some leave files where they run
        out = Path(scratch) / "said.json"
        words = [python, "-W", "ignore", HERE / "numbers_score.py", library, out]
        subprocess.run(words, check=True, cwd=scratch)
        said: dict[str, Any] = json.loads(out.read_text())
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the page, write nothing")
    parser.add_argument("--envs", type=Path, help="keep the environments here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recsim-numbers-") as scratch:
        facts = json.loads(dumps(document(score_all(options.envs or Path(scratch)))))
    if options.check:
        kept = json.loads((DOCS / "other-numbers.json").read_text(encoding="utf-8"))
        wrong = changes(kept, facts)
        print("\n".join(wrong) or "the page is what the libraries say")
        return bool(wrong)
    write_json(DOCS / "other-numbers.json", facts)
    (DOCS / "other-numbers.md").write_text(page(facts), encoding="utf-8")
    return 0


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What the page says and a library does not."""
    return [
        f"WRONG {name}: the page has {one}, now it is {other}"
        for name in ("libraries", "slates", "rows", "recipes")
        for one, other in zip_longest(before[name], now[name])
        if one != other
    ]


if __name__ == "__main__":
    sys.exit(main())
