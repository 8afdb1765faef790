"""``python -m pytest_recsim.standin``: serve the stand-in until told to stop."""

from __future__ import annotations

from pytest_recsim.standin.process.main import main

raise SystemExit(main())
