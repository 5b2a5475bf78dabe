"""Beam's options for Dataflow, by Beam itself: the job that Dataflow would be sent.

With a template Beam stages everything in the bucket, here an emulator, and writes the job into a
file instead of sending it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.settings import Settings
from pipelines.vertex.dataflow import dataflow_args
from preprocessing.errors import InputError
from tests.conftest import WriteBitmaps

IMAGE = "europe-west4-docker.pkg.dev/my-project/images/challenge-pipelines:abc"
PLACE = {"project": "my-project", "region": "europe-west4", "bucket": "gs://challenge/folder"}
LABELS = {"pipeline": "quickdraw", "commit": "abc"}


def settings(managed: str = "dataflow", **others: str) -> Settings:
    return Settings(managed=managed, **(PLACE | others))  # type: ignore[arg-type]


def job_of(bucket: Any, args: list[str], source: Path) -> dict[str, Any]:
    """Returns the job that writes the examples of a source, as Dataflow would be sent it."""
    from preprocessing.plan import plan_examples
    from preprocessing.split_sizes import SplitSizes
    from preprocessing.write_examples import write_examples

    plan = plan_examples(str(source), "quickdraw", SplitSizes(10, 1, 1), seed=0, shard_size=8)
    template = "--template_location=gs://challenge/template"
    write_examples(plan, "gs://challenge/examples", "unread", [*args, template])
    return dict(json.loads(bucket.blob("template").download_as_text()))


@pytest.fixture(scope="module")
def source(write_bitmaps: WriteBitmaps, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bitmaps(tmp_path_factory.mktemp("raw"), {"ant": 40, "cake": 40})


def test_workers_run_our_image_as_our_account_and_install_nothing(
    bucket: Any, source: Path
) -> None:
    place = {
        "service_account": "pipelines@my-project.iam.gserviceaccount.com",
        "network": "projects/12345/global/networks/vpc",
        "subnetwork": "regions/europe-west4/subnetworks/workers",
    }
    job = job_of(bucket, dataflow_args(settings(**place), IMAGE, LABELS), source)
    (pool,) = job["environment"]["workerPools"]
    assert pool["workerHarnessContainerImage"] == IMAGE
    assert {image["containerImage"] for image in pool["sdkHarnessContainerImages"]} == {IMAGE}
    assert pool["subnetwork"] == place["subnetwork"]
    assert "network" not in pool
    assert job["environment"]["serviceAccountEmail"] == place["service_account"]
    assert "challenge/folder/dataflow/temp/" in job["environment"]["tempStoragePrefix"]
    assert job["labels"] == LABELS
    staged = bucket.client.list_blobs("challenge", prefix="folder/dataflow/staging/")
    assert {blob.name.rpartition("/")[2] for blob in staged} == {
        "pipeline.pb",
        "submission_environment_dependencies.txt",  # what is installed here, for the log
    }


def test_what_a_user_adds_counts(bucket: Any, source: Path) -> None:
    args = dataflow_args(settings(network="projects/12345/global/networks/vpc"), IMAGE, {})
    mine = ["--worker_machine_type=n2-standard-4", "--max_num_workers=7", "--network=other"]
    job = job_of(bucket, args + mine, source)
    (pool,) = job["environment"]["workerPools"]
    assert (pool["machineType"], pool["network"]) == ("n2-standard-4", "other")
    assert pool["autoscalingSettings"]["maxNumWorkers"] == 7
    assert "--network=vpc" in args


def test_it_is_asked_for_and_a_setting_that_it_needs_is_named() -> None:
    assert dataflow_args(settings("custom-job"), IMAGE, LABELS) == []
    for name in PLACE:
        with pytest.raises(InputError, match=f"^{name.upper()}: not set; MANAGED=dataflow needs"):
            dataflow_args(settings(**{name: ""}), IMAGE, LABELS)
