"""Strokes, and the few of which all sample drawings are made."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

Stroke = npt.NDArray[np.complex128]
"""A polyline [P] of points x + iy in a square from -1 - 1i, top left, to 1 + 1i."""

_STEPS = np.linspace(0, 1, 15)
_ZIGZAG = np.linspace(-1, 1, 9) + 1j * np.sqrt(1 - np.linspace(-1, 1, 9) ** 2) * (-1) ** np.arange(
    9
)
# Circles as hands draw them, begun anywhere and not quite closed. Made once, because small array
# operations, one drawing after the other, are what a sample waits for.
_CIRCLES = np.exp(2j * np.pi * np.outer(np.linspace(0.93, 1.06, 40), _STEPS))
_CIRCLES *= np.exp(2j * np.arange(40))[:, None]


def line(*points: complex) -> Stroke:
    """Straight lines from point to point."""
    return np.array(points, np.complex128)


def bend(start: complex, via: complex, stop: complex) -> Stroke:
    """An arc that is pulled towards `via` (quadratic Bézier)."""
    t = _STEPS[::2]
    return start + (2 * (via - start)) * t + (start - 2 * via + stop) * t**2


def curve(points: Stroke) -> Stroke:
    """A smooth line through all points (Catmull-Rom); a point given twice is a corner."""
    return _catmull_rom(len(points)) @ points


@lru_cache
def _catmull_rom(count: int) -> npt.NDArray[np.float64]:
    """The matrix that takes `count` points to the points of the line through them."""
    t = np.linspace(0, 1, 6)[:-1, None]
    weights = np.hstack([2 * t**2 - t - t**3, 2 - 5 * t**2 + 3 * t**3,
                         t + 4 * t**2 - 3 * t**3, t**3 - t**2]) / 2  # fmt: skip
    ends = np.pad(np.eye(count), ((1, 1), (0, 0)), mode="edge")
    parts = [weights @ ends[at : at + 4] for at in range(count - 1)]
    return np.concatenate([*parts, ends[-1:]])


def _squeezed(circle: Stroke, centre: complex, rx: float, ry: float) -> Stroke:
    return centre + (rx + ry) / 2 * circle + (rx - ry) / 2 * circle.conj()


def oval(rng: Generator, centre: complex, rx: float, ry: float) -> Stroke:
    """An oval, begun anywhere."""
    return _squeezed(_CIRCLES[int(len(_CIRCLES) * rng.random())], centre, rx, ry)


def arc(centre: complex, rx: float, ry: float, start: float, stop: float) -> Stroke:
    """Part of an oval; angles in turns, clockwise from the right."""
    return _squeezed(np.exp(2j * np.pi * (start + (stop - start) * _STEPS)), centre, rx, ry)


def box(corner: complex, opposite: complex) -> Stroke:
    """A rectangle between two corners."""
    other = complex(opposite.real, corner.imag)
    return line(corner, other, opposite, corner + opposite - other, corner)


def scribble(centre: complex, rx: float, ry: float) -> Stroke:
    """A zigzag that fills an oval."""
    return _squeezed(_ZIGZAG, centre, rx, ry)


def tail(start: complex, radius: float, turns: float) -> Stroke:
    """A spiral that runs to the right."""
    curl: Stroke = (1 - 0.6 * _STEPS) * np.exp(2j * np.pi * turns * _STEPS)
    return start + radius * (1 + _STEPS - curl)


def pair(*strokes: Stroke) -> list[Stroke]:
    """Strokes and their mirror images."""
    return [*strokes, *(-stroke.conj() for stroke in strokes)]


def placed(strokes: list[Stroke], factor: complex, shift: complex = 0) -> list[Stroke]:
    """Strokes scaled and turned by `factor`, then moved."""
    return [stroke * factor + shift for stroke in strokes]


def between(rng: Generator, low: float, high: float) -> float:
    """A random number, quicker than `rng.uniform`."""
    return low + (high - low) * rng.random()
