"""The files of a registry in a bucket of Google Cloud Storage."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.storage import storage_client
from preprocessing.errors import InputError
from preprocessing.files import first_line


class BucketStore:
    """Files in a bucket of Google Cloud Storage.

    Args:
        uri: `gs://bucket` or `gs://bucket/folder`.
    """

    def __init__(self, uri: str) -> None:
        bucket, _, folder = uri.removeprefix("gs://").strip("/").partition("/")
        self._uri = f"gs://{bucket}/{folder}".rstrip("/")
        self._folder = f"{folder}/" if folder else ""
        self._bucket = storage_client().bucket(bucket)

    def names(self, folder: str) -> list[str]:
        """Returns the names of the files that lie in a folder, in no order."""
        prefix = f"{self._folder}{folder}/"
        with self._told(folder):
            blobs = list(self._bucket.list_blobs(prefix=prefix, delimiter="/"))
        return [name for blob in blobs if (name := blob.name.removeprefix(prefix))]

    def folders(self, folder: str) -> list[str]:
        """Returns the names of the folders that lie in a folder, "" for the top, in no order."""
        prefix = f"{self._folder}{folder}/" if folder else self._folder
        with self._told(folder):
            found = self._bucket.list_blobs(prefix=prefix, delimiter="/")
            list(found)  # the prefixes come with the pages
        return [one.removeprefix(prefix).rstrip("/") for one in found.prefixes]

    def read(self, name: str) -> bytes:
        """Returns what a file holds."""
        with self._told(name):
            data: bytes = self._blob(name).download_as_bytes()
        return data

    def create(self, name: str, data: bytes) -> bool:
        """Writes a file that nobody has written before; False if somebody has."""
        from google.api_core.exceptions import PreconditionFailed

        with self._told(name):
            try:
                self._blob(name).upload_from_string(data, if_generation_match=0)
            except PreconditionFailed:
                # It may be this very call, made again by the library after a lost answer.
                return bool(self._blob(name).download_as_bytes() == data)
        return True

    def put_folder(self, source: Path, name: str) -> None:
        """Copies a folder; to copy the same folder to the same name again changes nothing."""
        for path in sorted(source.rglob("*")):
            if path.is_file():
                file = f"{name}/{path.relative_to(source).as_posix()}"
                with self._told(file):
                    self._blob(file).upload_from_filename(str(path))

    @contextmanager
    def folder(self, name: str) -> Iterator[Path]:
        """Gives a folder as a local one while the body runs."""
        prefix = f"{self._folder}{name}/"
        with tempfile.TemporaryDirectory() as copy:
            with self._told(name):
                for blob in self._bucket.list_blobs(prefix=prefix):
                    if blob.name.endswith("/"):  # an empty object that stands for a folder
                        continue
                    path = Path(copy, blob.name.removeprefix(prefix))
                    path.parent.mkdir(parents=True, exist_ok=True)
                    blob.download_to_filename(str(path))
            yield Path(copy)

    def place(self, name: str) -> str:
        """Returns the URI of a file or folder."""
        return f"{self._uri}/{name}"

    def _blob(self, name: str) -> Any:
        return self._bucket.blob(self._folder + name)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Tells what the client raises in one line."""
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.exceptions import GoogleCloudError
        from requests.exceptions import RequestException

        try:
            yield
        except (GoogleCloudError, GoogleAuthError, RequestException) as error:
            raise InputError(
                f"{self.place(name)}: {first_line(error)}; check that the bucket is there and that"
                " you may read and write it"
            ) from error
