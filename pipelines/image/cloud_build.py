"""Builds images in Cloud Build, for machines where no container tool works."""

import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.bucket import bucket_errors, open_bucket
from pipelines.settings import Settings
from preprocessing.errors import InputError

TOOL = "cloud-build"
CONTEXTS = "image-contexts"
"""Folder of the bucket for what images are built from."""

_DOCKER = "gcr.io/cloud-builders/docker"
_MACHINE = "E2_HIGHCPU_8"
_DISK_GB = 100
"""The gpu image is 10 GB, and is there thrice while it is built."""
_SECONDS = 3600
_BUILDS = "https://console.cloud.google.com/cloud-build/builds?project="


def build_in_cloud(
    context: Path,
    targets: Mapping[str, str],
    arguments: Mapping[str, str],
    settings: Settings,
    show: Callable[[str], None],
    client: Any = None,
    every_seconds: float = 5,
) -> None:
    """Builds and pushes images, and follows the build to its end.

    Args:
        context: what to build from; goes to `<bucket>/image-contexts/` as one archive.
        targets: target of the Dockerfile to full name of its image.
        arguments: of the Dockerfile.
        settings: project, region and bucket.
        show: is told the build's page in the console and each change of its state.
        client: a `CloudBuildClient`; by default one with the user's own rights.
        every_seconds: how often it is asked how far it is.

    Raises:
        InputError: a setting is missing, or the upload or the build fails.
    """
    missing = [name for name in ("project", "region", "bucket") if not getattr(settings, name)]
    if missing:
        raise InputError(f"{missing[0].upper()}: not set; TOOL={TOOL} builds in it")
    tag = next(iter(targets.values())).rpartition(":")[2]
    with _told(settings.project):
        from google.cloud.devtools import cloudbuild_v1  # takes a second

        client = client or cloudbuild_v1.CloudBuildClient()
        source = _upload(context, settings, f"{tag}.tar.gz")
        parent = f"projects/{settings.project}/locations/{settings.region}"
        begun = client.create_build(
            parent=parent,
            project_id=settings.project,
            build=_build(cloudbuild_v1, source, targets, arguments),
        )
        build = begun.metadata.build
        show(f"building in the cloud: {build.log_url}")
        try:
            _follow(client, f"{parent}/builds/{build.id}", targets, show, every_seconds)
        except KeyboardInterrupt:
            show(f"the build goes on; stop it on its page: {build.log_url}")
            raise


def _build(
    cloudbuild_v1: Any, source: Any, targets: Mapping[str, str], arguments: Mapping[str, str]
) -> Any:
    options = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    return cloudbuild_v1.Build(
        source=cloudbuild_v1.Source(storage_source=source),
        steps=[
            cloudbuild_v1.BuildStep(
                name=_DOCKER,
                id=target,
                args=["build", f"--target={target}", f"--tag={image}", *options, "."],
                env=["DOCKER_BUILDKIT=1"],
            )
            for target, image in targets.items()
        ],
        images=list(targets.values()),
        timeout=f"{_SECONDS}s",
        options=cloudbuild_v1.BuildOptions(
            machine_type=_MACHINE, disk_size_gb=_DISK_GB, logging="CLOUD_LOGGING_ONLY"
        ),
    )


def _upload(context: Path, settings: Settings, name: str) -> Any:
    from google.cloud.devtools import cloudbuild_v1

    bucket, folder = open_bucket(settings)
    blob = bucket.blob(f"{folder}{CONTEXTS}/{name}")
    with bucket_errors(bucket.name, "write to"), tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            archive.add(context, ".", filter=_without_owner)
        file.seek(0)
        blob.upload_from_file(file, content_type="application/gzip")
    # Another build of this name may write there before this one reads.
    return cloudbuild_v1.StorageSource(
        bucket=bucket.name, object_=blob.name, generation=blob.generation
    )


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _follow(
    client: Any,
    name: str,
    targets: Mapping[str, str],
    show: Callable[[str], None],
    every_seconds: float,
) -> None:
    _, project, _, _, _, number = name.split("/")
    shown = ""
    while True:
        build = client.get_build(request={"name": name, "project_id": project, "id": number})
        state = build.status.name
        if state != shown:
            show(state.lower())
            shown = state
        if state == "SUCCESS":
            return
        if state not in ("STATUS_UNKNOWN", "PENDING", "QUEUED", "WORKING"):
            reason = build.failure_info.detail or build.status_detail or state.lower()
            failed = [step.id for step in build.steps if step.status.name == state]
            image = targets.get(failed[0]) if failed else " and ".join(targets.values())
            raise InputError(f"image: Cloud Build cannot build {image}: {reason}; {build.log_url}")
        time.sleep(every_seconds)


@contextmanager
def _told(project: str) -> Iterator[None]:
    """Turns what the services refuse into one line."""
    from google.api_core.exceptions import GoogleAPIError, NotFound, PermissionDenied
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except GoogleAuthError as error:
        reason = str(error.args[0]).partition("\n")[0]
        raise InputError(
            f"TOOL={TOOL}: {reason} Log in with `gcloud auth application-default login`"
        ) from None
    except OSError as error:
        place = tempfile.gettempdir()
        raise InputError(f"TOOL={TOOL}: {error}; see that there is room in {place}") from None
    except GoogleAPIError as error:
        cures = {
            PermissionDenied: "ask for the role cloudbuild.builds.editor",
            NotFound: "see that PROJECT and REGION name what there is",
        }
        default = (
            f"it may have begun all the same, so look before you try again: {_BUILDS}{project}"
        )
        cure = next((c for kind, c in cures.items() if isinstance(error, kind)), default)
        message = getattr(error, "message", None) or str(error)
        raise InputError(f"TOOL={TOOL}: {message.partition(chr(10))[0]}; {cure}") from None
