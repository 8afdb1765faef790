"""The stand-in with one fault: `python -m matrix_standin`, the fault named by the environment."""

from __future__ import annotations

import os
import sys

from matrix_broken import noted, watch

from pytest_recsim.standin.process.main import main

FAULT, STRENGTH = "MATRIX_FAULT", "MATRIX_STRENGTH"

if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if name := os.environ.get(FAULT):
        from matrix_catalogue import by_name

        noted(lambda: by_name(name).install(float(os.environ[STRENGTH])))
        watch()
    sys.exit(main())
