"""Turns strokes into bitmaps of 28x28 pixels, as different hands would draw them."""

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from PIL import Image, ImageDraw

from preprocessing.samples.strokes import Stroke, scribble
from preprocessing.samples.whole import write_whole

SIDE = 28
Bitmaps = npt.NDArray[np.uint8]
"""Drawings [N, 784]: 28x28 pixels row by row, 0 = paper, 255 = ink."""
Recipe = Callable[[Generator], list[Stroke]]
"""Makes the strokes of one drawing."""

_FINE = 4  # strokes are drawn this much larger, then averaged down
_BATCH = 1_000  # drawings on one canvas


@dataclass(frozen=True)
class Hand:
    """How drawings are placed and inked.

    Attributes:
        mirrored: whether every other drawing, by chance, is the mirror image.
        size: the least and the greatest longer side, as a share of the square's.
        pen: the least and the greatest width of a line, in quarters of a pixel.
    """

    mirrored: bool = True
    size: tuple[float, float] = (0.78, 0.84)
    pen: tuple[int, int] = (6, 6)  # about the width of a line in Quick, Draw!'s bitmaps


def hurried(recipes: Mapping[str, Recipe], name: str) -> Recipe:
    """Returns a class's recipe as a hurried hand follows it.

    It forgets strokes, adds some, and draws something else now and then.
    """

    def recipe(rng: Generator) -> list[Stroke]:
        strokes, luck = recipes[name](rng), rng.random()
        if luck < 0.05:
            other = recipes[str(rng.choice(list(recipes)))](rng)
            strokes = other if luck < 0.03 else strokes[::2] + other[::2]
        elif luck < 0.06:
            strokes = [np.exp(6j * rng.normal(size=12)) * rng.random(12)]
        elif luck < 0.16:
            strokes.append(scribble(complex(*rng.uniform(-1, 1, 2)), 0.2, 0.1))
        return [stroke for stroke in strokes if rng.random() > 0.05] or strokes

    return recipe


def sketch(rng: Generator, recipe: Recipe, count: int, hand: Hand) -> Bitmaps:
    """Returns `count` drawings of a recipe."""
    bitmaps = np.empty((count, SIDE * SIDE), np.uint8)
    for batch in np.split(bitmaps, range(_BATCH, count, _BATCH)):
        batch[:] = _rasterise(rng, [recipe(rng) for _ in batch], hand)
    return bitmaps


def _rasterise(rng: Generator, drawings: list[list[Stroke]], hand: Hand) -> Bitmaps:
    """Distorts drawings as hands do and fits them to the square."""
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
    if hand.mirrored:
        points = np.where(rng.random(n)[drawing_of] < 0.5, points, -points.conj())
    points = points * np.exp(1j * rng.normal(0, 0.08, n))[drawing_of]  # tilted
    points += points.conj() * noise(0.07, n)[drawing_of]  # stretched in any direction

    first = np.searchsorted(drawing_of, np.arange(n))
    xy = points.view(np.float64).reshape(-1, 2)
    low, high = np.minimum.reduceat(xy, first), np.maximum.reduceat(xy, first)
    fine = SIDE * _FINE
    scale = fine * rng.uniform(*hand.size, n) / (high - low).max(axis=1)
    centre = fine / 2 + rng.uniform(-1, 1, (n, 2)) + np.outer(np.arange(n), (0, fine))
    xy = (xy - (low + high)[drawing_of] / 2) * scale[drawing_of, None] + centre[drawing_of]

    canvas = Image.new("L", (fine, fine * n))
    pen = ImageDraw.Draw(canvas)
    widths = np.repeat(rng.integers(*hand.pen, n, endpoint=True), [len(each) for each in drawings])
    flat, start = xy.ravel().tolist(), 0
    for length, width in zip(lengths, widths.tolist(), strict=True):
        pen.line(flat[start : start + 2 * length], fill=255, width=width)
        start += 2 * length
    return np.asarray(canvas.reduce(_FINE)).reshape(n, SIDE * SIDE)


def write_classes(
    folder: str | os.PathLike[str],
    recipes: Mapping[str, Recipe],
    drawings_per_class: int,
    seed: int,
) -> None:
    """Writes `<class>.npy` for each class, in the layout of Quick, Draw!'s `numpy_bitmap` files.

    A file is uint8 `[drawings_per_class, 784]`: 28x28 pixels row by row, 0 = paper, 255 = ink.
    It appears when it is whole. The same arguments give the same bytes.

    Args:
        folder: where to; made if missing. Files of these names are replaced.
        recipes: how a class is drawn, by class name in label order.
        drawings_per_class: at least 1.
        seed: of the random numbers; another one gives other drawings.

    Raises:
        ValueError: if `drawings_per_class` is less than 1 or `seed` is negative.
        OSError: if the folder cannot be written.
    """
    if drawings_per_class < 1:
        raise ValueError(f"drawings_per_class must be at least 1, not {drawings_per_class}")
    Path(folder).mkdir(parents=True, exist_ok=True)
    for label, (name, recipe) in enumerate(recipes.items()):
        rng = np.random.default_rng((seed, label))
        bitmaps = sketch(rng, recipe, drawings_per_class, Hand())
        file = io.BytesIO()
        np.save(file, bitmaps)
        write_whole(Path(folder, f"{name}.npy"), file.getvalue())
