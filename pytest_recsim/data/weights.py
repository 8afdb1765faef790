"""What one event is worth."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.data.model import EVENT_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The service's own weights (contract, 2.3).
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"view": 0.1, "click": 0.3, "add": 0.7, "purchase": 1.0, "custom": 0.2}
)


def event_weights(types: NDArray[np.int16], weights: Mapping[str, float] = WEIGHTS) -> NDArray[np.float64]:
    """Return float64[n], the weight of each event's type; types that the service has no name for weigh nothing."""
    found = np.zeros(types.shape, dtype=np.float64)
    for name, code in EVENT_TYPES.items():
        found[types == code] = weights.get(name, 0.0)
    return found
