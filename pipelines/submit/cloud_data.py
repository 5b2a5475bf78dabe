"""The data of a run in the cloud: in a bucket already, or sample data that is brought there."""

import shlex
from pathlib import Path

from pipelines.bucket import bucket_errors, open_bucket
from pipelines.display import Display
from pipelines.sample import make_sample
from pipelines.settings import Settings
from preprocessing.errors import InputError


def check_in_bucket(name: str, path: str, settings: Settings) -> None:
    """Checks that a path of the user's can be read in the cloud.

    Args:
        name: what the user calls it: DATA, TEAMS or weights.
        path: as given.
        settings: BUCKET is named in the cure.

    Raises:
        InputError: it is local; the message has the command that brings it to the bucket.
    """
    if path.startswith("gs://"):
        return
    if "://" in path:
        raise InputError(f"{name}={path}: expected a gs:// URI, which the steps can read")
    bucket = settings.bucket.rstrip("/") or "gs://YOUR_BUCKET"
    local = Path(path)
    target = f"{bucket}/{name.lower()}/{local.name}"
    recursive = "-r " if local.is_dir() else ""
    folder = target.rpartition("/")[0]
    raise InputError(
        f"{name}={path}: the steps cannot read this machine's files; bring them to the bucket with"
        f" `gcloud storage cp {recursive}{shlex.quote(path)} {folder}/`, then {name}={target}"
    )


def upload_sample(challenge: str, settings: Settings, display: Display) -> str:
    """Returns the folder of a challenge's sample data in the bucket: `<BUCKET>/sample/<name>/`.

    What is missing there is uploaded; an object is there whole or not at all, so that an upload
    that was interrupted goes on.

    Raises:
        InputError: there is no BUCKET, or it cannot be written.
        Unreachable: the bucket did not answer.
    """
    if not settings.bucket:
        raise InputError(
            "DATA: not set, and no BUCKET to bring sample data to; set DATA=gs://..., or BUCKET to"
            " a bucket of yours, such as gs://my-bucket"
        )
    from google.cloud.storage import transfer_manager

    bucket, root = open_bucket(settings)
    local = Path(make_sample(challenge, display))
    prefix = f"{root}sample/{local.name}/"
    files = sorted(
        path.relative_to(local).as_posix() for path in local.rglob("*") if path.is_file()
    )
    uri = f"gs://{bucket.name}/{prefix}"
    with bucket_errors(bucket.name, "write to"):
        there = {blob.name for blob in bucket.client.list_blobs(bucket, prefix=prefix, timeout=30)}
        missing = [name for name in files if prefix + name not in there]
        if not missing:
            return uri
        display.note(f"no DATA given: uploading {len(missing):,} files of sample data to {uri}")
        transfer_manager.upload_many_from_filenames(
            bucket,
            missing,
            source_directory=str(local),
            blob_name_prefix=prefix,
            skip_if_exists=True,  # another submission may bring them at the same time
            raise_exception=True,
            worker_type=transfer_manager.THREAD,
        )
    return uri
