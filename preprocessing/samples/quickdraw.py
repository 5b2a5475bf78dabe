"""Ten things drawn by code: a recipe a class, each of them a few strokes and their variants."""

import os

import numpy as np
from numpy.random import Generator

from preprocessing.samples.sketches import Recipe, hurried, write_classes
from preprocessing.samples.strokes import (
    Stroke,
    arc,
    bend,
    between,
    box,
    line,
    oval,
    pair,
    placed,
    scribble,
    tail,
)


def _any_way(rng: Generator, strokes: list[Stroke], usual: float) -> list[Stroke]:
    """Strokes that point mostly in the usual direction, in turns, and else in any."""
    turns = rng.normal(usual, 0.07) if rng.random() < 0.8 else rng.random()
    return placed(strokes, np.exp(2j * np.pi * turns))


def _ant(rng: Generator) -> list[Stroke]:
    strokes, x = [], -0.9
    for size in between(rng, 0.2, 0.32), between(rng, 0.15, 0.25), between(rng, 0.25, 0.45):
        strokes.append(oval(rng, x + size, size, 0.75 * size))
        x += 2 * size
    above = rng.random() < 0.5  # seen from above: legs on both sides
    legs = [bend(-0.8 - 0.1j, -0.9 - 0.4j, -1.1 - 0.5j)]
    for spread in (-0.3, 0.0, 0.3):
        knee = (0.35j if rng.random() < 0.5 else 0.4j) + 2 * spread
        legs.append(line(spread / 2 - 0.2 + 0.1j, knee - 0.2, 2 * spread - 0.2 + 0.8j))
    legs += [leg.conj() if above else leg + 0.12 for leg in legs]
    if rng.random() < 0.3:
        strokes += [scribble(oval.mean(), 0.25, 0.2) for oval in strokes]
    return strokes + legs


def _ants(rng: Generator) -> list[Stroke]:
    if rng.random() < 0.7:
        upright = 1j if rng.random() < 0.2 else 1
        return placed(_ant(rng), upright * np.exp(1j * rng.normal(0, 0.35)))
    trail = np.exp(1j * rng.normal(0, 0.5))
    return [stroke for n in (-0.6, 0.6) for stroke in placed(_ant(rng), 0.5, n * trail)]


def _boomerang(rng: Generator) -> list[Stroke]:
    arm, width = np.exp(1j * between(rng, 0.5, 1.05)), between(rng, 0.2, 0.4)
    inner = width / arm.imag
    if rng.random() < 0.55:  # straight arms, with round or square ends
        end = arm - 1j * width * arm
        tip = 0.56 * (arm + end) if rng.random() < 0.6 else end
        upper = line(0, arm, tip, end, inner)
        strokes = [np.concatenate([upper, upper[::-1].conj()])]
    else:
        reach, tips = between(rng, -0.5, -0.25), (arm, arm.conjugate())
        strokes = [bend(tips[0], reach, tips[1]), bend(tips[1], reach + 2 * inner, tips[0])]
    if rng.random() < 0.3:  # stripes
        stripe = line(0.5 * arm, 0.5 * arm + 0.8 * inner)
        strokes += [stripe, stripe.conj()]
    return _any_way(rng, strokes, 0.25)


def _candles(rng: Generator, top: float, half: float) -> list[Stroke]:
    places = np.linspace(-half, half, int(rng.integers(3, 8)))[1:-1]
    feet = [x + 1j * top for x in places]
    strokes = [line(foot, foot - 0.35j) for foot in feet]
    if rng.random() < 0.6:
        strokes += [oval(rng, foot - 0.47j, 0.06, 0.11) for foot in feet]
    return strokes


def _cake(rng: Generator) -> list[Stroke]:
    style, half, tall = rng.random(), between(rng, 0.8, 1.1), between(rng, 0.35, 0.65)
    strokes = []
    if style < 0.4:  # tiers
        y = 0.9
        for _ in range(rng.integers(1, 4)):
            strokes.append(box(complex(-half, y - tall), complex(half, y)))
            y, half = y - tall, 0.7 * half
        if rng.random() < 0.4:  # icing
            strokes.append(scribble(1j * y + 0.18j, 1.3 * half, 0.08))
        return strokes + _candles(rng, y, 1.4 * half)
    if style < 0.8:  # a drum
        flat = between(rng, 0.15, 0.3)
        strokes += [oval(rng, 0, 0.9, flat), *pair(line(0.9, 0.9 + 1.3j * tall))]
        layers = (1.3, 0.65) if rng.random() < 0.4 else (1.3,)
        strokes += [arc(1j * y * tall, 0.9, flat, 0, 0.5) for y in layers]
        return strokes + _candles(rng, 0, 0.8)
    # a slice
    side = line(-0.9 + 0.1j, 0.9 - 0.1j, 0.9 + 0.5j, -0.9 + 0.7j, -0.9 + 0.1j)
    top = line(-0.9 + 0.1j, 0.3 - 0.6j, 0.9 - 0.1j)
    return [side, top, line(-0.9 + 0.4j, 0.9 + 0.2j), oval(rng, 0.2 - 0.55j, 0.15, 0.15)]


