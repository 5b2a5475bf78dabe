"""Small pictures as `data:` URIs, so that the report is one file."""

import base64
import io

import numpy as np
from PIL import Image

from models.confusion import Confusion, row_shares
from models.ranking import Floats
from preprocessing.records import Bytes

MISS, HIT = (224, 112, 32), (56, 132, 200)
"""Colours that stand on white and on black, and apart for the colour-blind: orange and blue."""


def image_uri(image: Bytes) -> str:
    """Returns a PNG of a uint8 image `[height, width, 1 or 3]`."""
    pixels = image[:, :, 0] if image.shape[2] == 1 else image
    return _png(Image.fromarray(pixels))


def strengths(confusion: Confusion) -> Floats:
    """Returns how strong to colour each cell: float `[classes, classes]`, 0 to 1.

    That is its share of its row; of mistakes the square root, so that 1 % of a row can be seen.
    """
    shares = row_shares(confusion)
    strength = np.sqrt(shares)
    np.fill_diagonal(strength, shares.diagonal())
    return strength


def heat_map_uri(confusion: Confusion) -> str:
    """Returns a PNG with one pixel a cell, blue for right, orange for wrong, on transparency.

    The most frequent mistake has the full orange, as single pixels are hard to see.
    """
    strength = strengths(confusion)
    wrong = ~np.eye(len(confusion), dtype=bool)
    strength[wrong] /= strength[wrong].max() or 1
    levels = np.round(127 * strength).astype(np.uint8)
    levels[~wrong] += 128
    picture = Image.fromarray(levels).convert("P")
    picture.putpalette(bytes(MISS) * 128 + bytes(HIT) * 128)
    alphas = bytes(round(level * 255 / 127) for level in range(128))
    return _png(picture, transparency=alphas * 2)


def is_drawing(images: list[Bytes]) -> bool:
    """Returns whether the images are light strokes on black, which paper shows the other way."""
    return bool(images) and images[0].shape[2] == 1 and float(np.median(images)) == 0


def _png(picture: Image.Image, **options: bytes) -> str:
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=True, **options)
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
