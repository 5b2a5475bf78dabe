"""Any number of photos, of the sizes and bytes of Kaggle's Dogs vs. Cats, to measure with."""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from preprocessing.samples.cats_vs_dogs import write_sample

_DIFFERENT = 200  # of each kind
_LARGER, _NOISE, _QUALITY = 3, 5.0, 80  # 390 x 390 pixels and 24 KB, as Kaggle's are on average


def write_photographs(folder: Path, count: int) -> None:
    """Writes `cat.0.jpg` ..., `dog.0.jpg` ...; each photo is there many times, as links.

    Args:
        folder: is made.
        count: photos in all, a multiple of 400.
    """
    write_sample(folder, _DIFFERENT)
    rng = np.random.default_rng(0)
    for path in folder.iterdir():
        painted = Image.open(path)
        larger = painted.resize((_LARGER * painted.width, _LARGER * painted.height))
        pixels = np.asarray(larger) + rng.normal(0, _NOISE, (larger.height, larger.width, 1))
        photo = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        photo.save(path, "JPEG", quality=_QUALITY)
    for kind in ("cat", "dog"):
        for number in range(_DIFFERENT, count // 2):
            first = folder / f"{kind}.{number % _DIFFERENT}.jpg"
            os.link(first, folder / f"{kind}.{number}.jpg")
