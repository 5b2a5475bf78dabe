"""The other challenges from end to end, each in its own formats: what is theirs alone."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import WriteBitmaps
from tests.pipelines.conftest import Command
from tests.pipelines.steps_here import steps_here
from tests.preprocessing.raw_data import encoded, example, write_idx, write_records

QUICK = "model=Logistic epochs=1 batch_size=16"

Run = Callable[..., tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def run(command: Command) -> Run:
    """Returns a function that runs a pipeline: what it printed, and its record."""

    def call(
        pipeline: str, data: Path, runs: Path, params: str = QUICK
    ) -> tuple[str, dict[str, Any]]:
        with steps_here(besides=""):
            status, out, err = command(
                "run", pipeline, "--data", data, "--runs", runs, "--params", params
            )
        assert status == 0, out + err
        (path,) = runs.glob("*/run.json")
        return out, json.loads(path.read_text())

    return call


def artifact(record: dict[str, Any], name: str) -> Path:
    return Path(next(s["artifacts"][name] for s in record["steps"] if name in s["artifacts"]))


def submission(record: dict[str, Any]) -> list[list[str]]:
    with artifact(record, "submission").open(newline="") as file:
        return list(csv.reader(file))


def photos(first: int, count: int, labelled: bool = True) -> list[bytes]:
    """Returns records of Cats vs Dogs: JPEGs of many sizes."""
    return [
        example(
            image__encoded=[encoded(number, width=20 + number, height=70 - number)],
            image__filename=[b"%d.jpg" % number],
            **({"image__class__label": [number % 2]} if labelled else {}),
        )
        for number in range(first, first + count)
    ]


def test_serving_raw_jpegs_predicts_what_the_pipeline_predicts(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_records(data / "train-00000-of-00002", photos(0, 13))
    write_records(data / "train-00001-of-00002", photos(13, 13))
    write_records(data / "validation-00000-of-00001", photos(26, 6))
    hidden = photos(32, 9, labelled=False)
    write_records(data / "test-00000-of-00001", hidden)
    printed, record = run("cats_vs_dogs", data, tmp_path / "runs", f"{QUICK} image_size=32")

    assert [row[0] for row in submission(record)] == ["Id", *(f"{n}.jpg" for n in range(32, 41))]
    assert {row[1] for row in submission(record)[1:]} <= {"0", "1"}
    assert "the labels of this test set are not known, so there is no score" in printed
    assert "test_accuracy" not in printed
    examples = json.loads((artifact(record, "examples") / "examples.json").read_text())
    assert examples["image_shape"] == [32, 32, 3]
    assert {name: split["examples"] for name, split in examples["splits"].items()} == {
        "train": 26,
        "validation": 6,
        "test": 9,
    }

    import tensorflow as tf

    served = tf.saved_model.load(str(artifact(record, "model") / "saved_model"))
    answers = served.signatures["serving_default"](example_bytes=tf.constant(hidden))
    (file,) = artifact(record, "predictions").glob("prediction.results-*")
    predicted = [json.loads(line)["prediction"] for line in file.read_text().splitlines()]
    assert [line["image_id"] for line in predicted] == [
        name.decode() for name in answers["image_id"].numpy()
    ]
    scores = np.array([line["predictions"] for line in predicted], np.float32)
    assert (scores == answers["predictions"].numpy()).all()
    classes = [line["class_indexes"] for line in predicted]
    assert classes == answers["class_indexes"].numpy().tolist()


def test_digits_are_handed_in_by_their_row(run: Run, tmp_path: Path) -> None:
    data, rng = tmp_path / "data", np.random.default_rng(0)
    for name, count in (("train", 120), ("t10k", 25)):
        labels = np.arange(count) % 10
        images = rng.integers(0, 100, (count, 28, 28)) + 15 * labels[:, None, None]
        write_idx(data / f"{name}-images-idx3-ubyte.gz", images.astype(np.uint8))
        write_idx(data / f"{name}-labels-idx1-ubyte.gz", labels.astype(np.uint8))
    _, record = run("mnist", data, tmp_path / "runs")
    assert [row[0] for row in submission(record)] == ["Id", *map(str, range(25))]
    metrics = {name: v for step in record["steps"] for name, v in step["metrics"].items()}
    assert metrics["test_examples"] == 25


def test_renaissance_takes_all_classes_and_leaves_models_for_phones(
    run: Run, tmp_path: Path, write_bitmaps: WriteBitmaps
) -> None:
    names = [f"thing{number:02}" for number in range(34)]
    data = write_bitmaps(tmp_path / "data", dict.fromkeys(names[:9], 40))
    for name in names[9:]:  # its blots know nine places only
        np.save(data / f"{name}.npy", np.load(data / f"{names[int(name[-2:]) % 9]}.npy")[::-1])
    _, record = run("renaissance", data, tmp_path / "runs")
    folder = artifact(record, "lite_model")
    assert {path.name for path in folder.iterdir()} == {
        "labels.txt",
        "model_float.tflite",
        "model_int8.tflite",
    }
    assert (folder / "labels.txt").read_text().split() == names
    metrics = {name: v for step in record["steps"] for name, v in step["metrics"].items()}
    assert metrics["float_agreement"] >= 0.99
    assert 0 <= metrics["hit_at_1"] <= metrics["top_5"] <= 1


@pytest.mark.parametrize(
    ("pipeline", "params", "told"),
    [
        ("cats_vs_dogs", "image_size=4", "error: image_size=4: expected 8 to 1024 pixels"),
        ("cats_vs_dogs", "max_bad_fraction=1", "error: max_bad_fraction=1.0: expected a share"),
        ("cats_vs_dogs", "model=Cnm", "error: model=Cnm: models.cats_vs_dogs has no such model"),
        ("mnist", "weights=none.h5", "error: weights=none.h5: no such file"),
        ("digits", "", "error: PIPELINE: 'digits' is unknown"),
    ],
)
def test_what_cannot_be_is_told_before_sample_data_is_made(
    command: Command, pipeline: str, params: str, told: str
) -> None:
    status, out, err = command("run", pipeline, "--params", params)
    assert (status, out) == (1, "")
    assert err.startswith(told)
    assert len(err.splitlines()) == 1
