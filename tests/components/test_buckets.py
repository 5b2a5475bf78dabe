"""The steps that Beam runs, on artifacts in a bucket: an emulator on loopback."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kfp import dsl

from components.batch_predict import batch_predict
from components.location import location
from components.predictions_to_csv import predictions_to_csv
from components.preprocess import preprocess
from preprocessing import folders
from preprocessing.errors import InputError
from preprocessing.fingerprint import source_fingerprint
from preprocessing.folders import upload_folder
from tests.preprocessing.raw_data import encoded

PHOTOS = {
    f"{name}s/{name}.{i}.jpg": encoded(i + 100 * label, 20 + i, 30 - i)
    for label, name in enumerate(("cat", "dog"))
    for i in range(20)
}
SIDE = 8
OPTIONS: dict[str, Any] = {
    "challenge": "cats_vs_dogs",
    "source_fingerprint": "",
    "train_per_class": 0,
    "validation_per_class": 1,
    "test_per_class": 2,
    "seed": 0,
    "shard_size": 2,
    "image_size": SIDE,
    "max_bad_fraction": 0.0,
    "full_pass": False,
    "compression": "gzip",
    "beam_args": [],
}


def run_preprocess(source: str, place: str) -> None:
    preprocess.python_func(
        examples=dsl.Dataset(uri=f"{place}/examples"),
        transform=dsl.Artifact(uri=f"{place}/transform"),
        source=source,
        **OPTIONS,
    )


def contents(bucket: Any, folder: str) -> dict[str, bytes]:
    """Returns what is below a folder of the bucket, by path."""
    return {
        blob.name.removeprefix(folder): blob.download_as_bytes()
        for blob in bucket.client.list_blobs(bucket.name, prefix=folder)
    }


def upload(bucket: Any, source: Path, folder: str) -> None:
    for path in source.rglob("*"):
        if path.is_file():
            bucket.blob(f"{folder}/{path.relative_to(source)}").upload_from_filename(path)


@pytest.fixture(scope="module")
def photos(bucket: Any) -> str:
    """Returns the URI of photos of cats and dogs."""
    for name, data in PHOTOS.items():
        bucket.blob(f"photos/{name}").upload_from_string(data)
    return "gs://challenge/photos"


@pytest.fixture(scope="module")
def run(bucket: Any, photos: str) -> str:
    """Returns the URI of a folder with `examples` and `transform`, written by the step."""
    for leftover in ("transform/transform_fn/variables/old", "examples/test_labels.csv"):
        bucket.blob(f"run/{leftover}").upload_from_string(b"of an earlier attempt")
    run_preprocess(photos, "gs://challenge/run")
    return "gs://challenge/run"


def test_preprocess_writes_to_a_bucket_what_it_writes_here(
    bucket: Any, run: str, photos: str, tmp_path: Path
) -> None:
    run_preprocess(photos, str(tmp_path))
    local = {
        str(path.relative_to(tmp_path / "examples")): path.read_bytes()
        for path in (tmp_path / "examples").rglob("*")
        if path.is_file()
    }
    assert {"examples.json", "test_ids.csv", "test_labels.csv"} < set(local)
    assert contents(bucket, "run/examples/") == local
    graph = {str(path.relative_to(tmp_path / "transform")) for path in tmp_path.rglob("*/*.pb*")}
    assert graph <= set(contents(bucket, "run/transform/"))
    assert not any("old" in name for name in contents(bucket, "run/"))


def save_model(folder: Path) -> None:
    """Saves a model that says 1 where the first pixel is over 127."""
    import tensorflow as tf

    text = tf.io.FixedLenFeature([], tf.string)

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "example_bytes")])
        def serve(self, example_bytes: Any) -> dict[str, Any]:
            parsed = tf.io.parse_example(example_bytes, {"image": text, "image_id": text})
            pixels = tf.cast(tf.io.decode_raw(parsed["image"], tf.uint8)[:, :1], tf.float32) / 255
            scores, classes = tf.math.top_k(tf.concat([1 - pixels, pixels], 1), 2)
            return {
                "image_id": parsed["image_id"],
                "class_indexes": classes,
                "predictions": scores,
            }

    model = Model()
    tf.saved_model.save(
        model, str(folder / "saved_model"), signatures={"serving_default": model.serve}
    )


def test_predicts_from_a_bucket_into_it_and_makes_the_submission(
    bucket: Any, run: str, tmp_path: Path
) -> None:
    save_model(tmp_path / "model")
    upload(bucket, tmp_path / "model", "run/model")
    bucket.blob("run/predictions/prediction.results-00007-of-00009").upload_from_string(b"old")
    examples = dsl.Dataset(uri=f"{run}/examples")
    predictions = dsl.Artifact(uri=f"{run}/predictions")
    batch_predict.python_func(
        model=dsl.Model(uri=f"{run}/model"),
        examples=examples,
        predictions=predictions,
        beam_args=[],
    )
    assert predictions.metadata == {"predicted": 4, "failed": 0}
    assert set(contents(bucket, "run/predictions/")) == {
        f"prediction.results-0000{index}-of-00002" for index in range(2)
    }
    submission = dsl.Artifact(uri=str(tmp_path / "submission"))
    predictions_to_csv.python_func(
        predictions=predictions, examples=examples, submission=submission, pairs=False
    )
    rows = list(csv.reader(Path(submission.path).read_text().splitlines()))
    info = json.loads(contents(bucket, "run/examples/")["examples.json"])
    assert info["source_fingerprint"] == source_fingerprint("gs://challenge/photos")
    assert rows[0] == ["Id", "Category"]
    assert len(rows) - 1 == info["splits"]["test"]["examples"] == 4
    assert {row[1] for row in rows[1:]} <= {"0", "1"}


class Killed(BaseException):
    """What a process that is killed does not live to see."""


@contextmanager
def killed_after(files: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ends the body when so many files were written."""
    from preprocessing import beam

    write = beam.write_file
    left = [files]

    def write_or_die(*arguments: Any) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(beam, "write_file", write_or_die)
        with pytest.raises(Killed):
            yield


@pytest.mark.parametrize("files", [0, 1, 2])
def test_a_folder_that_was_not_uploaded_whole_lacks_what_makes_it_whole(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    for name in ("a", "m/whole", "z"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("new")
        bucket.blob(f"graph-{files}/{name}").upload_from_string(b"old")
    place = f"gs://challenge/graph-{files}"
    with killed_after(files, monkeypatch):
        upload_folder(str(tmp_path), place, last="m/whole")
    assert contents(bucket, f"graph-{files}/") == dict.fromkeys(["a", "z"][:files], b"new")
    upload_folder(str(tmp_path), place, last="m/whole")
    assert contents(bucket, f"graph-{files}/") == dict.fromkeys(["a", "m/whole", "z"], b"new")


def test_what_is_not_in_the_bucket_is_named(bucket: Any) -> None:
    with (
        pytest.raises(InputError, match="gs://challenge/nowhere: nothing is there"),
        folders.local_folder("gs://challenge/nowhere"),
    ):
        pass


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("gs://bucket/run/examples", "gs://bucket/run/examples"),
        ("minio://mlpipeline/run/examples", "/minio/mlpipeline/run/examples"),
        ("s3://bucket/run/examples", "/s3/bucket/run/examples"),
        ("/runs/examples", "/runs/examples"),
    ],
)
def test_beam_gets_a_uri_that_it_knows_and_else_a_path(uri: str, expected: str) -> None:
    assert location(dsl.Artifact(uri=uri)) == expected
