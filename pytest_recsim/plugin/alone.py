"""One check at a time: repetitions of a check on several workers would change the same rules of the service."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from pytest_recsim.plugin.identity import Identity
from pytest_recsim.plugin.state import STATE

if TYPE_CHECKING:
    import pytest


def alone(config: pytest.Config, identity: Identity) -> AbstractContextManager[object]:
    """Keep other workers from making the same check; costs nothing where every check is made once.

    Whoever waits here holds no other lock, so that nobody waits for ever.
    """
    state = config.stash[STATE]
    if not state.worker:
        return nullcontext()
    name = sha256(" ".join(identity.key).encode()).hexdigest()[:16]
    return FileLock(Path(state.contexts[identity.simulation].scratch) / f"check-{name}.lock")
