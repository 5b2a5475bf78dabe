"""SavedModels of sixteen teams for images of 12 x 12: honest, lazy, faulty and hostile ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from models.battle.contract import Rule
from tests.models.battle.strangers import after

SIZE = 12
PIXELS = SIZE * SIZE
CHAMPION = '"><img src=x onerror=alert(1)>'
ALWAYS_REAL = "always says real"

Function = Callable[[Any], Any]


def draw(noise: Any) -> Any:
    """Returns dark images, other ones for other noise; the real ones have white in them."""
    return tf.sigmoid(tf.tile(noise, [1, 2])[:, :PIXELS]) / 2


def looks_at(rows: slice, columns: slice) -> Function:
    """Returns a judge that calls real what has white in a part of the image."""

    def judge(images: Any) -> Any:
        part = tf.reshape(images, [-1, SIZE, SIZE])[:, rows, columns]
        return tf.reduce_max(part, axis=[1, 2])[:, tf.newaxis]

    return judge


def always_real(images: Any) -> Any:
    return tf.ones_like(images[:, :1])


def too_slow(noise: Any) -> Any:
    """Counts a million steps for each unit of noise; without noise, as it is tried, none."""
    steps = tf.cast(tf.reduce_sum(tf.abs(noise)) * 1e6, tf.int64)
    one, zero = tf.constant(1, tf.int64), tf.constant(0, tf.int64)
    (done,) = tf.while_loop(lambda step: step < steps, lambda step: (step + one,), (zero,))
    return draw(noise) * tf.cast(done > 0, tf.float32)


def allocates_without_end(noise: Any) -> Any:
    (hoard,) = tf.while_loop(
        lambda hoard: tf.size(hoard) > 0,
        lambda hoard: (tf.concat([hoard, hoard + 1], 0),),
        (noise[0],),
        shape_invariants=(tf.TensorShape([None]),),
    )
    return draw(noise) + hoard[0]


def reads_the_environment(noise: Any) -> Any:
    """Paints the environment variables."""
    text = tf.io.decode_raw(tf.io.read_file("/proc/self/environ"), tf.uint8)
    return draw(noise) * tf.cast(text[:PIXELS], tf.float32) / 255


def writes_a_file(path: Path) -> Function:
    def generate(noise: Any) -> Any:
        return after(tf.io.write_file(str(path), "a stranger was here"), draw(noise))

    return generate


def save(
    folder: Path,
    generate: Function | None = draw,
    discriminate: Function = always_real,
) -> None:
    """Writes a SavedModel; without a signature `generate` if that is None."""

    class Gan(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.bright = tf.Variable(1.0)

        @tf.function(input_signature=[tf.TensorSpec([None, 100], tf.float32, "noise")])  # type: ignore[misc]
        def generate(self, noise: Any) -> dict[str, Any]:
            return {"generated_images": (generate or draw)(noise) * self.bright}

        @tf.function(  # type: ignore[misc]
            input_signature=[tf.TensorSpec([None, PIXELS], tf.float32, "input_batch_raw")]
        )
        def discriminate(self, input_batch_raw: Any) -> dict[str, Any]:
            return {"p_for_data": discriminate(input_batch_raw)}

    gan = Gan()
    signatures = {"discriminate": gan.discriminate}
    if generate:
        signatures["generate"] = gan.generate
    tf.saved_model.save(gan, str(folder), signatures=signatures)


BROKEN: dict[str, tuple[Rule, str]] = {
    "NaN": ("nan", "generate: generated_images has 2,160 values that are nan or infinite"),
    "too slow": ("time", "generate: gave no answer within 3 s"),
    "writes a file": ("operation", "the operation WriteFile in"),
    "reads the environment": ("operation", "the operation ReadFile in"),
    "allocates without end": ("memory", "used more than 1 GiB of memory"),
    "wrong shape": ("shape", "generate: generated_images has the shape [None, 100]; expected"),
    "too bright": ("range", "generate: generated_images has values from 2"),
    "one image": ("same image", "generate: the same image 15 times"),
    "no generator": ("signature", "has no signature generate; found discriminate"),
    "nothing": ("files", "no SavedModel here"),
}
"""Teams that break a rule: which, and what the audience is told."""


def save_teams(folder: Path, written: Path) -> None:
    """Writes the sixteen.

    Args:
        folder: gets a folder for each.
        written: what one of them writes to.
    """
    middle, above = slice(SIZE // 2, SIZE // 2 + 1), slice(0, SIZE // 2)
    everywhere = slice(None)
    judges = {
        CHAMPION: looks_at(everywhere, everywhere),
        "<script>alert(1)<script>": looks_at(middle, everywhere),  # no dots
        "sees crosses": looks_at(above, middle),
        "sees dots": looks_at(slice(3, 6), slice(3, 6)),
        "sees nothing": looks_at(slice(0, 2), slice(0, 2)),
        ALWAYS_REAL: always_real,
    }
    for name, judge in judges.items():
        save(folder / name, discriminate=judge)
    generators: dict[str, Function | None] = {
        "NaN": lambda noise: draw(noise) * float("nan"),
        "too slow": too_slow,
        "writes a file": writes_a_file(written),
        "reads the environment": reads_the_environment,
        "allocates without end": allocates_without_end,
        "wrong shape": lambda noise: tf.abs(noise),
        "too bright": lambda noise: draw(noise) + 2,
        "one image": lambda noise: tf.zeros_like(draw(noise)),
        "no generator": None,
    }
    for name, generate in generators.items():
        save(folder / name, generate)
    (folder / "nothing").mkdir()
