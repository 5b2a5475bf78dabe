"""What Vertex AI batch prediction is asked."""

from pathlib import Path

import pytest
from kfp import dsl
from kfp.dsl.types import artifact_types

from components.prediction_request import prediction_request
from tests.models.conftest import write_examples


def test_it_names_every_shard_of_the_test_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where Vertex AI mounts buckets.
    monkeypatch.setattr(artifact_types, "_GCS_LOCAL_MOUNT_PREFIX", f"{tmp_path}/")
    write_examples(tmp_path / "bucket/examples", {"train": [3], "test": [2, 1]})
    (tmp_path / "bucket/examples/test/examples-00000-of-00001.tfrecord").touch()  # left over
    model, shards, destination = prediction_request.python_func(
        model=dsl.Model(uri="gs://bucket/model"),
        examples=dsl.Dataset(uri="gs://bucket/examples"),
        predictions=dsl.Artifact(uri="gs://bucket/predictions"),
    )
    assert (model, destination) == ("gs://bucket/model", "gs://bucket/predictions")
    assert shards == [
        f"gs://bucket/examples/test/examples-0000{index}-of-00002.tfrecord" for index in range(2)
    ]
