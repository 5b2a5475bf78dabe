"""Faces painted by code: grey portraits of people who do not exist."""

import io
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from PIL import Image

from preprocessing.samples.portraits import Floats, Portraits, above, oval
from preprocessing.samples.whole import write_whole

_BATCH = 50  # portraits painted at once: what fits a processor's cache


def _backdrop(faces: Portraits) -> None:
    """A wall with the light from one side, and something out of focus."""
    x, y = faces.x, faces.y
    wall = faces.uniform(25, 215)
    faces.paint(np.ones_like(x), wall + faces.normal(0, 14) * x + faces.normal(0, 10) * y)
    for _ in range(2):
        thing = oval(x - faces.uniform(-2.4, 2.4), y - faces.uniform(-2, 1), 0.9, 1.2, edge=0.9)
        faces.paint(0.7 * thing, faces.uniform(15, 235))


def _body(faces: Portraits, skin: Floats, hair: Floats) -> None:
    """Paints long hair, a neck and shoulders."""
    x, y, coat = faces.x, faces.y, faces.uniform(15, 190)
    long = oval(x, y - 0.3, faces.uniform(0.85, 1), faces.uniform(0.9, 1.3))
    faces.paint(faces.some(0.4) * long, 0.8 * hair)
    faces.paint(oval(x, y - 1.25, 0.44, 0.75), 0.75 * skin)
    faces.paint(oval(x, y - 2.55, faces.uniform(1.6, 2), 1.15), coat)
    shirt = oval(x, y - 1.5, 0.4, 0.55) * above(np.abs(x), (y - 1.15) * 0.9)
    faces.paint(faces.some(0.6) * shirt, faces.uniform(170, 245))
    faces.paint(oval(x, y - 0.95, 0.36, 0.42, edge=0.2), 0.72 * skin)


def _head(faces: Portraits, skin: Floats, hair: Floats, light: Floats) -> Floats:
    """Paints the hair behind a head and the head; returns where that is."""
    x, y = faces.x, faces.y
    wide, jaw, volume = faces.normal(0.74, 0.035), faces.uniform(0.08, 0.24), faces.uniform(0, 0.14)
    faces.paint(oval(x, y + 0.2, wide + volume, 0.9 + volume), 0.9 * hair)
    faces.paint(oval(np.abs(x) - wide, y - 0.02, 0.09, 0.2), 0.8 * skin)
    narrow = x / (1 - jaw * np.clip(y, 0, 1))
    shape = oval(narrow, y, wide, 1.0)
    rounded = 1.1 - 0.3 * (narrow**2 / wide**2) - 0.1 * y**2 + light * x
    faces.paint(shape, skin * rounded)
    return shape


def _eyes(faces: Portraits, x: Floats, skin: Floats, hair: Floats, mood: Floats) -> None:
    """Paints both eyes and brows; x is 0 in the middle of the face."""
    side, y = np.abs(x) - faces.normal(0.33, 0.015), faces.y + faces.normal(0.1, 0.02)
    opened, iris = faces.normal(0.085, 0.014), faces.uniform(15, 75)
    faces.paint(0.45 * oval(side, y + 0.02, 0.26, 0.2, edge=0.2), 0.55 * skin)
    faces.paint(oval(side, y + 0.02, 0.175, opened + 0.02), 0.35 * skin)
    white = oval(side, y - 0.005, 0.15, opened - 0.012)
    faces.paint(white, 60 + 0.65 * skin)
    look = side - np.sign(x) * faces.normal(0, 0.025)
    faces.paint(white * oval(look, y, 0.075, 0.08), iris)
    arch = y + faces.normal(0.23, 0.025) - side * (0.15 * mood) - 1.2 * side**2
    brow = oval(side, arch, 0.23, faces.uniform(0.035, 0.065))
    faces.paint(faces.uniform(0.6, 1) * brow, np.minimum(0.75 * hair, 0.7 * skin))
    ring = oval(side, y, 0.25, 0.19) - oval(side, y, 0.2, 0.14)
    bridge = oval(x, y + 0.02, 0.1, 0.03)
    faces.paint(faces.some(0.2) * np.maximum(ring, bridge), faces.uniform(15, 60))


