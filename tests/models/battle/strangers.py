"""Submissions for tests, of images of 2 x 2: good ones, and bad ones by a function of one's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

PIXELS = 4


class Team(tf.Module):  # type: ignore[misc]
    """Two tiny networks with variables and a constant, whose answers are easily worked out."""

    def __init__(self) -> None:
        super().__init__()
        self.mixing = tf.Variable(tf.fill([100, PIXELS], 0.01))
        self.weights = tf.Variable(tf.ones([PIXELS, 1]))
        self.half = tf.constant(0.5)

    def generate(self, noise: Any) -> Any:
        """Returns 0.5 + the noise's mean / 2, in every pixel."""
        return self.half + self.half * (noise @ self.mixing)

    def discriminate(self, images: Any) -> Any:
        """Returns the images' mean."""
        return images @ self.weights / PIXELS


def save(
    folder: Path,
    generate: Callable[[Team, Any], Any] = Team.generate,
    discriminate: Callable[[Team, Any], Any] = Team.discriminate,
    names: tuple[str, ...] = ("generate", "noise", "generated_images"),
    width: int | None = 100,
    keep: Callable[[Team], None] = lambda team: None,
) -> Path:
    """Writes a SavedModel.

    Args:
        folder: where to.
        generate: from a team and noise to images.
        discriminate: from a team and images to probabilities.
        names: the first signature's, its argument's and its result's.
        width: of the noise.
        keep: gives the team more to carry in its SavedModel.
    """
    team = Team()
    keep(team)
    signature, argument, result = names

    def discriminate_named(input_batch_raw: Any) -> dict[str, Any]:
        return {"p_for_data": discriminate(team, input_batch_raw)}

    def generate_named(**given: Any) -> dict[str, Any]:
        return {result: generate(team, given[argument])}

    team.calls = [
        tf.function(generate_named, autograph=False).get_concrete_function(
            **{argument: tf.TensorSpec([None, width], tf.float32, argument)}
        ),
        tf.function(discriminate_named, autograph=False).get_concrete_function(
            tf.TensorSpec([None, PIXELS], tf.float32, "input_batch_raw")
        ),
    ]
    signatures = {signature: team.calls[0], "discriminate": team.calls[1]}
    tf.saved_model.save(team, str(folder), signatures=signatures)
    return folder


def after(done: Any, images: Any) -> Any:
    """Returns the images, which cannot be had before something is done."""
    with tf.control_dependencies([done]):
        return tf.identity(images)
