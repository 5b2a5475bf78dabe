"""Our bucket: opened, and its errors in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipelines.backend import Unreachable
from pipelines.credentials import find_credentials
from pipelines.settings import Settings
from preprocessing.errors import InputError
from preprocessing.files import first_line


def open_bucket(settings: Settings) -> tuple[Any, str]:
    """Returns the `google.cloud.storage.Bucket` of BUCKET, and the folder in it with a slash or "".

    Args:
        settings: BUCKET and PROJECT.

    Raises:
        InputError: BUCKET is not set, or there are no credentials.
    """
    if not settings.bucket:
        raise InputError("BUCKET: not set; name a bucket of yours, such as BUCKET=gs://my-bucket")
    from google.cloud import storage

    name, _, folder = settings.bucket.removeprefix("gs://").partition("/")
    client = storage.Client(project=settings.project or "unused", credentials=find_credentials())
    folder = folder.strip("/")
    return client.bucket(name), f"{folder}/" if folder else ""


@contextmanager
def bucket_errors(bucket: str, doing: str) -> Iterator[None]:
    """Turns errors of the storage into an InputError that names the bucket and the cure.

    Args:
        bucket: `gs://name`.
        doing: what is done in the body, such as `written`.
    """
    from google.api_core import exceptions
    from google.auth.exceptions import RefreshError, TransportError
    from requests.exceptions import RequestException

    try:
        yield
    except exceptions.NotFound:
        raise InputError(
            f"BUCKET={bucket}: there is no such bucket; make it with"
            f" `gcloud storage buckets create {bucket} --location=REGION`"
        ) from None
    except (exceptions.Forbidden, exceptions.Unauthorized) as error:
        raise InputError(
            f"BUCKET={bucket}: may not be {doing} ({first_line(error)}); give yourself the right:"
            f" `gcloud storage buckets add-iam-policy-binding {bucket}"
            " --member=user:YOU --role=roles/storage.admin`"
        ) from None
    except RefreshError as error:
        raise InputError(
            f"BUCKET={bucket}: the credentials are refused ({first_line(error)}); run"
            " `gcloud auth application-default login`"
        ) from None
    except exceptions.GoogleAPICallError as error:
        raise Unreachable(f"BUCKET={bucket}: cannot be {doing} ({first_line(error)})") from None
    except (exceptions.RetryError, TransportError, RequestException) as error:
        raise Unreachable(
            f"BUCKET={bucket}: no answer ({first_line(error)}); check the network, then try again"
        ) from None