def _nose(faces: Portraits, x: Floats, skin: Floats, light: Floats) -> None:
    y, wide = faces.y - faces.normal(0.28, 0.025), faces.normal(0.15, 0.015)
    faces.paint(0.35 * oval(x + 0.09 * np.sign(light), y + 0.13, 0.07, 0.3, edge=0.1), 0.55 * skin)
    faces.paint(0.5 * oval(x, y - 0.07, wide + 0.03, 0.06, edge=0.1), 0.5 * skin)
    faces.paint(0.6 * oval(x, y + 0.12, 0.06, 0.26, edge=0.12), np.minimum(1.2 * skin, 250))
    faces.paint(oval(np.abs(x) - 0.6 * wide, y - 0.05, 0.045, 0.03), 0.3 * skin)


def _mouth(faces: Portraits, x: Floats, skin: Floats, mood: Floats) -> None:
    """Paints lips, bent upwards in a good mood, and teeth in the best."""
    wide, opened = faces.normal(0.28, 0.02) + 0.05 * mood, np.maximum(faces.normal(0, 0.04), 0)
    y = faces.y - faces.normal(0.6, 0.02) + 0.9 * mood * (x**2 - 0.05)
    faces.paint(oval(x, y, wide, 0.075 + opened), faces.uniform(0.55, 0.75) * skin)
    faces.paint(oval(x, y, wide, 0.022 + opened), 0.25 * skin)
    teeth = oval(x, y, 0.8 * wide, 0.03 + 0.6 * opened)
    faces.paint((mood > 0.6) * teeth, 110 + 0.5 * skin)
    faces.paint(0.3 * oval(x, y - 0.17 - opened, 0.2, 0.05, edge=0.1), 0.5 * skin)


def _hair(faces: Portraits, head: Floats, hair: Floats, light: Floats) -> None:
    """Paints what falls over the forehead, and beards."""
    x, y = faces.x, faces.y
    start = faces.uniform(-0.8, -0.45) - 0.5 * faces.some(0.08)
    fringe = start + faces.normal(0, 0.18) * x + faces.uniform(0.35, 1.1) * x**2
    crown = oval(x, y + 0.12, 0.8, 0.98)
    gloss = oval(x - 0.3 * np.sign(light), y + 0.75, 0.5, 0.25, edge=0.3)
    faces.paint(crown * above(y, fringe, edge=0.12), hair * (0.85 + 0.5 * gloss))
    jaw = head * (1 - above(y, 0.42 - 0.5 * x**2, edge=0.3))
    faces.paint(faces.some(0.25) * faces.uniform(0.3, 0.85) * jaw, 0.8 * hair)


def _paint(rng: Generator, count: int) -> npt.NDArray[np.uint8]:
    """Returns portraits `[count, SIDE, SIDE]`, no two alike."""
    faces = Portraits(rng, count)
    skin, hair = faces.uniform(85, 215), faces.uniform(15, 75) + 110 * faces.some(0.25)
    light, mood = faces.normal(0, 0.13), faces.uniform(-0.5, 1)
    middle = faces.x - faces.normal(0, 0.06)  # where a head that turns has its nose
    _backdrop(faces)
    _body(faces, skin, hair)
    head = _head(faces, skin, hair, light)
    _hair(faces, head, hair, light)
    _eyes(faces, middle, skin, hair, mood)
    _nose(faces, middle, skin, light)
    _mouth(faces, middle, skin, mood)
    faces.grain(faces.uniform(1, 6))
    return np.clip(faces.tones * faces.uniform(0.8, 1.1), 0, 255).astype(np.uint8)


def write_sample(folder: str | os.PathLike[str], images: int = 2_000, seed: int = 0) -> None:
    """Writes `face_0000.jpg` ...: grey, 100 pixels wide and high, the head in the middle.

    A file appears when it is whole. The same arguments give the same bytes.

    Args:
        folder: where to; made if missing. Files of these names are replaced.
        images: at least 1.
        seed: of the random numbers; another one gives other faces.

    Raises:
        ValueError: if `images` is less than 1 or `seed` is negative.
        OSError: if the folder cannot be written.
    """
    if images < 1:
        raise ValueError(f"images must be at least 1, not {images}")
    Path(folder).mkdir(parents=True, exist_ok=True)
    for start in range(0, images, _BATCH):
        faces = _paint(np.random.default_rng((seed, start)), _BATCH)
        for number, face in enumerate(faces[: images - start], start):
            jpeg = io.BytesIO()
            Image.fromarray(face).save(jpeg, "JPEG", quality=90)
            write_whole(Path(folder, f"face_{number:04}.jpg"), jpeg.getvalue())
