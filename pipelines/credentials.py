"""Who we are to Google Cloud: the credentials that are there, found without a long wait."""

import os
from typing import Any

from preprocessing.errors import InputError

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


def find_credentials() -> Any:
    """Returns the application default credentials; anonymous ones before a storage emulator.

    Raises:
        InputError: there are none, or their file cannot be read.
    """
    # Read once, at the import: who is not on a machine of Google's waits a second, not twelve.
    os.environ.setdefault("GCE_METADATA_TIMEOUT", "1")
    os.environ.setdefault("GCE_METADATA_DETECT_RETRIES", "1")
    import google.auth
    from google.auth.credentials import AnonymousCredentials
    from google.auth.exceptions import DefaultCredentialsError

    try:
        credentials, _ = google.auth.default(scopes=_SCOPES)
    except DefaultCredentialsError as error:
        file = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
        if file:
            said = str(error).splitlines()[0]
            raise InputError(
                f"GOOGLE_APPLICATION_CREDENTIALS={file}: cannot be used ({said}); name a key file,"
                " or unset it and run `gcloud auth application-default login`"
            ) from None
        if os.environ.get("STORAGE_EMULATOR_HOST"):
            return AnonymousCredentials()
        raise InputError(
            "no credentials for Google Cloud here; run `gcloud auth application-default login`, or"
            " set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account"
        ) from None
    return credentials
