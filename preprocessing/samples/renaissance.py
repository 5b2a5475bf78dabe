"""345 classes of drawings made by code: one of 15 outlines, and in it one of 23 marks."""

import os
from functools import partial

import numpy as np
from numpy.random import Generator

from preprocessing.samples.sketches import Recipe, write_classes
from preprocessing.samples.strokes import (
    Stroke,
    arc,
    bend,
    box,
    curve,
    line,
    pair,
    placed,
    scribble,
)


def _whole(*right: complex) -> Stroke:
    """Straight lines through the right half of a shape and back through the left one."""
    half = line(*right)
    return np.append(half, -half[::-1].conj())


_TURN = np.linspace(0, 2 * np.pi, 49)
_FLOWER = np.exp(1j * _TURN) * (0.55 + 0.45 * np.abs(np.sin(3 * _TURN)))
_CIRCLE = arc(0, 1, 1, -0.25, 0.75)
_DIAMOND = line(-1j, 1, 1j, -1, -1j)
_TRIANGLE = line(-0.9j, 1 + 0.8j, -1 + 0.8j, -0.9j)
_STAR = _whole(-1j, 0.3 - 0.4j, 0.95 - 0.3j, 0.48 + 0.16j, 0.59 + 0.81j, 0.5j)
_LEAF = [bend(-1, -1.2j, 1), bend(-1, 1.2j, 1)]
_HEART = curve(line(-0.5j, -0.5j, 0.5 - 0.9j, 1 - 0.35j, 0.55 + 0.4j, 1j, 1j))
_HOUSE = _whole(-1j, 1 - 0.25j, 0.75 - 0.25j, 0.75 + 0.9j)
_CROWN = _whole(-0.9j, 0.4 - 0.3j, 0.95 - 0.9j, 0.8 + 0.8j)
_BOTTLE = _whole(0.2 - 1.1j, 0.2 - 0.65j, 0.6 - 0.35j, 0.6 + 0.9j)

_OUTLINES: dict[str, tuple[list[Stroke], complex, float]] = {
    "balloon": ([0.75 * _CIRCLE - 0.3j, bend(0.45j, 0.3 + 0.7j, 1.1j)], -0.3j, 0.42),
    "bottle": ([_BOTTLE, line(-0.2 - 1.1j, 0.2 - 1.1j)], 0.25j, 0.42),
    "circle": ([_CIRCLE], 0, 0.55),
    "crown": ([_CROWN], 0.3j, 0.42),
    "cup": (
        [line(-0.9 - 0.7j, -0.75 + 0.8j, 0.45 + 0.8j, 0.6 - 0.7j, -0.9 - 0.7j)]
        + [bend(0.6 - 0.4j, 1.4 - 0.2j, 0.5 + 0.4j)],
        -0.15 + 0.05j,
        0.48,
    ),
    "diamond": ([_DIAMOND], 0, 0.42),
    "fish": (placed(_LEAF, 0.8, -0.25) + [line(0.55, 1 - 0.5j, 1 + 0.5j, 0.55)], -0.3, 0.36),
    "flag": ([line(-0.8 + 1.1j, -0.8 - 1j), box(-0.8 - 1j, 0.9 + 0.25j)], 0.05 - 0.38j, 0.42),
    "flower": ([_FLOWER], 0, 0.45),
    "heart": (pair(_HEART), -0.05j, 0.42),
    "house": ([_HOUSE], 0.3j, 0.42),
    "leaf": ([*_LEAF, line(0.95, 1.3 + 0.2j)], 0, 0.38),
    "square": ([box(-0.85 - 0.85j, 0.85 + 0.85j)], 0, 0.55),
    "star": ([_STAR], 0.05j, 0.34),
    "triangle": ([_TRIANGLE], 0.3j, 0.36),
}
"""Strokes by name, and the centre and the radius of the room that they leave for a mark."""

_EYES = pair(0.12 * _CIRCLE + 0.5 - 0.5j)
_SPIRAL = np.linspace(0.1, 1, 30) * np.exp(1j * np.linspace(0, 14, 30))

_MARKS: dict[str, list[Stroke]] = {
    "arrow": [line(1j, -1j), line(-0.7 - 0.3j, -1j, 0.7 - 0.3j)],
    "bar": [line(-1j, 1j)],
    "chevron": [line(-1 + 0.5j, -0.6j, 1 + 0.5j)],
    "cross": pair(line(-0.85 - 0.85j, 0.85 + 0.85j)),
    "dash": [line(-1, 1)],
    "dot": [scribble(0, 0.3, 0.3)],
    "dots": pair(scribble(0.65, 0.25, 0.25)),
    "equals": [line(-1 - 0.45j, 1 - 0.45j), line(-1 + 0.45j, 1 + 0.45j)],
    "grid": [stroke * turn for turn in (1, 1j) for stroke in pair(line(0.4 - 1j, 0.4 + 1j))],
    "hourglass": [_whole(0.8 - 0.9j, -0.8 + 0.9j), line(-0.8 - 0.9j, 0.8 - 0.9j)],
    "pause": pair(line(0.45 - 1j, 0.45 + 1j)),
    "plus": [line(-1, 1), line(-1j, 1j)],
    "ring": [0.85 * _CIRCLE],
    "scribble": [scribble(0, 1, 0.8)],
    "slash": [line(-0.8 + 0.9j, 0.8 - 0.9j)],
    "smile": [arc(0.1j, 0.8, 0.7, 0.05, 0.45), *_EYES],
    "spiral": [_SPIRAL],
    "square": [box(-0.8 - 0.8j, 0.8 + 0.8j)],
    "tee": [line(-0.9 - 0.9j, 0.9 - 0.9j), line(-0.9j, 1j)],
    "triangle": [_TRIANGLE],
    "vee": [line(-0.8 - 0.9j, 0.9j, 0.8 - 0.9j)],
    "wave": [line(-1.1 + 0.4j, -0.6 - 0.4j, 0.4j, 0.6 - 0.4j, 1.1 + 0.4j)],
    "yoke": [line(-0.8 - 0.9j, 0, 0.8 - 0.9j), line(0, 1j)],
}


def _marked(rng: Generator, outline: str, mark: str) -> list[Stroke]:
    """An outline, longer or wider than usual, and a mark somewhere in its room."""
    strokes, centre, radius = _OUTLINES[outline]
    wide, size, right, down = rng.normal((1, 0.9, 0, 0), (0.1, 0.12, 0.1, 0.1))
    inside = placed(_MARKS[mark], radius * size, centre + radius * complex(right, down))
    return [wide * stroke.real + 1j * stroke.imag for stroke in strokes + inside]


def write_sample(
    folder: str | os.PathLike[str], drawings_per_class: int = 45, seed: int = 0
) -> None:
    """Writes `<outline>-<mark>.npy` for each of the 345 classes.

    Layout, determinism and errors are those of `sketches.write_classes`.
    """
    recipes: dict[str, Recipe] = {
        f"{outline}-{mark}": partial(_marked, outline=outline, mark=mark)
        for outline in _OUTLINES
        for mark in _MARKS
    }
    write_classes(folder, recipes, drawings_per_class, seed)
