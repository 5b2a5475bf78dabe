"""How ten things are drawn: a recipe a class, each of them a few strokes and their variants."""

from collections.abc import Callable

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


def _line(*points: complex) -> Stroke:
    return np.array(points, np.complex128)


def _bend(start: complex, via: complex, stop: complex) -> Stroke:
    t = _STEPS[::2]
    return start + (2 * (via - start)) * t + (start - 2 * via + stop) * t**2


def _squeezed(circle: Stroke, centre: complex, rx: float, ry: float) -> Stroke:
    return centre + (rx + ry) / 2 * circle + (rx - ry) / 2 * circle.conj()


def _oval(rng: Generator, centre: complex, rx: float, ry: float) -> Stroke:
    return _squeezed(_CIRCLES[int(len(_CIRCLES) * rng.random())], centre, rx, ry)


def _arc(centre: complex, rx: float, ry: float, start: float, stop: float) -> Stroke:
    """Part of an oval; angles in turns, clockwise from the right."""
    return _squeezed(np.exp(2j * np.pi * (start + (stop - start) * _STEPS)), centre, rx, ry)


def _box(corner: complex, opposite: complex) -> Stroke:
    other = complex(opposite.real, corner.imag)
    return _line(corner, other, opposite, corner + opposite - other, corner)


def scribble(centre: complex, rx: float, ry: float) -> Stroke:
    """A zigzag that fills an oval."""
    return _squeezed(_ZIGZAG, centre, rx, ry)


def _tail(start: complex, radius: float, turns: float) -> Stroke:
    """A spiral that runs to the right."""
    curl: Stroke = (1 - 0.6 * _STEPS) * np.exp(2j * np.pi * turns * _STEPS)
    return start + radius * (1 + _STEPS - curl)


def _pair(*strokes: Stroke) -> list[Stroke]:
    """Strokes and their mirror images."""
    return [*strokes, *(-stroke.conj() for stroke in strokes)]


def _placed(strokes: list[Stroke], factor: complex, shift: complex = 0) -> list[Stroke]:
    """Strokes scaled and turned by `factor`, then moved."""
    return [stroke * factor + shift for stroke in strokes]


def _between(rng: Generator, low: float, high: float) -> float:
    return low + (high - low) * rng.random()


def _any_way(rng: Generator, strokes: list[Stroke], usual: float) -> list[Stroke]:
    """Strokes that point mostly in the usual direction, in turns, and else in any."""
    turns = rng.normal(usual, 0.07) if rng.random() < 0.8 else rng.random()
    return _placed(strokes, np.exp(2j * np.pi * turns))


def _ant(rng: Generator) -> list[Stroke]:
    strokes, x = [], -0.9
    for size in _between(rng, 0.2, 0.32), _between(rng, 0.15, 0.25), _between(rng, 0.25, 0.45):
        strokes.append(_oval(rng, x + size, size, 0.75 * size))
        x += 2 * size
    above = rng.random() < 0.5  # seen from above: legs on both sides
    legs = [_bend(-0.8 - 0.1j, -0.9 - 0.4j, -1.1 - 0.5j)]
    for spread in (-0.3, 0.0, 0.3):
        knee = (0.35j if rng.random() < 0.5 else 0.4j) + 2 * spread
        legs.append(_line(spread / 2 - 0.2 + 0.1j, knee - 0.2, 2 * spread - 0.2 + 0.8j))
    legs += [leg.conj() if above else leg + 0.12 for leg in legs]
    if rng.random() < 0.3:
        strokes += [scribble(oval.mean(), 0.25, 0.2) for oval in strokes]
    return strokes + legs


def _ants(rng: Generator) -> list[Stroke]:
    if rng.random() < 0.7:
        upright = 1j if rng.random() < 0.2 else 1
        return _placed(_ant(rng), upright * np.exp(1j * rng.normal(0, 0.35)))
    trail = np.exp(1j * rng.normal(0, 0.5))
    return [stroke for n in (-0.6, 0.6) for stroke in _placed(_ant(rng), 0.5, n * trail)]


