"""What Vertex AI batch prediction is asked."""

from pathlib import Path

import pytest
from kfp import dsl
from kfp.dsl.types import artifact_types

from components.prediction_request import prediction_request
from tests.models.conftest import write_examples


@pytest.mark.parametrize(
    ("compression", "ending", "name"),
    [("none", "tfrecord", "tf-record"), ("gzip", "tfrecord.gz", "tf-record-gzip")],
)
def test_it_names_every_shard_of_the_test_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: str, ending: str, name: str
) -> None:
    # Where Vertex AI mounts buckets.
    monkeypatch.setattr(artifact_types, "_GCS_LOCAL_MOUNT_PREFIX", f"{tmp_path}/")
    folder = tmp_path / "bucket/examples"
    write_examples(folder, {"train": [3], "test": [2, 1]}, compression=compression)
    (folder / f"test/examples-00000-of-00001.{ending}").touch()  # left over
    model, shards, instances_format, destination = prediction_request.python_func(
        model=dsl.Model(uri="gs://bucket/model"),
        examples=dsl.Dataset(uri="gs://bucket/examples"),
        predictions=dsl.Artifact(uri="gs://bucket/predictions"),
    )
    assert instances_format == name
    assert (model, destination) == ("gs://bucket/model", "gs://bucket/predictions")
    assert shards == [
        f"gs://bucket/examples/test/examples-0000{index}-of-00002.{ending}" for index in range(2)
    ]
