"""Our bucket: opened, and its errors in one line."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from models.storage import storage_client
from models.vertex_ai import translate
from pipelines.settings import Settings
from preprocessing.errors import InputError, Unreachable

SECONDS = 8.0
"""After which a check gives up to ask the storage."""

_MULTI_REGIONS = {"us": "us-", "eu": "europe-", "asia": "asia-"}


def open_bucket(settings: Settings) -> tuple[Any, str]:
    """Returns the `google.cloud.storage.Bucket` of BUCKET, and the folder in it with a slash or "".

    Args:
        settings: BUCKET.

    Raises:
        InputError: BUCKET is not set, or there are no credentials.
    """
    if not settings.bucket:
        raise InputError("BUCKET: not set; name a bucket of yours, such as BUCKET=gs://my-bucket")
    name, _, folder = settings.bucket.removeprefix("gs://").partition("/")
    folder = folder.strip("/")
    return storage_client().bucket(name), f"{folder}/" if folder else ""


def check_readable(uri: str) -> None:
    """Checks that the bucket of a `gs://` URI can be listed, in bounded time.

    Beam, which lists the URI afterwards, tries for minutes. As it does then, who has no credentials
    asks as anybody may, for public data.

    Raises:
        InputError: it may not be listed, or there is none.
        Unreachable: the storage did not answer.
    """
    from google.cloud.storage.retry import DEFAULT_RETRY

    name = uri.removeprefix("gs://").partition("/")[0]
    with bucket_errors(name, "list"):
        short = {"timeout": SECONDS, "retry": DEFAULT_RETRY.with_timeout(SECONDS)}
        list(storage_client(public=True).list_blobs(name, max_results=1, **short))


def check_bucket(settings: Settings) -> str:
    """Checks that BUCKET is there, near REGION, and can be written.

    An empty object is written and removed: that alone tells all that a run needs.

    Returns:
        A line that says so.

    Raises:
        InputError: it is not so; the message has the command that mends it.
        Unreachable: the storage did not answer.
    """
    from google.api_core.exceptions import Forbidden, NotFound
    from google.cloud.storage.retry import DEFAULT_RETRY

    bucket, folder = open_bucket(settings)
    short = {"timeout": SECONDS, "retry": DEFAULT_RETRY.with_timeout(SECONDS)}
    where = f"its region may not be read by you; it has to be {settings.region}"
    with bucket_errors(bucket.name, "write to"):
        with suppress(Forbidden):  # who may write objects need not see the bucket
            bucket.reload(**short)
            where = _check_location(bucket, settings.region)
        blob = bucket.blob(f"{folder}.write-check")
        blob.upload_from_string(b"", **short)
        with suppress(NotFound):  # another check was quicker
            blob.delete(**short)
    return f"gs://{bucket.name}/{folder} can be written; {where}"


def _check_location(bucket: Any, region: str) -> str:
    location = str(bucket.location or "").lower()
    regions = [str(one).lower() for one in bucket.data_locations or ()] or [location]
    near = region in regions or region.startswith(_MULTI_REGIONS.get(location, "-"))
    if region and not near:
        raise InputError(
            f"BUCKET=gs://{bucket.name}: is in {' and '.join(regions)}, REGION={region}; Vertex AI"
            " wants both in one: make another with `gcloud storage buckets create gs://NAME"
            f" --location={region} --uniform-bucket-level-access`"
        )
    return f"in {' and '.join(regions)}"


@contextmanager
def bucket_errors(name: str, doing: str) -> Iterator[None]:
    """Turns errors of the storage into an InputError or Unreachable that names the bucket.

    Args:
        name: of the bucket, without gs://.
        doing: what is done in the body, such as `write to`.
    """
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    try:
        yield
    except exceptions.NotFound:
        raise InputError(
            f"gs://{name}: there is no such bucket; check its name, or make it with `gcloud storage"
            f" buckets create gs://{name} --location=REGION --uniform-bucket-level-access`"
        ) from None
    except (exceptions.GoogleAPIError, GoogleAuthError) as error:
        raise translate(f"{doing} gs://{name}", error) from None
    except RequestException as error:
        raise Unreachable(
            f"cannot {doing} gs://{name}: no answer ({type(error).__name__}); check the network,"
            " then try again"
        ) from None
