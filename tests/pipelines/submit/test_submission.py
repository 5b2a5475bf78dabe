"""What a run in the cloud is made of: its data in a bucket, its template, arguments and labels."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from pipelines.backend import Submission
from pipelines.display import Display
from pipelines.settings import Settings
from pipelines.submit.check_request import check_request
from pipelines.submit.submission import make_submission
from preprocessing.errors import InputError
from preprocessing.samples import quickdraw
from tests.conftest import WriteBitmaps

Make = Callable[..., Submission]


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, screen: io.StringIO) -> Make:
    """Returns a function that makes a submission of `quickdraw` in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGNAME", "Ada.Lovelace")
    display = Display(Console(file=screen, soft_wrap=True))

    def call(
        data: str = "",
        params: list[str] | None = None,
        model: str = "",
        pipeline: str = "quickdraw",
        teams: str = "",
        beam: Sequence[str] = (),
        **settings: Any,
    ) -> Submission:
        chosen = Settings(_env_file=None, **{"image": "registry/image:1", **settings})  # type: ignore[call-arg]
        return make_submission(
            pipeline,
            data,
            model,
            "",
            params or [],
            chosen,
            Path("runs"),
            display,
            beam=beam,
            teams=teams,
        )

    return call


def test_sample_data_goes_to_the_bucket_once_and_an_interrupted_upload_goes_on(
    make: Make,
    bucket: Any,
    screen: io.StringIO,
    write_bitmaps: WriteBitmaps,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        quickdraw, "write_sample", lambda folder: write_bitmaps(Path(folder), {"ant": 9, "bee": 9})
    )
    first = make("", ["seed=3"], bucket="gs://challenge/ours/")
    source = first.arguments["source"]
    assert source.startswith("gs://challenge/ours/sample/quickdraw-")
    prefix = source.removeprefix("gs://challenge/")
    names = [blob.name for blob in bucket.list_blobs(prefix=prefix)]
    assert [name.removeprefix(prefix) for name in names] == ["ant.npy", "bee.npy"]
    assert "uploading 2 files" in screen.getvalue()

    again = make("", ["seed=3"], bucket="gs://challenge/ours")
    assert again == first  # nothing was written anew: the fingerprint has the times
    assert screen.getvalue().count("uploading") == 1

    bucket.blob(names[1]).delete()  # as if the upload had been interrupted after one file
    assert make("", bucket="gs://challenge/ours").arguments["source"] == source
    assert "uploading 1 files" in screen.getvalue()


def test_labels_and_arguments_say_what_runs(
    make: Make, bucket: Any, tmp_path: Path, write_bitmaps: WriteBitmaps
) -> None:
    folder = write_bitmaps(tmp_path / "drawings", {"ant": 9, "bee": 9})
    for path in folder.iterdir():
        bucket.blob(f"mine/{path.name}").upload_from_filename(str(path))
    made = make("gs://challenge/mine", ["epochs=3"], labels={"team": "vision", "user": "other"})

    assert made.labels["user"] == "ada-lovelace"
    assert made.labels["team"] == "vision"
    assert made.labels["pipeline"] == "quickdraw"
    assert made.labels["source"] == made.arguments["source_fingerprint"] != ""
    assert made.arguments["source"] == "gs://challenge/mine"
    assert made.arguments["epochs"] == 3
    assert made.experiment == "quickdraw-runs"
    assert made.template == Path("build/quickdraw.yaml")
    assert yaml.safe_load(made.template.read_text())["pipelineInfo"]["name"] == "quickdraw"

    assert made.arguments["beam_args"] == []
    place = {"project": "acme-vision", "region": "europe-west4", "bucket": "gs://challenge"}
    mine = ["--max_num_workers=5"]
    args = make(
        "gs://challenge/mine", managed="dataflow", labels={"team": "vision"}, beam=mine, **place
    ).arguments["beam_args"]
    assert "--sdk_container_image=registry/image:1" in args
    assert "--labels=team=vision" in args
    assert "--labels=pipeline=quickdraw" in args
    assert args[-1:] == mine


def test_a_local_folder_is_refused_with_the_command_that_brings_it_there(
    make: Make, tmp_path: Path, write_bitmaps: WriteBitmaps
) -> None:
    write_bitmaps(tmp_path / "my drawings", {"ant": 9})
    with pytest.raises(InputError) as told:
        make("my drawings", bucket="gs://challenge/ours")
    assert "`gcloud storage cp -r 'my drawings' gs://challenge/ours/data/`" in str(told.value)
    assert "DATA=gs://challenge/ours/data/my drawings" in str(told.value)
    with pytest.raises(InputError, match="`gcloud storage cp teams gs://YOUR_BUCKET/teams/`"):
        make(pipeline="tournament", teams="teams")


def test_teams_in_a_bucket_that_is_not_there_are_told_as_such(bucket: Any) -> None:
    settings = Settings(_env_file=None, bucket="gs://challenge")  # type: ignore[call-arg]
    display = Display(Console())
    teams = "gs://nobodys/teams"
    found, _ = check_request("tournament", "", "", "", [], settings, Path("runs"), display, teams)
    assert {finding.name: finding.status for finding in found}["teams"] == "wrong"
    assert "gs://nobodys: there is no such bucket" in found[1].text


def test_options_that_beam_cannot_use_are_told_before_anything_is_started(make: Make) -> None:
    with pytest.raises(InputError, match=r"^--max_num_workers=ten: not options that Beam can use"):
        make(beam=["--max_num_workers=ten"])


def test_without_bucket_and_data_both_are_named(make: Make) -> None:
    with pytest.raises(InputError, match="and no BUCKET to bring sample data to"):
        make()


def test_champions_of_a_retraining_are_kept_where_they_outlive_the_step(make: Make) -> None:
    with pytest.raises(InputError, match="set REGISTRY=gs://challenge/ours/registry"):
        make(
            pipeline="quickdraw-retraining",
            backend="kubeflow",
            registry="registry",
            bucket="gs://challenge/ours",
        )
    with pytest.raises(InputError, match="REGISTRY: not set"):
        make(pipeline="quickdraw-retraining", backend="kubeflow", bucket="gs://challenge/ours")


def test_checkpoints_are_kept_where_they_outlive_the_step(make: Make) -> None:
    told = "checkpoint_dir=ours: .* checkpoint_dir=/gcs/challenge/ours/checkpoints"
    with pytest.raises(InputError, match=told):
        make(params=["checkpoint_dir=ours"], bucket="gs://challenge/ours/")