def _mane(rng: Generator) -> list[Stroke]:
    style, count = rng.random(), int(rng.integers(9, 16))
    if style < 0.25:  # rays
        return [line(0.68 * ray, ray) for ray in np.exp(2j * np.pi / count * np.arange(count))]
    t = np.linspace(0, 1, 6 * count + 1)
    around, wave = np.exp(2j * np.pi * t), np.exp(2j * np.pi * count * t)
    if style < 0.5:  # loops
        return [around * (0.85 + 0.17 * wave)]
    teeth = np.arange(len(t)) % 6 / 5 if style < 0.7 else wave.real
    return [around * (0.85 + 0.15 * teeth)]


def _lion(rng: Generator) -> list[Stroke]:
    head = [*_mane(rng), oval(rng, 0, 0.62, 0.62), *pair(oval(rng, 0.22 - 0.15j, 0.07, 0.07))]
    head += [line(-0.1 + 0.08j, 0.1 + 0.08j, 0.2j, -0.1 + 0.08j)]
    head += pair(bend(0.2j, 0.12 + 0.45j, 0.28 + 0.25j))
    if rng.random() < 0.4:  # whiskers
        head += pair(line(0.15 + 0.15j, 0.55 + 0.05j), line(0.15 + 0.2j, 0.55 + 0.25j))
    if rng.random() < 0.75:
        return head
    body = [oval(rng, 0.5 + 0.1j, 0.65, 0.32), bend(1.1, 1.5 + 0.1j, 1.4 - 0.6j)]
    body += [oval(rng, 1.4 - 0.7j, 0.1, 0.1)]
    body += [line(x + 0.35j, x + 0.95j) for x in (0.0, 0.2, 0.75, 0.95)]
    return placed(head, 0.55, -0.4 - 0.35j) + body


def _monkey(rng: Generator) -> list[Stroke]:
    tall, ear = between(rng, 0.55, 0.75), between(rng, 0.18, 0.34)
    head = [oval(rng, 0, 0.62, tall), *pair(arc(0.6 + 0.7 * ear, ear, ear, -0.4, 0.4))]
    head += pair(oval(rng, 0.2 - 0.18j, 0.08, 0.08))
    head += [arc(1j * (tall - 0.35), 0.25, 0.13, 0.02, 0.48)]
    if rng.random() < 0.4:
        head += pair(oval(rng, 0.6 + 0.7 * ear, 0.5 * ear, 0.5 * ear))
    if rng.random() < 0.6:  # a muzzle, else the heart of a face
        head += [oval(rng, 1j * (tall - 0.3), 0.42, 0.25)]
    else:
        head += pair(bend(-0.35j, 0.6 - 0.7j, 0.42 + 0.05j))
    if rng.random() < 0.55:
        return head
    body = [oval(rng, 0.35j, 0.32, 0.42), *pair(bend(0.15 + 0.7j, 0.45 + 0.8j, 0.35 + 1.15j))]
    body += [bend(0.25 + 0.1j, 0.6 + 0.3j, 0.75 + 1j * between(rng, -0.6, 0.4))]
    body += [bend(-0.25 + 0.1j, -0.6 + 0.3j, -0.75 + 1j * between(rng, -0.6, 0.4))]
    return placed(head, 0.5, -0.4j) + body + [tail(0.3 + 0.6j, 0.32, between(rng, 0.8, 1.4))]


def _pig(rng: Generator) -> list[Stroke]:
    head = [oval(rng, 0, 0.85, 0.8), oval(rng, 0.15j, 0.32, 0.23)]
    head += pair(oval(rng, 0.12 + 0.15j, 0.05, 0.08), oval(rng, 0.35 - 0.3j, 0.08, 0.08))
    fold = 0.6 - 1.1j if rng.random() < 0.7 else 0.95 - 0.3j
    head += pair(line(0.3 - 0.75j, fold, 0.75 - 0.5j))
    if rng.random() < 0.5:
        head += [arc(0.4j, 0.3, 0.2, 0.03, 0.47)]
    if rng.random() < 0.6:
        return head
    body = [oval(rng, 0.3, 0.75, 0.5), tail(1.05 - 0.1j, 0.13, 1.5)]
    body += [line(x + 0.42j, x + 0.85j) for x in (-0.15, 0.05, 0.5, 0.7)]
    return body + placed(head, 0.42, -0.5 - 0.25j)


