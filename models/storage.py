"""Connects to Cloud Storage."""

import logging
import os
from typing import Any

from models.vertex_ai import find_credentials
from preprocessing.errors import InputError


def storage_client(public: bool = False) -> Any:
    """Returns a client of Cloud Storage, or of the emulator that STORAGE_EMULATOR_HOST names.

    Args:
        public: whether who has no credentials asks as anybody may, for public data.

    Raises:
        InputError: there are no credentials, or none that can be read.
    """
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage  # takes a second

    logging.getLogger("urllib3").setLevel(logging.ERROR)  # its retries end in our one line
    credentials = None
    if "STORAGE_EMULATOR_HOST" not in os.environ:
        try:
            credentials = find_credentials()
        except InputError:
            if not public:
                raise
            credentials = AnonymousCredentials()
    # What is done with a bucket by its name needs no project, but the library asks for one.
    return storage.Client(project="unused", credentials=credentials)