def _boomerang(rng: Generator) -> list[Stroke]:
    arm, width = np.exp(1j * _between(rng, 0.5, 1.05)), _between(rng, 0.2, 0.4)
    inner = width / arm.imag
    if rng.random() < 0.55:  # straight arms, with round or square ends
        end = arm - 1j * width * arm
        tip = 0.56 * (arm + end) if rng.random() < 0.6 else end
        upper = _line(0, arm, tip, end, inner)
        strokes = [np.concatenate([upper, upper[::-1].conj()])]
    else:
        reach, tips = _between(rng, -0.5, -0.25), (arm, arm.conjugate())
        strokes = [_bend(tips[0], reach, tips[1]), _bend(tips[1], reach + 2 * inner, tips[0])]
    if rng.random() < 0.3:  # stripes
        stripe = _line(0.5 * arm, 0.5 * arm + 0.8 * inner)
        strokes += [stripe, stripe.conj()]
    return _any_way(rng, strokes, 0.25)


def _candles(rng: Generator, top: float, half: float) -> list[Stroke]:
    places = np.linspace(-half, half, int(rng.integers(3, 8)))[1:-1]
    feet = [x + 1j * top for x in places]
    strokes = [_line(foot, foot - 0.35j) for foot in feet]
    if rng.random() < 0.6:
        strokes += [_oval(rng, foot - 0.47j, 0.06, 0.11) for foot in feet]
    return strokes


def _cake(rng: Generator) -> list[Stroke]:
    style, half, tall = rng.random(), _between(rng, 0.8, 1.1), _between(rng, 0.35, 0.65)
    strokes = []
    if style < 0.4:  # tiers
        y = 0.9
        for _ in range(rng.integers(1, 4)):
            strokes.append(_box(complex(-half, y - tall), complex(half, y)))
            y, half = y - tall, 0.7 * half
        if rng.random() < 0.4:  # icing
            strokes.append(scribble(1j * y + 0.18j, 1.3 * half, 0.08))
        return strokes + _candles(rng, y, 1.4 * half)
    if style < 0.8:  # a drum
        flat = _between(rng, 0.15, 0.3)
        strokes += [_oval(rng, 0, 0.9, flat), *_pair(_line(0.9, 0.9 + 1.3j * tall))]
        layers = (1.3, 0.65) if rng.random() < 0.4 else (1.3,)
        strokes += [_arc(1j * y * tall, 0.9, flat, 0, 0.5) for y in layers]
        return strokes + _candles(rng, 0, 0.8)
    # a slice
    side = _line(-0.9 + 0.1j, 0.9 - 0.1j, 0.9 + 0.5j, -0.9 + 0.7j, -0.9 + 0.1j)
    top = _line(-0.9 + 0.1j, 0.3 - 0.6j, 0.9 - 0.1j)
    return [side, top, _line(-0.9 + 0.4j, 0.9 + 0.2j), _oval(rng, 0.2 - 0.55j, 0.15, 0.15)]


def _mane(rng: Generator) -> list[Stroke]:
    style, count = rng.random(), int(rng.integers(9, 16))
    if style < 0.25:  # rays
        return [_line(0.68 * ray, ray) for ray in np.exp(2j * np.pi / count * np.arange(count))]
    t = np.linspace(0, 1, 6 * count + 1)
    around, wave = np.exp(2j * np.pi * t), np.exp(2j * np.pi * count * t)
    if style < 0.5:  # loops
        return [around * (0.85 + 0.17 * wave)]
    teeth = np.arange(len(t)) % 6 / 5 if style < 0.7 else wave.real
    return [around * (0.85 + 0.15 * teeth)]


