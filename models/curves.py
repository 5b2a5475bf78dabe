"""Training curves as geometry: points and ticks that the report's template draws as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 36

Values = Sequence[float | None]


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where it is, in SVG units, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """One curve: its name, its points in SVG units and its last value in words."""

    name: str
    points: list[tuple[float, float]]
    last: str

    @property
    def path(self) -> str:
        """The `points` attribute of an SVG polyline."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


@dataclass(frozen=True)
class Chart:
    """A line chart of `WIDTH` by `HEIGHT` SVG units, its plot inside the margins."""

    title: str
    lines: list[Line]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    axis: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def chart(
    title: str,
    times: Sequence[int],
    curves: dict[str, Values],
    shares: bool,
    axis: str = "epoch",
) -> Chart:
    """Lays out curves over epochs or steps.

    Args:
        title: what the values are.
        times: x of each value.
        curves: a value a time, by name; None and what is not finite are left out.
        shares: whether values are shares, to be shown as percentages.
        axis: what is counted along x.
    """
    points = {
        name: [
            (time, value)
            for time, value in zip(times, values, strict=True)
            if value is not None and math.isfinite(value)
        ]
        for name, values in curves.items()
    }
    found = [value for line in points.values() for _, value in line]
    y_ticks = ticks(min(found, default=0.0), max(found, default=1.0), 5)
    low, high = y_ticks[0], y_ticks[-1]
    first, last = min(times), max(times)
    digits = max(0, -math.floor(math.log10((y_ticks[1] - low) * (100 if shares else 1)) + 1e-9))

    def x(time: float) -> float:
        share = (time - first) / (last - first) if last > first else 0.5
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)

    def words(value: float, digits: int) -> str:
        return percent(value, digits) if shares else f"{value:.{digits}f}"

    return Chart(
        title,
        [
            Line(
                name,
                [(x(time), y(value)) for time, value in line],
                words(line[-1][1], 1 if shares else 3),
            )
            for name, line in points.items()
            if line
        ],
        [
            Tick(x(time), f"{time:,.0f}")
            for time in ticks(first, last, 8, whole=True)
            if first <= time <= last
        ],
        [Tick(y(value), words(value, digits)) for value in y_ticks],
        axis,
    )


def percent(share: float, digits: int = 1) -> str:
    """Returns a share of 0 to 1 as a percentage, such as `84.8 %`."""
    return f"{100 * share:.{digits}f}\u202f%"


def ticks(low: float, high: float, about: int, whole: bool = False) -> list[float]:
    """Returns round numbers, evenly spaced, from `low` or just below to `high` or just above.

    The step is 1, 2 or 5 times a power of ten; see Heckbert, "Nice numbers for graph labels"
    (Graphics Gems, 1990).

    Args:
        low: the smallest value.
        high: the largest.
        about: how many ticks to aim at.
        whole: whether the step must be a whole number.
    """
    span = high - low or abs(high) or 1.0
    rough = span / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    if whole:
        step = max(step, 1.0)
    start, stop = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [index * step for index in range(start, max(stop, start + 1) + 1)]
