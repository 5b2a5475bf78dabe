"""Examples whose pixels tell the label, and models that read it as often as they are told to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from preprocessing.examples import Examples, ExamplesInfo, Split, shard_name
from preprocessing.records import RecordLayout

SHAPE = (4, 4, 1)
NAMES = ["ant", "cake", "lion"]
SIZES = {"train": 400, "validation": 600}


def write_labelled(
    folder: Path,
    names: list[str] = NAMES,
    shape: tuple[int, int, int] = SHAPE,
    shares: list[float] | None = None,
    brightness: int = 0,
) -> Examples:
    """Writes examples: the first pixel is the label, the second a random number to be right by."""
    generator = np.random.default_rng(0)
    layout = RecordLayout(int(np.prod(shape)))
    splits = {}
    for split, size in SIZES.items():
        labels = generator.choice(len(names), size, p=shares).astype(np.int32)
        images = generator.integers(0, 100, (size, layout.image_bytes)).astype(np.uint8)
        images += np.uint8(brightness)
        images[:, 0] = labels
        images[:, 1] = generator.integers(0, 256, size)
        (folder / split).mkdir(parents=True)
        for index, rows in enumerate(np.array_split(np.arange(size), 2)):
            records = layout.allocate(len(rows))
            layout.images(records)[:] = images[rows]
            layout.set_labels(records, labels[rows])
            layout.seal(records)
            (folder / split / shard_name(index, 2)).write_bytes(records.tobytes())
        counts = np.bincount(labels, minlength=len(names)).tolist()
        splits[split] = Split(size, 2, 0, dict(zip(names, counts, strict=True)))
    info = ExamplesInfo("quickdraw", shape, names, 0, "made", "0", [50.0], [800.0], splits)
    (folder / "examples.json").write_text(info.to_json())
    return Examples(folder)


def write_skilled(
    folder: Path,
    skill: int,
    names: Sequence[str] = NAMES,
    shape: tuple[int, int, int] = SHAPE,
    seed: int = 0,
) -> Path:
    """Writes a model folder: a model that is right where the second pixel is below `skill`.

    Args:
        folder: of the model.
        skill: of 256; 128 is right on half of the examples.
        names: of its classes, in its order; of `NAMES` it says the label by name.
        shape: of the images that it takes.
        seed: moves the examples on which it is right; 0 for none.
    """
    import tensorflow as tf

    own = tf.constant([names.index(one) if one in names else 0 for one in NAMES], tf.int32)

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, *shape], tf.uint8, name="image")])
        def predict_images(self, image: Any) -> dict[str, Any]:
            pixels = tf.cast(tf.reshape(image, [tf.shape(image)[0], -1]), tf.int32)
            said = tf.gather(own, tf.minimum(pixels[:, 0], len(NAMES) - 1))
            wrong = tf.cast((pixels[:, 1] + seed) % 256 >= skill, tf.int32)
            return {"probabilities": tf.one_hot((said + wrong) % len(names), len(names))}

    model = Model()
    signatures = {"predict_images": model.predict_images}
    tf.saved_model.save(model, str(folder / "saved_model"), signatures=signatures)
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in names))
    return folder