def _lion(rng: Generator) -> list[Stroke]:
    head = [*_mane(rng), _oval(rng, 0, 0.62, 0.62), *_pair(_oval(rng, 0.22 - 0.15j, 0.07, 0.07))]
    head += [_line(-0.1 + 0.08j, 0.1 + 0.08j, 0.2j, -0.1 + 0.08j)]
    head += _pair(_bend(0.2j, 0.12 + 0.45j, 0.28 + 0.25j))
    if rng.random() < 0.4:  # whiskers
        head += _pair(_line(0.15 + 0.15j, 0.55 + 0.05j), _line(0.15 + 0.2j, 0.55 + 0.25j))
    if rng.random() < 0.75:
        return head
    body = [_oval(rng, 0.5 + 0.1j, 0.65, 0.32), _bend(1.1, 1.5 + 0.1j, 1.4 - 0.6j)]
    body += [_oval(rng, 1.4 - 0.7j, 0.1, 0.1)]
    body += [_line(x + 0.35j, x + 0.95j) for x in (0.0, 0.2, 0.75, 0.95)]
    return _placed(head, 0.55, -0.4 - 0.35j) + body


def _monkey(rng: Generator) -> list[Stroke]:
    tall, ear = _between(rng, 0.55, 0.75), _between(rng, 0.18, 0.34)
    head = [_oval(rng, 0, 0.62, tall), *_pair(_arc(0.6 + 0.7 * ear, ear, ear, -0.4, 0.4))]
    head += _pair(_oval(rng, 0.2 - 0.18j, 0.08, 0.08))
    head += [_arc(1j * (tall - 0.35), 0.25, 0.13, 0.02, 0.48)]
    if rng.random() < 0.4:
        head += _pair(_oval(rng, 0.6 + 0.7 * ear, 0.5 * ear, 0.5 * ear))
    if rng.random() < 0.6:  # a muzzle, else the heart of a face
        head += [_oval(rng, 1j * (tall - 0.3), 0.42, 0.25)]
    else:
        head += _pair(_bend(-0.35j, 0.6 - 0.7j, 0.42 + 0.05j))
    if rng.random() < 0.55:
        return head
    body = [_oval(rng, 0.35j, 0.32, 0.42), *_pair(_bend(0.15 + 0.7j, 0.45 + 0.8j, 0.35 + 1.15j))]
    body += [_bend(0.25 + 0.1j, 0.6 + 0.3j, 0.75 + 1j * _between(rng, -0.6, 0.4))]
    body += [_bend(-0.25 + 0.1j, -0.6 + 0.3j, -0.75 + 1j * _between(rng, -0.6, 0.4))]
    return _placed(head, 0.5, -0.4j) + body + [_tail(0.3 + 0.6j, 0.32, _between(rng, 0.8, 1.4))]


def _pig(rng: Generator) -> list[Stroke]:
    head = [_oval(rng, 0, 0.85, 0.8), _oval(rng, 0.15j, 0.32, 0.23)]
    head += _pair(_oval(rng, 0.12 + 0.15j, 0.05, 0.08), _oval(rng, 0.35 - 0.3j, 0.08, 0.08))
    fold = 0.6 - 1.1j if rng.random() < 0.7 else 0.95 - 0.3j
    head += _pair(_line(0.3 - 0.75j, fold, 0.75 - 0.5j))
    if rng.random() < 0.5:
        head += [_arc(0.4j, 0.3, 0.2, 0.03, 0.47)]
    if rng.random() < 0.6:
        return head
    body = [_oval(rng, 0.3, 0.75, 0.5), _tail(1.05 - 0.1j, 0.13, 1.5)]
    body += [_line(x + 0.42j, x + 0.85j) for x in (-0.15, 0.05, 0.5, 0.7)]
    return body + _placed(head, 0.42, -0.5 - 0.25j)


def _scissor(rng: Generator) -> list[Stroke]:
    blade, loop = np.exp(1j * _between(rng, 0.08, 0.5)), _between(rng, 0.16, 0.3)
    thick = 0.0 if rng.random() < 0.5 else 0.1j
    cut = _line(-0.45, thick, 1, -thick, -0.45) * blade
    handle = _oval(rng, -0.45 - 1.2 * loop, 1.3 * loop, loop) * blade
    return _any_way(rng, [cut, handle, cut.conj(), handle.conj()], -0.25)