def _scissor(rng: Generator) -> list[Stroke]:
    blade, loop = np.exp(1j * between(rng, 0.08, 0.5)), between(rng, 0.16, 0.3)
    thick = 0.0 if rng.random() < 0.5 else 0.1j
    cut = line(-0.45, thick, 1, -thick, -0.45) * blade
    handle = oval(rng, -0.45 - 1.2 * loop, 1.3 * loop, loop) * blade
    return _any_way(rng, [cut, handle, cut.conj(), handle.conj()], -0.25)


def _skull(rng: Generator) -> list[Stroke]:
    jaw, chin, eye = between(rng, 0.3, 0.5), between(rng, 0.8, 1.1), between(rng, 0.15, 0.27)
    half = line(0.53 + 0.4j, jaw + 0.5j, jaw + 1j * chin)
    strokes = [arc(-0.2j, 0.85, 0.75, 0.36, 1.14), np.concatenate([half, -half[::-1].conj()])]
    strokes += pair(oval(rng, 0.35 - 0.15j, eye, eye))
    if rng.random() < 0.25:
        strokes += pair(scribble(0.35 - 0.15j, eye, eye))
    if rng.random() < 0.7:
        strokes += [line(-0.1 + 0.3j, 0.08j, 0.1 + 0.3j, -0.1 + 0.3j)]
    if rng.random() < 0.8:
        teeth = np.linspace(-jaw, jaw, int(rng.integers(4, 7)))[1:-1]
        strokes += [line(x + 0.55j, x + 1j * chin) for x in teeth]
    if rng.random() < 0.15:  # crossed bones
        strokes += pair(line(-1 + 0.7j, 1 + 1.3j))
    return strokes


def _television(rng: Generator) -> list[Stroke]:
    half = complex(between(rng, 0.8, 1.1), between(rng, 0.5, 0.75))
    rim, old = between(rng, 0.08, 0.2), rng.random() < 0.6
    knobs = 0.35 if old and rng.random() < 0.7 else 0.0
    corner, opposite = rim * (1 + 1j) - half, half - rim * (1 + 1j) - knobs
    strokes, inside = [box(-half, half)], (opposite - corner) / 2
    if rng.random() < 0.7:
        strokes += [box(corner, opposite)]
    elif rng.random() < 0.7:
        strokes += [oval(rng, (corner + opposite) / 2, inside.real, inside.imag)]
    if knobs:
        strokes += [oval(rng, half - 0.22 - 1j * y, 0.09, 0.09) for y in (0.4, 0.8)]
    if rng.random() < (0.9 if old else 0.15):
        top = -1j * half.imag
        strokes += pair(line(top, top - 0.55j + between(rng, 0.25, 0.6)))
    if rng.random() < 0.7:
        foot = 1j * half.imag + (0.5 if rng.random() < 0.5 else 0.1)
        strokes += pair(line(foot, foot + 0.05 + 0.3j, foot + 0.2 + 0.3j))
    return strokes


def _traffic_light(rng: Generator) -> list[Stroke]:
    half, lamp = between(rng, 0.28, 0.45), between(rng, 0.17, 0.24)
    strokes, lamps = [box(-half - 0.85j, half + 0.85j)], (-0.55j, 0j, 0.55j)
    strokes += [oval(rng, at, lamp, lamp) for at in lamps]
    if rng.random() < 0.15:
        strokes += [scribble(at, lamp, lamp) for at in lamps]
    if rng.random() < 0.25:  # hoods
        hood = line(half - 0.15j, half + 0.25 - 0.1j, half + 0.15j)
        strokes += pair(*(hood + at for at in lamps))
    if rng.random() < 0.1:
        return placed(strokes, 1j)
    if rng.random() < 0.5:
        pole = line(0.85j, 1.6j)
        strokes += pair(pole + 0.1) if rng.random() < 0.6 else [pole]
    return strokes


RECIPES: dict[str, Recipe] = {
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


def write_sample(
    folder: str | os.PathLike[str], drawings_per_class: int = 1_000, seed: int = 0
) -> None:
    """Writes `<class>.npy` for each of the ten things, drawn by hurried hands.

    Layout, determinism and errors are those of `sketches.write_classes`.
    """
    recipes = {name: hurried(RECIPES, name) for name in RECIPES}
    write_classes(folder, recipes, drawings_per_class, seed)
