"""Quick, Draw!: black and white drawings of 28x28 pixels, a class a file, 784 bytes a drawing."""

from typing import Any

from preprocessing.challenge import Challenge

IMAGE_SHAPE = (28, 28, 1)


def decode(images: Any) -> Any:
    """Returns raw bitmaps, strings [N] of 784 bytes, as uint8 [N, 28, 28, 1]."""
    import tensorflow as tf

    return tf.reshape(tf.io.decode_raw(images, tf.uint8), [-1, *IMAGE_SHAPE])


def write_sample(folder: str) -> None:
    """Writes ten classes of drawings made by code, as many as train in a minute or two."""
    from preprocessing.samples.things import write_things

    write_things(folder, drawings_per_class=1_000)


CHALLENGE = Challenge(
    name="quickdraw",
    image_shape=IMAGE_SHAPE,
    suffix=".npy",
    top_k=5,
    decode=decode,
    write_sample=write_sample,
)
