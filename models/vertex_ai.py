"""Connects to Vertex AI, asks again while it does not answer, and tells its errors in one line."""

import contextlib
import logging
import os
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from preprocessing.errors import InputError, Unreachable

FIRST_DELAY = 0.5
"""Seconds before a call that was not answered is made again; twice as long each time after."""

PATIENCE = 60.0
"""Seconds after which a call that is not answered is given up."""

ANSWER = 60.0
"""Seconds that one call may take."""

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
LOGIN = "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS"

_ROLES = {
    "iam.serviceAccounts.actAs": "roles/iam.serviceAccountUser",
    "aiplatform.": "roles/aiplatform.user",
    "artifactregistry.": "roles/artifactregistry.reader",
    "logging.": "roles/logging.viewer",
    "storage.": "roles/storage.objectUser",
}

_T = TypeVar("_T")


def connect(project: str, region: str, endpoint: str = "") -> Any:
    """Returns the module `google.cloud.aiplatform`, set up for a project.

    Args:
        project: of Google Cloud.
        region: of Vertex AI, such as europe-west4.
        endpoint: `host:port`; by default the environment's VERTEX_ENDPOINT, else that of the
            region.

    Raises:
        InputError: there are no credentials, or none that can be read; or no such region.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # it tells how connections come and go
    from google.cloud import aiplatform  # takes seconds
    from google.cloud.aiplatform.constants.base import SUPPORTED_REGIONS

    # It would print the stack trace of what is told in one line.
    logging.getLogger("grpc._plugin_wrapping").setLevel(logging.CRITICAL)
    endpoint = endpoint or os.environ.get("VERTEX_ENDPOINT", "")
    if region not in SUPPORTED_REGIONS:
        regions = ", ".join(sorted(SUPPORTED_REGIONS))
        raise InputError(f"REGION: {region!r} has no Vertex AI; expected one of {regions}")
    aiplatform.init(
        project=project,
        location=region,
        credentials=find_credentials(),
        api_endpoint=endpoint or f"{region}-aiplatform.googleapis.com",
    )
    return aiplatform


def find_credentials() -> Any:
    """Returns the application default credentials.

    Raises:
        InputError: there are none, or none that can be read.
    """
    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    class Short(Request):  # type: ignore[misc, unused-ignore]
        """Asks the machine for its own account, and does not wait long where it has none."""

        def __call__(self, *arguments: Any, **named: Any) -> Any:
            return super().__call__(*arguments, **named | {"timeout": 1})

    logging.getLogger("google.auth").setLevel(logging.ERROR)  # what it warns of ends in our line
    try:
        credentials, _ = google.auth.default(scopes=[SCOPE], request=Short())
    except (GoogleAuthError, OSError, ValueError) as error:
        given = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
        what = f"GOOGLE_APPLICATION_CREDENTIALS: {_line(error)}" if given else "no credentials"
        raise InputError(f"Google Cloud: {what}; {LOGIN}") from None
    return credentials


def call(doing: str, function: Callable[..., _T], /, *arguments: Any, **named: Any) -> _T:
    """Calls a service, again while it does not answer, and tells its errors in one line.

    Args:
        doing: what the call is for, such as `submit cats-1`; errors begin with it.
        function: may be called several times: what it does must be the same done twice.
        arguments: of the function.
        named: of the function.

    Raises:
        InputError: the service refuses; the message says what to do.
        Unreachable: it did not answer within `PATIENCE` seconds.
    """
    from google.api_core import exceptions, retry

    again = retry.Retry(
        lambda error: (
            isinstance(
                error,
                exceptions.ServiceUnavailable
                | exceptions.DeadlineExceeded
                | exceptions.InternalServerError
                | exceptions.Aborted
                | exceptions.Unknown,
            )
            and not _lacks_credentials(error)
        ),
        initial=FIRST_DELAY,
        maximum=10.0,
        timeout=PATIENCE,
    )
    with one_line(doing):
        result: _T = again(function)(*arguments, **named)
    return result


@contextlib.contextmanager
def one_line(doing: str) -> Iterator[None]:
    """Turns what Google's libraries raise into an InputError or Unreachable of one line."""
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except (exceptions.GoogleAPIError, GoogleAuthError) as error:
        raise translate(doing, error) from None


def translate(doing: str, error: Exception) -> InputError:
    """Returns what to tell of an error from Google's libraries.

    Args:
        doing: what was tried.
        error: of `google.api_core.exceptions` or `google.auth.exceptions`.
    """
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError, TransportError

    if isinstance(error, exceptions.RetryError) and isinstance(error.cause, Exception):
        error = error.cause
    text = _line(error)
    start = f"cannot {doing}:"
    refused = isinstance(error, GoogleAuthError) and not isinstance(error, TransportError)
    if refused or isinstance(error, exceptions.Unauthenticated) or _lacks_credentials(error):
        return InputError(f"{start} Google Cloud does not take these credentials ({text}); {LOGIN}")
    if isinstance(error, exceptions.PermissionDenied | exceptions.Forbidden):
        return InputError(f"{start} {_permission(text)}")
    if isinstance(error, exceptions.ResourceExhausted | exceptions.TooManyRequests):
        return InputError(
            f"{start} a quota is used up ({text}); wait until other runs have ended, ask for fewer"
            " or other machines, or for more quota at https://console.cloud.google.com/iam-admin/quotas"
        )
    if isinstance(error, exceptions.NotFound):
        return InputError(f"{start} there is none ({text}); check PROJECT, REGION and the name")
    if isinstance(error, exceptions.ClientError) and not isinstance(error, exceptions.Aborted):
        return InputError(f"{start} {text}")
    return Unreachable(
        f"{start} no answer from Google Cloud ({text}); the same command again is safe"
    )


def _permission(text: str) -> str:
    """Says which role is missing, or which API is switched off."""
    if "has not been used in project" in text or "SERVICE_DISABLED" in text:
        api = re.search(r"[a-z]+\.googleapis\.com", text)
        name = api.group() if api else "aiplatform.googleapis.com"
        return f"an API is switched off ({text}); run `gcloud services enable {name}`"
    if "act as" in text or "actAs" in text:
        who, wanted = _who(), "iam.serviceAccounts.actAs"
    else:
        other = re.search(r"[Ss]ervice account \W?([^\s`'\"]+@[^\s`'\"]+)", text)
        who = other.group(1) if other else _who()
        found = re.search(r"[a-z]+\.[A-Za-z]+\.[A-Za-z]+", text.replace(who, ""))
        wanted = found.group() if found else "aiplatform."
    role = next((role for start, role in _ROLES.items() if wanted.startswith(start)), "")
    needs = f"the role {role}" if role else f"a role with {wanted}"
    places = {"iam.": "on the service account", "storage.": "on the bucket"}
    where = next((at for start, at in places.items() if wanted.startswith(start)), "in the project")
    return f"{who} lacks a right ({text}); have an owner grant it {needs} {where}"


def _who() -> str:
    """Returns whose rights count: the service account's of the credentials, or the user's own."""
    with contextlib.suppress(InputError):
        email = getattr(find_credentials(), "service_account_email", "")
        if email and email != "default":
            return str(email)
    return "your account"


def _lacks_credentials(error: Exception) -> bool:
    # gRPC tells a token that is refused as a service that is not there.
    return "metadata from plugin" in str(error) and "ConnectionPool" not in str(error)


def _line(error: Exception) -> str:
    """Returns an error's message as one line of at most 400 characters."""
    text = getattr(error, "message", "") or str(error) or type(error).__name__
    return " ".join(str(text).split())[:400].rstrip(".")
