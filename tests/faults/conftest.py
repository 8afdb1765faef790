"""One customer and one stand-in for all faults that need none of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fault_stage import serving, write_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plugin.plugin_shop import Served


@pytest.fixture(scope="session")
def fault_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("faults") / "acme.json")


@pytest.fixture(scope="session")
def fault_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("faulty")) as served:
        yield served