def _skull(rng: Generator) -> list[Stroke]:
    jaw, chin, eye = _between(rng, 0.3, 0.5), _between(rng, 0.8, 1.1), _between(rng, 0.15, 0.27)
    half = _line(0.53 + 0.4j, jaw + 0.5j, jaw + 1j * chin)
    strokes = [_arc(-0.2j, 0.85, 0.75, 0.36, 1.14), np.concatenate([half, -half[::-1].conj()])]
    strokes += _pair(_oval(rng, 0.35 - 0.15j, eye, eye))
    if rng.random() < 0.25:
        strokes += _pair(scribble(0.35 - 0.15j, eye, eye))
    if rng.random() < 0.7:
        strokes += [_line(-0.1 + 0.3j, 0.08j, 0.1 + 0.3j, -0.1 + 0.3j)]
    if rng.random() < 0.8:
        teeth = np.linspace(-jaw, jaw, int(rng.integers(4, 7)))[1:-1]
        strokes += [_line(x + 0.55j, x + 1j * chin) for x in teeth]
    if rng.random() < 0.15:  # crossed bones
        strokes += _pair(_line(-1 + 0.7j, 1 + 1.3j))
    return strokes


def _television(rng: Generator) -> list[Stroke]:
    half = complex(_between(rng, 0.8, 1.1), _between(rng, 0.5, 0.75))
    rim, old = _between(rng, 0.08, 0.2), rng.random() < 0.6
    knobs = 0.35 if old and rng.random() < 0.7 else 0.0
    corner, opposite = rim * (1 + 1j) - half, half - rim * (1 + 1j) - knobs
    strokes, inside = [_box(-half, half)], (opposite - corner) / 2
    if rng.random() < 0.7:
        strokes += [_box(corner, opposite)]
    elif rng.random() < 0.7:
        strokes += [_oval(rng, (corner + opposite) / 2, inside.real, inside.imag)]
    if knobs:
        strokes += [_oval(rng, half - 0.22 - 1j * y, 0.09, 0.09) for y in (0.4, 0.8)]
    if rng.random() < (0.9 if old else 0.15):
        top = -1j * half.imag
        strokes += _pair(_line(top, top - 0.55j + _between(rng, 0.25, 0.6)))
    if rng.random() < 0.7:
        foot = 1j * half.imag + (0.5 if rng.random() < 0.5 else 0.1)
        strokes += _pair(_line(foot, foot + 0.05 + 0.3j, foot + 0.2 + 0.3j))
    return strokes


def _traffic_light(rng: Generator) -> list[Stroke]:
    half, lamp = _between(rng, 0.28, 0.45), _between(rng, 0.17, 0.24)
    strokes, lamps = [_box(-half - 0.85j, half + 0.85j)], (-0.55j, 0j, 0.55j)
    strokes += [_oval(rng, at, lamp, lamp) for at in lamps]
    if rng.random() < 0.15:
        strokes += [scribble(at, lamp, lamp) for at in lamps]
    if rng.random() < 0.25:  # hoods
        hood = _line(half - 0.15j, half + 0.25 - 0.1j, half + 0.15j)
        strokes += _pair(*(hood + at for at in lamps))
    if rng.random() < 0.1:
        return _placed(strokes, 1j)
    if rng.random() < 0.5:
        pole = _line(0.85j, 1.6j)
        strokes += _pair(pole + 0.1) if rng.random() < 0.6 else [pole]
    return strokes


RECIPES: dict[str, Callable[[Generator], list[Stroke]]] = {
    "ants": _ants,
    "boomerang": _boomerang,
    "cake": _cake,
    "lion": _lion,
    "monkey": _monkey,
    "pig": _pig,
    "scissor": _scissor,
    "skull": _skull,
    "television": _television,
    "traffic_light": _traffic_light,
}
"""How a class is drawn, by class name in label order."""
