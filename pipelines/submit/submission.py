"""From what a user asks for to a run in the cloud: everything that it takes, read and checked."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.arguments import read_arguments
from pipelines.backend import Submission
from pipelines.champions import check_champions
from pipelines.check_settings import check_settings
from pipelines.commit import git_commit
from pipelines.compile import compile_pipeline
from pipelines.compiled import read_compiled
from pipelines.display import Display
from pipelines.image.name import find_images
from pipelines.registry import challenge_of, describe
from pipelines.settings import Settings
from pipelines.shared_training import shared_parameters
from pipelines.submit.cloud_data import check_in_bucket, upload_sample
from pipelines.user import login_name
from pipelines.vertex.dataflow import dataflow_args
from preprocessing.challenge import find_challenge
from preprocessing.errors import InputError
from preprocessing.fingerprint import source_fingerprint
from preprocessing.sources.open import count_classes

BUILD = Path("build")


def make_submission(
    pipeline: str,
    data: str,
    model: str,
    loss: str,
    params: Sequence[str],
    settings: Settings,
    runs: Path,
    display: Display,
    teams: str = "",
    caching: bool = True,
    beam: Sequence[str] = (),
    fail_fast: bool = True,
) -> Submission:
    """Returns a run of a pipeline for the cloud, compiled to `build/`.

    Args:
        pipeline: its name.
        data: DATA, a `gs://` URI; "" for sample data, which is brought to the bucket.
        model: MODEL; a participant's files go to `build/participant/`, for the image.
        loss: LOSS, likewise.
        params: PARAMS, such as `["epochs=3"]`.
        settings: where the steps run.
        runs: folder of the local runs, whose cache remembers what has been checked.
        display: is told what takes a while.
        teams: TEAMS of a tournament, a `gs://` URI.
        caching: whether steps may be answered from the backend's cache.
        beam: BEAM, the options of Beam.
        fail_fast: whether the run ends with the first step that fails.

    Raises:
        InputError: something cannot be; one line says what.
        Unreachable: the bucket did not answer.
    """
    for name, path in (("DATA", data), ("TEAMS", teams)):
        if path:
            check_in_bucket(name, path, settings)
    if beam:
        from preprocessing.beam import check_options  # takes seconds

        check_options(beam)
    classes = count_classes(data, find_challenge(challenge_of(pipeline))) if data else None
    given = read_given(pipeline, classes, model, loss, params, settings, runs, display, teams)
    challenge = "mnist" if given.get("use_mnist") else challenge_of(pipeline)
    source = data or upload_sample(challenge, settings, display)
    template = compile_pipeline(pipeline, BUILD, settings, given)
    arguments = {
        **given,
        **_paths_in_the_image(template, given),
        "source": source,
        "source_fingerprint": source_fingerprint(source),
    }
    labels = {
        **settings.labels,
        "pipeline": label(pipeline),
        "commit": label(git_commit()),
        "source": label(arguments["source_fingerprint"]),
        "user": label(login_name()),
    }
    image = find_images(settings, given.get("files_fingerprint", "")).of("preprocess")
    # Not the other labels: the arguments are part of what the cache knows a step by.
    dataflow = dataflow_args(settings, image, settings.labels | {"pipeline": labels["pipeline"]})
    return Submission(
        pipeline=pipeline,
        template=template,
        arguments=arguments | {"beam_args": [*dataflow, *beam]},
        labels={key: value for key, value in labels.items() if value},
        caching=caching,
        fail_fast=fail_fast,
        # On Vertex AI the pipeline itself has its name, and names have 4 letters or more.
        experiment=settings.experiment or f"{pipeline.replace('_', '-')}-runs",
    )


def label(text: str) -> str:
    """Returns a text as the value of a label: lower case, `-` for what may not be, at most 63."""
    return re.sub("[^-_a-z0-9]+", "-", text.lower()).strip("-_")[:63]


def read_given(
    pipeline: str,
    classes: int | None,
    model: str,
    loss: str,
    params: Sequence[str],
    settings: Settings,
    runs: Path,
    display: Display,
    teams: str,
) -> dict[str, Any]:
    """Returns the arguments that were given, but for those of the data, and those that follow.

    Where checkpoints go and what several accelerators share follow from the settings.

    Args are those of `make_submission`, and `classes`: how many the data has, None if unknown.

    Raises:
        InputError: something cannot be, or not in the cloud.
    """
    check_settings(pipeline, settings)
    given = read_arguments(pipeline, params, model, loss, classes, runs, display.note, teams)
    check_champions(pipeline, given, settings)
    if weights := given.get("weights"):
        check_in_bucket("weights", weights, settings)
    if (folder := given.get("study_dir")) and settings.backend == "vertex":
        raise InputError(
            f"study_dir={folder}: a tuning job of Vertex AI keeps its trials itself; leave it out"
        )
    given |= shared_parameters(pipeline, given, settings)
    if "checkpoint_dir" in (describe(pipeline).component_spec.inputs or {}):
        folder = _checkpoint_folder(given.get("checkpoint_dir", ""), settings)
        given |= {"checkpoint_dir": folder} if folder else {}
    return given


def _checkpoint_folder(folder: str, settings: Settings) -> str:
    """Returns where the next try of a training finds its checkpoints; "" for where the model is.

    A custom job may be started anew on other machines, so its checkpoints are in BUCKET.

    Args:
        folder: what the user gave; "" for nothing.
        settings: where the training is to run.

    Raises:
        InputError: the folder is gone when the step ends.
    """
    in_bucket = f"/gcs/{settings.bucket.removeprefix('gs://').rstrip('/') or 'YOUR_BUCKET'}"
    if folder and settings.backend == "vertex" and not folder.startswith("/gcs/"):
        raise InputError(
            f"checkpoint_dir={folder}: the steps cannot reach it; on Vertex AI they have buckets as"
            f" folders: checkpoint_dir={in_bucket}/checkpoints"
        )
    if not folder and settings.spot and settings.backend == "kubeflow":
        raise InputError(
            "SPOT: a node that is taken away takes the checkpoints along; name a folder of a volume"
            ' that your cluster mounts into its pods: PARAMS="checkpoint_dir=/mnt/checkpoints"'
        )
    if not folder and settings.trains_in_custom_job() and settings.bucket:
        return f"{in_bucket}/checkpoints"
    return folder


def _paths_in_the_image(template: Path, given: dict[str, Any]) -> dict[str, Any]:
    """Returns the network and loss as the compiled pipeline names them, not by paths of ours."""
    compiled = read_compiled(template)[0]
    inputs = compiled["root"]["inputDefinitions"]["parameters"]
    return {name: inputs[name]["defaultValue"] for name in ("model", "loss") if name in given}
