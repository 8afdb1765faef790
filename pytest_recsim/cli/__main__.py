"""`python -m pytest_recsim.cli` is the `recsim` command."""

import sys

from pytest_recsim.cli import main

sys.exit(main())
