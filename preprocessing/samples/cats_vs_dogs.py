"""Cats and dogs painted by code, in the layout of Kaggle's Dogs vs. Cats."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image

from preprocessing.samples.canvas import Canvas, Colour, disc, shade
from preprocessing.samples.strokes import Stroke, bend, between, curve, line, pair
from preprocessing.samples.whole import write_whole

# Both kinds wear the same colours, so that colour tells nothing.
_FURS = np.array(
    [(45, 42, 45), (120, 118, 122), (235, 230, 222), (110, 70, 45), (190, 150, 105),
     (205, 120, 50), (228, 205, 165), (80, 60, 50)]
)  # fmt: skip
_EYES = np.array([(120, 160, 70), (200, 160, 50), (90, 140, 180), (90, 55, 30), (60, 40, 25)])
_PINK, _DARK = (225, 140, 140), (35, 28, 28)

Painter = Callable[[Generator, Canvas, Colour, Colour], None]
"""Paints a part of an animal in its fur's colour and the colour of its markings."""


def _colour(rng: Generator, palette: Stroke) -> Colour:
    """A colour of the palette, or one near to it."""
    red, green, blue = np.clip(rng.choice(palette) + rng.normal(0, 14, 3), 0, 255).astype(int)
    return int(red), int(green), int(blue)


def _markings(rng: Generator, canvas: Canvas, marking: Colour) -> None:
    """A patch, stripes or nothing on the forehead."""
    luck = rng.random()
    if luck < 0.3:
        side = -1 if rng.random() < 0.5 else 1
        canvas.fill(disc(0.38 * side - 0.2j, 0.33, 0.38), marking)
    elif luck < 0.55:
        for x in (-0.2, 0.0, 0.2):
            canvas.trace(line(x - 0.72j, 0.8 * x - 0.42j), marking, 0.09)


def _eyes(rng: Generator, canvas: Canvas, apart: float, rx: float, pupil: float) -> None:
    iris, open_ = _colour(rng, _EYES), between(rng, 0.12, 0.2)
    for eye in (-apart - 0.15j, apart - 0.15j):
        canvas.fill(disc(eye, rx, open_), iris)
        canvas.fill(disc(eye, pupil, 0.9 * open_), _DARK)


def _cat_head(rng: Generator, canvas: Canvas, fur: Colour, marking: Colour) -> None:
    wide, spread, tall = between(rng, 0.9, 1.1), between(rng, 0.6, 0.85), between(rng, 1.1, 1.5)
    tip = complex(spread, -tall) if rng.random() < 0.9 else complex(spread + 0.2, -0.75)
    ear = line(0.2 - 0.7j, tip, wide - 0.1 - 0.3j)
    for each in pair(ear):
        canvas.fill(each, fur)
        canvas.fill(each.mean() + 0.6 * (each - each.mean()), _PINK)
    canvas.fill(disc(0, wide, 0.85), fur)
    _markings(rng, canvas, marking)
    _eyes(rng, canvas, 0.42, between(rng, 0.17, 0.23), between(rng, 0.04, 0.1))
    canvas.fill(line(-0.1 + 0.18j, 0.1 + 0.18j, 0.3j), _PINK if rng.random() < 0.6 else _DARK)
    for half in pair(bend(0.3j, 0.08 + 0.5j, 0.26 + 0.42j)):
        canvas.trace(half, _DARK, 0.05)
    if rng.random() < 0.9:
        white, droop = shade(fur, 1.6 if sum(fur) < 380 else 0.4), between(rng, -0.15, 0.25)
        for y in (0.22, 0.34, 0.46):
            end = 1.35 + 1j * (y + droop + 1.5 * (y - 0.34))
            for whisker in pair(line(0.25 + 1j * y, end)):
                canvas.trace(whisker, white, 0.035)


def _dog_head(rng: Generator, canvas: Canvas, fur: Colour, marking: Colour) -> None:
    wide, long = between(rng, 0.72, 0.92), between(rng, 0.9, 1.1)
    canvas.fill(disc(0, wide, long), fur)
    _markings(rng, canvas, marking)
    ear = marking if rng.random() < 0.5 else fur
    hang, out = between(rng, 0.2, 0.8), between(rng, 0.2, 0.55)
    if rng.random() < 0.9:
        lobe = line(0.45 - 0.8j, wide + out - 0.5j, wide + out + 1j * hang, wide - 0.05 + 1j * hang)
    else:  # pricked, but not pointed
        lobe = line(0.35 - 0.75j, 0.5 - 1.25j, 0.85 - 1.2j, wide - 0.45j)
    for each in pair(curve(np.append(lobe, lobe[0]))):
        canvas.fill(each, ear)
    _eyes(rng, canvas, 0.33, between(rng, 0.1, 0.14), 0.08)
    if rng.random() < 0.55:
        length = between(rng, 0.9, 1.25)
        half = line(0.14 + 1j * length, 0.18 + 0.7j)
        canvas.fill(curve(np.append(-half[::-1].conj(), half)), _PINK)
    canvas.fill(disc(0.48j, between(rng, 0.4, 0.52), between(rng, 0.33, 0.42)), shade(fur, 1.25))
    canvas.fill(disc(0.28j, 0.19, 0.14), _DARK)
    canvas.trace(line(0.4j, 0.58j), _DARK, 0.06)
    for half in pair(bend(0.58j, 0.15 + 0.75j, 0.33 + 0.58j)):
        canvas.trace(half, _DARK, 0.06)


