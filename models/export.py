"""The model as others use it: a SavedModel with the transform inside, the network, the labels."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from models.raw_examples import OWN_FEATURES, parse_images
from models.whole_files import whole_files
from preprocessing.challenge import RecordFeatures

EXPORT_FOLDER = "export"
"""Where the exports of a training under way go, as `step_N`."""

SAVED_MODEL_FOLDER = "saved_model"
NETWORK_FILE = "network.keras"
LABELS_FILE = "labels.txt"


def export_model(
    network: keras.Model,
    transform_folder: str | Path,
    class_names: Sequence[str],
    top_k: int,
    folder: str | Path,
    features: RecordFeatures = OWN_FEATURES,
) -> None:
    """Writes `saved_model/`, `network.keras` and `labels.txt` into `folder`.

    The SavedModel needs neither this project nor Keras. Its signatures are

        serving_default(example_bytes string[None]) -> {image_id string[None],
            class_indexes int32[None, k], predictions float32[None, k]}
        predict_images(image uint8[None, H, W, C]) -> {probabilities float32[None, classes]}

    `example_bytes` are serialized raw tf.Examples, as `preprocess` writes them, with an encoded
    image (JPEG, PNG) in the pixels' place, or as the challenge hands them out: the image runs
    through the tf.Transform graph; `image_id` is empty where it is absent. The k classes come by
    falling score. Under another backend than TensorFlow a child process writes the SavedModel;
    without TensorFlow it is left out, and a line says so. All are moved into place when written.

    Args:
        network: from uint8 `[N, H, W, C]` to float32 `[N, classes]`.
        transform_folder: what `tft.TFTransformOutput` reads.
        class_names: names in label order.
        top_k: classes a prediction; all of them where there are fewer.
        folder: made if it is not there.
        features: what the challenge calls the features of its own records.
    """
    with whole_files(folder) as unfinished:
        (unfinished / LABELS_FILE).write_text("".join(f"{name}\n" for name in class_names))
        network.save(unfinished / NETWORK_FILE)
        k = min(top_k, len(class_names))
        written = unfinished / SAVED_MODEL_FOLDER
        if keras.backend.backend() == "tensorflow":
            _write_saved_model(network, transform_folder, k, features, written)
        elif importlib.util.find_spec("tensorflow"):
            _write_in_child(unfinished / NETWORK_FILE, transform_folder, k, features, written)
        else:
            print(f"{folder}: no {SAVED_MODEL_FOLDER}, which takes TensorFlow", flush=True)


def _write_saved_model(
    network: keras.Model,
    transform_folder: str | Path,
    k: int,
    features: RecordFeatures,
    folder: Path,
) -> None:
    import tensorflow as tf
    import tensorflow_transform as tft

    transform = tft.TFTransformOutput(str(transform_folder)).transform_features_layer()

    def predict_images(image: Any) -> dict[str, Any]:
        return {"probabilities": network(image, training=False)}

    def serving_default(example_bytes: Any) -> dict[str, Any]:
        images, ids = parse_images(
            example_bytes,
            features,
            network.input_shape[1:],
            lambda raw: transform({"image": raw})["image"],
        )
        predictions, class_indexes = tf.math.top_k(network(images, training=False), k)
        return {
            "image_id": ids,
            "class_indexes": class_indexes,
            "predictions": predictions,
        }

    archive = keras.export.ExportArchive()
    archive.track(network)
    archive.track(transform)
    archive.add_endpoint(
        "serving_default", serving_default, [tf.TensorSpec([None], tf.string, "example_bytes")]
    )
    archive.add_endpoint(
        "predict_images",
        predict_images,
        [tf.TensorSpec(network.input_shape, tf.uint8, "image")],
    )
    archive.write_out(str(folder), verbose=False)


def _write_in_child(
    network_file: Path,
    transform_folder: str | Path,
    k: int,
    features: RecordFeatures,
    folder: Path,
) -> None:
    """Writes the SavedModel in a process whose Keras runs on TensorFlow."""
    project = str(Path(__file__).resolve().parents[1])
    subprocess.run(
        [
            *(sys.executable, "-m", __name__),
            *(network_file, transform_folder, str(k), json.dumps(asdict(features)), folder),
        ],
        env=os.environ | {"KERAS_BACKEND": "tensorflow", "PYTHONPATH": project},
        check=True,
    )


if __name__ == "__main__":
    _write_saved_model(
        keras.saving.load_model(sys.argv[1], compile=False),
        sys.argv[2],
        int(sys.argv[3]),
        RecordFeatures(**json.loads(sys.argv[4])),
        Path(sys.argv[5]),
    )
