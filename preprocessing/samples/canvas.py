"""A canvas to paint strokes on in colour, and the photograph that is taken of it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from preprocessing.samples.strokes import Stroke, between, box

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

_ROUND = np.exp(2j * np.pi * np.linspace(0, 1, 33)[:-1])
_FINE = 2  # painted this much larger, then averaged down


def shade(colour: Colour, factor: float) -> Colour:
    """Returns a darker or, with a factor above 1, a lighter colour."""
    red, green, blue = (min(255, int(factor * part)) for part in colour)
    return red, green, blue


def disc(centre: complex, rx: float, ry: float) -> Stroke:
    """The outline of an exact oval."""
    outline: Stroke = centre + rx * _ROUND.real + 1j * ry * _ROUND.imag
    return outline


@dataclass(frozen=True)
class Canvas:
    """A picture and how strokes come to lie on it.

    Attributes:
        picture: what is painted on.
        factor: what points are multiplied by: their scale and turn, in pixels.
        shift: where the point 0 comes to lie, in pixels from the top left.
    """

    picture: Image.Image
    factor: complex
    shift: complex

    @classmethod
    def with_background(cls, rng: Generator, width: int, height: int) -> "Canvas":
        """A room or a meadow: a wall, a floor and some things, in any colours."""
        size = complex(width, height)
        picture = Image.new("RGB", (_FINE * width, _FINE * height), _any_colour(rng))
        canvas = cls(picture, _FINE, 0)
        floor = complex(0, height * between(rng, 0.4, 1.1))
        canvas.fill(box(floor, size), _any_colour(rng))
        for _ in range(rng.integers(0, 7)):
            middle = complex(*rng.uniform(0, 1, 2) * (width, height))
            corner = complex(*rng.uniform(0.04, 0.22, 2) * (width, height))
            thing = box(-corner, corner)
            if rng.random() < 0.5:
                thing = disc(0, corner.real, corner.imag)
            canvas.fill(middle + thing * np.exp(1j * rng.normal(0, 0.3)), _any_colour(rng))
        return replace(canvas, shift=_FINE * size / 2)

    def placed(self, factor: complex, shift: complex) -> "Canvas":
        """The same picture for strokes that are to be scaled and turned, then moved."""
        return Canvas(self.picture, self.factor * factor, self.shift + self.factor * shift)

    def fill(self, outline: Stroke, colour: Colour) -> None:
        """Fills an outline and draws its edge darker."""
        pen, edge = ImageDraw.Draw(self.picture), self._pixels(outline)
        pen.polygon(edge, fill=colour)
        pen.line(edge + edge[:2], fill=shade(colour, 0.75), width=_FINE)

    def trace(self, stroke: Stroke, colour: Colour, width: float) -> None:
        """Draws a line; its width is scaled as its points are."""
        pixels = max(1, round(width * abs(self.factor)))
        ImageDraw.Draw(self.picture).line(
            self._pixels(stroke), fill=colour, width=pixels, joint="curve"
        )

    def _pixels(self, stroke: Stroke) -> list[float]:
        xy: list[float] = (stroke * self.factor + self.shift).view(np.float64).tolist()
        return xy

    def photograph(self, rng: Generator) -> Image.Image:
        """The picture in its size, mirrored at random, somewhat blurred, dark or bright, grainy."""
        picture = self.picture.reduce(_FINE)
        if rng.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        picture = picture.filter(ImageFilter.GaussianBlur(between(rng, 0, 1.2)))
        pixels = np.asarray(picture, np.float32) * between(rng, 0.75, 1.15)
        grain = rng.standard_normal(pixels.shape, np.float32) * between(rng, 0, 10)
        return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def _any_colour(rng: Generator) -> Colour:
    red, green, blue = (int(part) for part in rng.normal(rng.integers(50, 220), 30, 3).clip(0, 255))
    return red, green, blue
