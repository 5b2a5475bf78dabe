"""Portraits painted a batch at a time, each stroke of the brush in all of them at once."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

SIDE = 100
Floats = npt.NDArray[np.floating[Any]]
"""float32: a number for each portrait `[N, 1, 1]`, or for each of its pixels `[N, SIDE, SIDE]`."""

_EDGE = 0.06  # how soft an edge is, in the units of a face


class Portraits:
    """Grey pictures of `SIDE` x `SIDE` pixels, all blank.

    Points are x to the right and y down from the middle of a face that reaches from -1, the top
    of its head, to 1, its chin.

    Args:
        rng: draws what differs between portraits.
        count: how many.

    Attributes:
        x, y: where each pixel lies in the units of its portrait's face.
        tones: of the pixels, 0 black to 255 white.
    """

    def __init__(self, rng: Generator, count: int) -> None:
        self._rng, self._count = rng, count
        size, tilt = self.normal(24, 1.2), self.normal(0, 0.07)
        down, right = np.mgrid[:SIDE, :SIDE].astype(np.float32) - (SIDE - 1) / 2
        right, down = right - self.normal(0, 1.2), down - self.normal(1, 1.2)
        self.x: Floats = (np.cos(tilt) * right + np.sin(tilt) * down) / size
        self.y: Floats = (np.cos(tilt) * down - np.sin(tilt) * right) / size
        self.tones: Floats = np.zeros((count, SIDE, SIDE), np.float32)

    def uniform(self, low: float, high: float) -> Floats:
        """Returns a number between two for each portrait."""
        return self._rng.uniform(low, high, (self._count, 1, 1)).astype(np.float32)

    def normal(self, mean: float, deviation: float) -> Floats:
        """Returns a number around a mean for each portrait, never far off."""
        drawn = self._rng.standard_normal((self._count, 1, 1)).clip(-2.2, 2.2)
        return (mean + deviation * drawn).astype(np.float32)

    def some(self, share: float) -> Floats:
        """Returns 1 for a share of the portraits, 0 for the others."""
        return (self.uniform(0, 1) < share).astype(np.float32)

    def grain(self, deviation: Floats) -> None:
        """Adds noise, as a camera does."""
        noise = self._rng.standard_normal(self.tones.shape, np.float32)
        self.tones += deviation * noise

    def paint(self, cover: Floats, tone: Floats | float) -> None:
        """Lays a tone over the pictures: 1 covers, 0 leaves what is there."""
        self.tones += cover * (tone - self.tones)


def oval(
    x: Floats, y: Floats, rx: Floats | float, ry: Floats | float, edge: float = _EDGE
) -> Floats:
    """Returns the cover of an oval around x = y = 0: 1 inside, 0 outside, between at its edge."""
    inside = 1 - np.sqrt((x / rx) ** 2 + (y / ry) ** 2)
    sharpness = np.maximum(np.minimum(rx, ry) / edge, 1)  # else thin ones would grow
    cover: Floats = np.clip(inside * np.float32(sharpness) + 0.5, 0, 1)
    return cover


def above(y: Floats, line: Floats, edge: float = _EDGE) -> Floats:
    """Returns the cover of all that lies above a line."""
    return np.clip((line - y) / edge + 0.5, 0, 1)
