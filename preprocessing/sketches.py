"""Drawings of ten things made by code, so that `quickdraw` runs with no data given."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from PIL import Image, ImageDraw

from preprocessing.recipes import RECIPES, Stroke, scribble

_SIDE = 28
_FINE = 4  # strokes are drawn this much larger, then averaged down
_PEN = 6  # in fine pixels; about the width of a line in the public bitmaps
_BATCH = 1_000  # drawings on one canvas


def _drawing(rng: Generator, name: str) -> list[Stroke]:
    """A drawing by a hurried hand: strokes are forgotten; a few drawings are something else."""
    strokes, luck = RECIPES[name](rng), rng.random()
    if luck < 0.05:
        other = RECIPES[str(rng.choice(list(RECIPES)))](rng)
        strokes = other if luck < 0.03 else strokes[::2] + other[::2]
    elif luck < 0.06:
        strokes = [np.exp(6j * rng.normal(size=12)) * rng.random(12)]
    elif luck < 0.16:
        strokes.append(scribble(complex(*rng.uniform(-1, 1, 2)), 0.2, 0.1))
    return [stroke for stroke in strokes if rng.random() > 0.05] or strokes


def _rasterise(rng: Generator, drawings: list[list[Stroke]]) -> npt.NDArray[np.uint8]:
    """Distorts drawings as hands do and fits them to the square: uint8 [N, 784], 255 = ink."""
    n = len(drawings)
    strokes = [stroke for drawing in drawings for stroke in drawing]
    points = np.concatenate(strokes)
    lengths = [len(stroke) for stroke in strokes]
    stroke_of = np.repeat(np.arange(len(strokes)), lengths)
    drawing_of = np.repeat(np.arange(n), [sum(map(len, each)) for each in drawings])

    def noise(scale: float, count: int) -> Stroke:
        return scale * rng.normal(size=(count, 2)).view(np.complex128)[:, 0]

    points += noise(0.03, len(strokes))[stroke_of] + noise(0.012, len(points))
    sway, phase = noise(0.07, n)[drawing_of], rng.uniform(0, 2 * np.pi, n)[drawing_of]
    points += sway * (np.sin(2.5 * points.real + phase) + 1j * np.sin(2.5 * points.imag - phase))
    points = np.where(rng.random(n)[drawing_of] < 0.5, points, -points.conj())
    points = points * np.exp(1j * rng.normal(0, 0.08, n))[drawing_of]  # tilted
    points += points.conj() * noise(0.07, n)[drawing_of]  # stretched in any direction

    first = np.searchsorted(drawing_of, np.arange(n))
    xy = points.view(np.float64).reshape(-1, 2)
    low, high = np.minimum.reduceat(xy, first), np.maximum.reduceat(xy, first)
    fine = _SIDE * _FINE
    scale = fine * rng.uniform(0.78, 0.84, n) / (high - low).max(axis=1)
    centre = fine / 2 + rng.uniform(-1, 1, (n, 2)) + np.outer(np.arange(n), (0, fine))
    xy = (xy - (low + high)[drawing_of] / 2) * scale[drawing_of, None] + centre[drawing_of]

    canvas = Image.new("L", (fine, fine * n))
    pen = ImageDraw.Draw(canvas)
    flat, start = xy.ravel().tolist(), 0
    for length in lengths:
        pen.line(flat[start : start + 2 * length], fill=255, width=_PEN)
        start += 2 * length
    return np.asarray(canvas.reduce(_FINE)).reshape(n, _SIDE * _SIDE)


def write_sample(
    folder: str | os.PathLike[str], drawings_per_class: int = 2_000, seed: int = 0
) -> None:
    """Writes `<class>.npy` for each class, in the layout of Quick, Draw!'s `numpy_bitmap` files.

    A file is uint8 `[drawings_per_class, 784]`: 28x28 pixels row by row, 0 = paper, 255 = ink.
    It appears when it is whole. The same arguments give the same bytes.

    Args:
        folder: where to; made if missing. Files of these names are replaced.
        drawings_per_class: at least 1.
        seed: of the random numbers; another one gives other drawings.

    Raises:
        ValueError: if `drawings_per_class` is less than 1 or `seed` is negative.
        OSError: if the folder cannot be written.
    """
    if drawings_per_class < 1:
        raise ValueError(f"drawings_per_class must be at least 1, not {drawings_per_class}")
    Path(folder).mkdir(parents=True, exist_ok=True)
    for label, name in enumerate(RECIPES):
        rng = np.random.default_rng((seed, label))
        bitmaps = np.empty((drawings_per_class, _SIDE * _SIDE), np.uint8)
        for batch in np.split(bitmaps, range(_BATCH, drawings_per_class, _BATCH)):
            batch[:] = _rasterise(rng, [_drawing(rng, name) for _ in batch])
        path = Path(folder) / f"{name}.npy"
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            np.save(file, bitmaps)
        temporary.replace(path)
