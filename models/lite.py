"""The model for a phone: TensorFlow Lite, float and int8, each checked against the SavedModel.

lite/
    model_float.tflite    signature serving_default(image uint8 [1, height, width, channels])
                          -> probabilities float32 [1, classes]
    model_int8.tflite     the same, computed in 8-bit integers
    labels.txt            a class name a line, in label order
"""

import shutil
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from models.evaluation import check_labels, load_saved_model
from models.export import LABELS_FILE, SAVED_MODEL_FOLDER
from models.lite_conversion import convert
from models.metrics import hit_at_1
from models.ranking import Floats, Ints
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.progress import report_note, report_progress
from preprocessing.records import Bytes

FLOAT_FILE = "model_float.tflite"
INT8_FILE = "model_int8.tflite"

CALIBRATION_IMAGES = 1_500
"""Training images that tell the int8 model the range of every activation."""

CHECKED_IMAGES = 2000
"""Validation images on which the models are compared, at most."""

LEAST_AGREEMENT = 0.99
"""Share of images that must have the same class; below it the user is told."""


def export_lite(
    model_folder: str | Path, examples_folder: str | Path, output_folder: str | Path
) -> dict[str, float]:
    """Writes `model_float.tflite`, `model_int8.tflite` and `labels.txt`, all or nothing.

    Args:
        model_folder: what training wrote.
        examples_folder: what the preprocessing wrote. Images of `train` calibrate, images of
            `validation` check; both are a fixed choice over all shards.
        output_folder: made anew.

    Returns:
        `examples`, how many the check had; `saved_model_hit_at_1`; and for the float and the int8
        model `<kind>_agreement`, the share of examples whose class is the SavedModel's (either
        one where its best two are equal), `<kind>_hit_at_1`, `<kind>_bytes`, and
        `<kind>_milliseconds`, the mean time an image on one thread of this machine.

    Raises:
        InputError: the model or the examples are not whole or do not belong together, TensorFlow
            Lite lacks an operation of the network, or its float model disagrees.
    """
    model_folder, examples = Path(model_folder), Examples(examples_folder)
    saved_model, class_names = model_folder / SAVED_MODEL_FOLDER, examples.info.class_names
    check_labels(model_folder / LABELS_FILE, class_names, examples.folder)
    predict = load_saved_model(saved_model, examples)
    calibration, _ = _choose(examples, "train", CALIBRATION_IMAGES)
    images, labels = _choose(examples, "validation", CHECKED_IMAGES)
    expected = predict(images)

    report_progress(0.1, f"converting, with {len(calibration):,} images to calibrate int8")
    in_float, in_int8 = convert(saved_model, calibration)
    metrics = {"examples": len(labels), "saved_model_hit_at_1": hit_at_1(expected, labels)}
    for done, (kind, model) in enumerate({"float": in_float, "int8": in_int8}.items()):
        report_progress(0.6 + 0.2 * done, f"checking the {kind} model on {len(labels):,} images")
        probabilities, seconds = _run(model, images)
        metrics |= {
            f"{kind}_agreement": agreement(expected, probabilities),
            f"{kind}_hit_at_1": hit_at_1(probabilities, labels),
            f"{kind}_bytes": len(model),
            f"{kind}_milliseconds": 1000 * seconds,
        }
    _judge(metrics, saved_model)
    files = {
        FLOAT_FILE: in_float,
        INT8_FILE: in_int8,
        LABELS_FILE: "".join(f"{name}\n" for name in class_names).encode(),
    }
    _write(files, Path(output_folder))
    report_progress(1, f"int8 agrees on {metrics['int8_agreement']:.1%}, {len(in_int8):,} bytes")
    return metrics


def agreement(expected: Floats, found: Floats) -> float:
    """Returns the share of rows whose best class in `found` is a best one in `expected`.

    Both are `[n, classes]`. Where the two best of `expected` are equal, either agrees.
    """
    chosen = np.take_along_axis(expected, found.argmax(axis=1, keepdims=True), axis=1)
    return float((chosen[:, 0] == expected.max(axis=1)).mean())


def _choose(examples: Examples, split: str, count: int) -> tuple[Bytes, Ints]:
    """Returns images `[n, H, W, C]` and labels `[n]`: the same ones every time, of all shards."""
    info = examples.info
    total = info.splits[split].examples if split in info.splits else 0
    if not total:
        raise InputError(
            f"{examples.folder / split}: no examples; run the preprocessing again with some"
        )
    chosen = np.sort(np.random.default_rng(0).choice(total, min(count, total), replace=False))
    shards = examples.open(split)
    ends = np.cumsum([len(shard) for shard in shards])
    parts = np.split(chosen, np.searchsorted(chosen, ends[:-1]))
    records = np.concatenate(
        [shard[part - end] for shard, part, end in zip(shards, parts, ends, strict=True)]
    )  # counted from the end of the shard
    layout = info.layout(split)
    return layout.images(records).reshape(-1, *info.image_shape), layout.labels(records)


def _run(model: bytes, images: Bytes) -> tuple[Floats, float]:
    """Returns the probabilities `[n, classes]`, one image at a time, and the seconds each took."""
    import tensorflow as tf

    with warnings.catch_warnings(action="ignore"):  # tf.lite announces its successor
        interpreter = tf.lite.Interpreter(model_content=model, num_threads=1)
        run = interpreter.get_signature_runner()
    run(image=images[:1])  # the first takes longer
    start = time.perf_counter()
    rows = [run(image=images[index : index + 1])["probabilities"] for index in range(len(images))]
    seconds = (time.perf_counter() - start) / len(images)
    return np.concatenate(rows), seconds


def _judge(metrics: dict[str, float], saved_model: Path) -> None:
    shares = {kind: metrics[f"{kind}_agreement"] for kind in ("float", "int8")}
    on = f"of {metrics['examples']:,} validation images"
    if shares["float"] < LEAST_AGREEMENT:
        raise InputError(
            f"{saved_model}: its float TensorFlow Lite model gives the same class for"
            f" {shares['float']:.1%} {on}, expected {LEAST_AGREEMENT:.0%} or more, so the"
            " conversion is at fault; train a network of other layers"
        )
    if shares["int8"] < LEAST_AGREEMENT:
        report_note(
            f"{INT8_FILE} gives the SavedModel's class for {shares['int8']:.1%} {on}, as close"
            f" calls fall either way in 8 bits; its Hit@1 is {metrics['int8_hit_at_1']:.4f},"
            f" the SavedModel's {metrics['saved_model_hit_at_1']:.4f}"
        )


def _write(files: dict[str, bytes], folder: Path) -> None:
    """Writes the files into `folder`, which is not there before all of them are."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        shutil.rmtree(folder)
    with tempfile.TemporaryDirectory(prefix=".lite-", dir=folder.parent) as temporary:
        unfinished = Path(temporary) / folder.name
        unfinished.mkdir()
        for name, content in files.items():
            (unfinished / name).write_bytes(content)
        shutil.move(unfinished, folder)  # copies where a mounted bucket cannot rename
