"""What trials so far let expect of others: a Gaussian process for each number, as a sum of what each knob does.

The kernel is additive (Duvenaud et al. 2011): one smooth part per knob, whose weight is learned from the trials, and a part for
all knobs together. So sixteen knobs can be told apart after a few dozen trials, most of which turn knobs that do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

REACH = 0.35
"""How far a knob's value says something about others, as a share of its range."""
ALL_REACH = 0.3
"""The same for all knobs together, as root mean square over knobs."""
NOISES = (0.003, 0.03, 0.2)
"""Shares of the spread that may be noise in a trial that was measured in full; which one is learned."""
ROUNDS = 4
"""Of learning which knobs matter."""
FLOOR = 0.1
"""Of the mean weight, which each knob keeps, whatever the trials say."""


def kernels(one: Floats, other: Floats, named: npt.NDArray[np.bool_]) -> Floats:
    """Return how alike points are knob by knob, and last all together, ``float64[D + 1, n, m]``.

    Args:
        one: points in the unit cube, ``float64[n, D]``.
        other: likewise, ``float64[m, D]``.
        named: of each knob whether its values have no order, so that they are equal or not, ``bool[D]``.
    """
    apart = np.abs(one[:, None, :] - other[None, :, :])
    apart = np.where(named, np.where(apart > 0, 2 * REACH, 0.0), apart)
    each = np.exp(-0.5 * (apart / REACH) ** 2)
    together = np.exp(-0.5 * (apart**2).mean(axis=2) / ALL_REACH**2)
    return np.concatenate([np.moveaxis(each, 2, 0), together[None]])


@dataclass(frozen=True)
class _Output:
    """One number's posterior: its weights per kernel, and what is needed to predict."""

    centre: float
    scale: float
    weights: Floats
    factors: Floats
    inverse: Floats


class Surrogate:
    """Expectations of several numbers, each learned from the same points.

    Args:
        points: in the unit cube, ``float64[n, D]``.
        figures: what was measured there, ``float64[n, G]``, without gaps.
        share: of each point, of how many of all users it was measured, above 0 and at most 1, ``float64[n]``.
        named: see ``kernels``.
    """

    def __init__(self, points: Floats, figures: Floats, share: Floats, named: npt.NDArray[np.bool_]) -> None:
        self._points, self._named = points, named
        parts = kernels(points, points, named)
        self._outputs = [_learned(parts, column, 1.0 / share) for column in figures.T]

    def expect(self, points: Floats) -> tuple[Floats, Floats]:
        """Return means and standard deviations at points, ``float64[m, G]`` each."""
        parts = kernels(points, self._points, self._named)
        means, spreads = [], []
        for one in self._outputs:
            rows = np.tensordot(one.weights, parts, axes=1)
            means.append(one.centre + one.scale * (rows @ one.factors))
            left = one.weights.sum() - ((rows @ one.inverse) * rows).sum(axis=1)
            spreads.append(one.scale * np.sqrt(np.maximum(left, 1e-9)))
        return np.stack(means, axis=1), np.stack(spreads, axis=1)


def _learned(parts: Floats, figures: Floats, noisier: Floats) -> _Output:
    centre, scale = float(figures.mean()), float(figures.std()) or 1.0
    wanted = (figures - centre) / scale
    tries = [_weighed(parts, wanted, noise * noisier) for noise in NOISES]
    _, weights, inverse = max(tries, key=lambda one: one[0])
    return _Output(centre, scale, weights, inverse @ wanted, inverse)


def _weighed(parts: Floats, wanted: Floats, noise: Floats) -> tuple[float, Floats, Floats]:
    """Return the log of the marginal likelihood, the kernels' weights, and the inverse of the trials' covariance."""
    weights = np.full(len(parts), 1.0 / len(parts))
    for left in reversed(range(ROUNDS)):
        covariance = np.tensordot(weights, parts, axes=1) + np.diag(noise)
        inverse = np.linalg.inv(covariance)
        factors = inverse @ wanted
        if left:
            owed = ((weights[:, None] * (parts @ factors)) ** 2).mean(axis=1)
            weights = owed + FLOOR * owed.mean() + 1e-6
            weights = weights / weights.sum()
    likely = -0.5 * float(wanted @ factors) - 0.5 * float(np.linalg.slogdet(covariance)[1])
    return likely, weights, inverse