def _cat_tail(rng: Generator, canvas: Canvas, fur: Colour, marking: Colour) -> None:
    up = between(rng, 0.9, 1.5)
    tail = curve(line(0, 0.45 - 0.05j, 0.55 - 0.6j * up, 0.35 - 1j * up, 0.6 - 1.25j * up))
    canvas.trace(tail, shade(fur, 0.85), 0.15)


def _dog_tail(rng: Generator, canvas: Canvas, fur: Colour, marking: Colour) -> None:
    up = between(rng, 0.2, 0.7)
    canvas.fill(line(-0.1 - 0.15j, 0.65 - 1j * up, -0.05 + 0.2j), shade(fur, 0.85))


def _sitting(
    rng: Generator, canvas: Canvas, fur: Colour, marking: Colour, tail: Painter, slim: float
) -> None:
    tail(rng, canvas.placed(1, 0.55 + 2.1j), fur, marking)
    canvas.fill(disc(1.55j, 0.85 * slim, 1.1), fur)
    for leg in pair(disc(0.3 * slim + 2.2j, 0.2 * slim, 0.6)):
        canvas.fill(leg, fur)
    if rng.random() < 0.5:
        canvas.fill(disc(1.3j, 0.4 * slim, 0.45), shade(marking, 1.2))


def _standing(
    rng: Generator, canvas: Canvas, fur: Colour, marking: Colour, tail: Painter, slim: float
) -> None:
    tail(rng, canvas.placed(1, 2.75 + 0.6j), fur, marking)
    for x in (0.75, 1.15, 2.15, 2.55):
        foot = x + rng.normal(0, 0.08)
        canvas.trace(line(x + 1j, foot + (2.6 - 0.4 * slim) * 1j), shade(fur, 0.9), 0.34 * slim)
    canvas.fill(disc(1.6 + 0.9j, 1.35, 0.72 * slim), fur)
    if rng.random() < 0.5:
        canvas.fill(disc(between(rng, 1.2, 2.2) + 0.75j, 0.45, 0.3 * slim), marking)


def _paint(rng: Generator, head: Painter, tail: Painter, slim: float) -> Image.Image:
    sides = between(rng, 100, 160) * np.exp(np.array((0.5, -0.5)) * rng.normal(0, 0.25))
    width, height = (int(side) for side in np.clip(sides, 80, 200))
    canvas = Canvas.with_background(rng, width, height)
    fur, marking = _colour(rng, _FURS), _colour(rng, _FURS)
    view, turn = rng.random(), np.exp(1j * rng.normal(0, 0.1))
    unit = min(width, height) * turn
    away = complex(*rng.normal(0, 0.03, 2)) * min(width, height)
    if view < 0.5:  # the face alone
        place = canvas.placed(unit * between(rng, 0.3, 0.4), away)
    elif view < 0.8:
        scale = unit * between(rng, 0.19, 0.24)
        place = canvas.placed(scale, away - 0.95j * scale)
        _sitting(rng, place, fur, marking, tail, slim)
    else:
        scale = unit * between(rng, 0.18, 0.22)
        place = canvas.placed(scale, away - (1.2 + 0.6j) * scale)
        _standing(rng, place, fur, marking, tail, slim)
    head(rng, place, fur, marking)
    return canvas.photograph(rng)


_KINDS = {"cat": (_cat_head, _cat_tail, 0.8), "dog": (_dog_head, _dog_tail, 1.0)}


def write_sample(
    folder: str | os.PathLike[str], images_per_class: int = 300, seed: int = 0
) -> None:
    """Writes `cat.0.jpg` ..., `dog.0.jpg` ...: RGB, 80 to 200 pixels wide and high.

    A file appears when it is whole. The same arguments give the same bytes.

    Args:
        folder: where to; made if missing. Files of these names are replaced.
        images_per_class: at least 1.
        seed: of the random numbers; another one gives other images.

    Raises:
        ValueError: if `images_per_class` is less than 1 or `seed` is negative.
        OSError: if the folder cannot be written.
    """
    if images_per_class < 1:
        raise ValueError(f"images_per_class must be at least 1, not {images_per_class}")
    Path(folder).mkdir(parents=True, exist_ok=True)
    for label, (kind, painters) in enumerate(_KINDS.items()):
        rng = np.random.default_rng((seed, label))
        for number in range(images_per_class):
            jpeg = io.BytesIO()
            _paint(rng, *painters).save(jpeg, "JPEG", quality=int(rng.integers(75, 93)))
            write_whole(Path(folder, f"{kind}.{number}.jpg"), jpeg.getvalue())
