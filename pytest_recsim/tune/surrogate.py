"""What trials so far let expect of others: a Gaussian process for each number, as a sum of what each knob does.

The kernel is additive (Duvenaud et al. 2011): one smooth part per knob, whose weight is learned from the trials, one for pairs of knobs
that both matter, and one for all knobs together; how much of a number each of the three makes up is learned, too. So sixteen knobs
can be told apart after a few dozen trials, most of which turn knobs that do not matter, and what is expected far from all of them is told as unsure.
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
FLOOR = 1.0
"""Of the mean weight, which each knob keeps, whatever the trials say: a few dozen of them often praise the wrong ones."""
FLOOR_OF_PARTS = 0.1
"""The same of single knobs, pairs, and all together."""


@dataclass(frozen=True)
class Alike:
    """How alike points are, 1 where they are equal.

    Attributes:
        each: knob by knob, ``float64[D, n, m]``.
        squares: the same, squared.
        together: all knobs together, ``float64[n, m]``.
    """

    each: Floats
    squares: Floats
    together: Floats


ALONE = 1e-6
"""Of the weights' sum of squares, short of 1: what is left for pairs where one knob has nearly all."""


def alike(one: Floats, other: Floats, named: npt.NDArray[np.bool_]) -> Alike:
    """Return how alike points are.

    Args:
        one: points in the unit cube, ``float64[n, D]``.
        other: likewise, ``float64[m, D]``.
        named: of each knob whether its values have no order, so that they are equal or not, ``bool[D]``.
    """
    apart = np.abs(one[:, None, :] - other[None, :, :])
    apart = np.where(named, np.where(apart > 0, 2 * REACH, 0.0), apart)
    each = np.moveaxis(np.exp(-0.5 * (apart / REACH) ** 2), 2, 0)
    return Alike(each, each**2, np.exp(-0.5 * (apart**2).mean(axis=2) / ALL_REACH**2))


@dataclass(frozen=True)
class _Weights:
    """How much each knob matters, and how much of a number is owed to single knobs, pairs, and all together; each adds up to 1."""

    knobs: Floats
    parts: Floats

    def parted(self, found: Alike) -> Floats:
        """The three parts, each 1 where points are equal, ``float64[3, n, m]``."""
        single = np.tensordot(self.knobs, found.each, axes=1)
        pairs = single**2 - np.tensordot(self.knobs**2, found.squares, axes=1)
        most = 1 - (self.knobs**2).sum()  # of one knob there are no pairs
        return np.stack([single, pairs / most if most > ALONE else single, found.together])

    def kernel(self, parts: Floats) -> Floats:
        """Their sum, ``float64[n, m]``."""
        return np.asarray(np.tensordot(self.parts, parts, axes=1), dtype=np.float64)


@dataclass(frozen=True)
class _Output:
    """One number's posterior: its weights, and what is needed to predict."""

    centre: float
    scale: float
    weights: _Weights
    factors: Floats
    inverse: Floats


class Surrogate:
    """Expectations of several numbers, each learned from the same points.

    Args:
        points: in the unit cube, ``float64[n, D]``.
        figures: what was measured there, ``float64[n, G]``, without gaps.
        share: of each point, of how many of all users it was measured, above 0 and at most 1, ``float64[n]``.
        named: see ``alike``.
    """

    def __init__(self, points: Floats, figures: Floats, share: Floats, named: npt.NDArray[np.bool_]) -> None:
        self._points, self._named = points, named
        found = alike(points, points, named)
        self._outputs = [_learned(found, column, 1.0 / share) for column in figures.T]

    @property
    def matters(self) -> Floats:
        """How much each knob matters, over all numbers, ``float64[D]``."""
        return np.asarray(np.mean([one.weights.knobs for one in self._outputs], axis=0), dtype=np.float64)

    def expect(self, points: Floats) -> tuple[Floats, Floats]:
        """Return means and standard deviations at points, ``float64[m, G]`` each."""
        found = alike(points, self._points, self._named)
        means, spreads = [], []
        for one in self._outputs:
            rows = one.weights.kernel(one.weights.parted(found))
            means.append(one.centre + one.scale * (rows @ one.factors))
            left = 1.0 - ((rows @ one.inverse) * rows).sum(axis=1)
            spreads.append(one.scale * np.sqrt(np.maximum(left, 1e-9)))
        return np.stack(means, axis=1), np.stack(spreads, axis=1)


def _learned(found: Alike, figures: Floats, noisier: Floats) -> _Output:
    centre, scale = float(figures.mean()), float(figures.std()) or 1.0
    wanted = (figures - centre) / scale
    tries = [_weighed(found, wanted, noise * noisier) for noise in NOISES]
    _, weights, inverse = max(tries, key=lambda one: one[0])
    return _Output(centre, scale, weights, inverse @ wanted, inverse)


def _weighed(found: Alike, wanted: Floats, noise: Floats) -> tuple[float, _Weights, Floats]:
    """Return the log of the marginal likelihood, the weights, and the inverse of the trials' covariance."""
    knobs = len(found.each)
    weights = _Weights(np.full(knobs, 1.0 / knobs), np.full(3, 1.0 / 3))
    for left in reversed(range(ROUNDS)):
        parts = weights.parted(found)
        covariance = weights.kernel(parts) + np.diag(noise)
        inverse = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
        factors = inverse @ wanted
        if left:
            weights = _reweighed(weights, found.each, parts, factors)
    likely = -0.5 * float(wanted @ factors) - 0.5 * float(np.linalg.slogdet(covariance)[1])
    return likely, weights, inverse


def _reweighed(weights: _Weights, each: Floats, parts: Floats, factors: Floats) -> _Weights:
    """Weights by what of the numbers each knob, and each part, makes up."""
    owed = ((weights.knobs[:, None] * (each @ factors)) ** 2).mean(axis=1)
    made = ((weights.parts[:, None] * (parts @ factors)) ** 2).mean(axis=1)
    made[0] = weights.parts[0] ** 2 * owed.sum()
    knobs = owed + FLOOR * owed.mean() + 1e-6
    shares = made + FLOOR_OF_PARTS * made.mean() + 1e-6
    return _Weights(knobs / knobs.sum(), shares / shares.sum())
