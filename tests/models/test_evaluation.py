"""Evaluation of a small SavedModel whose probabilities numpy can compute as well."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.evaluation import evaluate
from models.metrics import ClassificationMetrics
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.progress import parse_progress
from tests.models.conftest import (
    CLASS_NAMES,
    IMAGE_SHAPE,
    pixels_and_labels,
    write_examples,
)

WEIGHTS = np.random.default_rng(3).normal(0, 0.004, (int(np.prod(IMAGE_SHAPE)), len(CLASS_NAMES)))


def write_model(folder: Path, signature: str = "predict_images", scale: float = 1.0) -> Path:
    """Writes a model folder: a softmax of the pixels times `WEIGHTS`."""
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = tf.Variable(WEIGHTS * scale, dtype=tf.float32)

        @tf.function(input_signature=[tf.TensorSpec([None, *IMAGE_SHAPE], tf.uint8, name="image")])
        def predict_images(self, image: Any) -> dict[str, Any]:
            pixels = tf.reshape(tf.cast(image, tf.float32), [-1, len(WEIGHTS)])
            return {"probabilities": tf.nn.softmax(pixels @ self.weights)}

    model = Model()
    saved = str(folder / "saved_model")
    tf.saved_model.save(model, saved, signatures={signature: model.predict_images})
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in CLASS_NAMES))
    epochs = [{"epoch": 1, "loss": 1.0, "val_loss": 1.1, "hit_at_1": 0.4, "val_hit_at_1": 0.3}]
    (folder / "history.json").write_text(json.dumps(epochs))
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    """Returns a model folder without its SavedModel, to spoil."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("labels.txt", "history.json"):
        (folder / name).write_bytes((model / name).read_bytes())
    return folder


@pytest.mark.parametrize("batch_size", [7, 1024])
def test_the_metrics_are_those_of_the_split(
    model: Path, examples: Examples, tmp_path: Path, batch_size: int
) -> None:
    result = evaluate(model, examples.folder, tmp_path / "r.html", "train", batch_size)

    images, labels = pixels_and_labels(examples, "train")
    logits = images.reshape(len(images), -1) @ WEIGHTS
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = ClassificationMetrics(len(CLASS_NAMES))
    expected.update(scores / scores.sum(axis=1, keepdims=True), labels)
    confusion = result.pop("confusion")
    assert result == pytest.approx(expected.result(), abs=1e-5)
    assert confusion == {"class_names": CLASS_NAMES, "matrix": expected.confusion.tolist()}
    assert json.loads(json.dumps(result)) == result


def test_the_report_is_written_and_progress_told(
    model: Path, examples: Examples, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "new" / "report.html"
    evaluate(model, examples.folder, report, facts={"model": "Softmax"})
    assert "Softmax" in report.read_text()
    assert "taken for" in report.read_text()
    assert list(report.parent.iterdir()) == [report]
    last = parse_progress(capsys.readouterr().out.splitlines()[-1])
    assert last
    assert last[0] == 1
    assert "60 of 60" in last[1]


def test_the_network_that_training_exports_can_be_judged(
    examples: Examples, transform_folder: Path, tmp_path: Path
) -> None:
    import keras

    from models.export import export_model

    network = keras.Sequential(
        [
            keras.Input(IMAGE_SHAPE, dtype="uint8"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(len(CLASS_NAMES), activation="softmax"),
        ]
    )
    export_model(network, transform_folder, CLASS_NAMES, 2, tmp_path / "model")
    result = evaluate(tmp_path / "model", examples.folder, tmp_path / "report.html")
    images, labels = pixels_and_labels(examples, "validation")
    found = np.asarray(network(images)).argmax(axis=1)
    assert result["hit_at_1"] == pytest.approx((found == labels).mean())


@pytest.mark.parametrize(
    ("split", "message"),
    [("holdout", "choose one of train, validation"), ("validation", "split is empty")],
)
def test_a_split_that_cannot_be_judged_is_refused(
    copy: Path, tmp_path: Path, split: str, message: str
) -> None:
    write_examples(tmp_path / "examples", {"train": [8], "validation": [0]})
    with pytest.raises(InputError, match=message) as caught:
        evaluate(copy, tmp_path / "examples", tmp_path / "report.html", split)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("labels.txt", None, "labels.txt: not found"),
        ("labels.txt", "bar\ndot\ncross\n", "line 2 is 'dot', but the examples say 'cross'"),
        ("labels.txt", "bar\n", "1 classes, but the examples have 3"),
        ("history.json", "[", "history.json: not valid JSON"),
        ("history.json", "{}", "history.json: expected a list"),
        ("saved_model", None, "no SavedModel here"),
    ],
)
def test_a_spoilt_model_is_refused(
    copy: Path, examples: Examples, tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        (copy / name).write_text(content)
    else:
        (copy / name).unlink(missing_ok=True)
    with pytest.raises(InputError, match=message) as caught:
        evaluate(copy, examples.folder, tmp_path / "report.html")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "report.html").exists()


def test_another_signature_is_refused(examples: Examples, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model", signature="serving_default")
    with pytest.raises(InputError, match="no signature 'predict_images', only serving_default"):
        evaluate(model, examples.folder, tmp_path / "report.html")


def test_another_image_size_is_refused(model: Path, tmp_path: Path) -> None:
    other = write_examples(tmp_path / "examples", {"validation": [5]}, image_shape=(14, 14, 1))
    with pytest.raises(InputError, match=r"need .*14, 14, 1.*evaluate on the examples"):
        evaluate(model, other.folder, tmp_path / "report.html")


def test_a_diverged_model_is_refused(examples: Examples, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model", scale=float("nan"))
    with pytest.raises(InputError, match="training diverged"):
        evaluate(model, examples.folder, tmp_path / "report.html")
