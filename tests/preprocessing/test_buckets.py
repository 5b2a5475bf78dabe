"""A source in a bucket: the same code, the same bytes. The bucket is an emulator on loopback."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apache_beam.internal.gcp import auth
from apache_beam.options.pipeline_options import PipelineOptions
from google.cloud.storage import Blob

from preprocessing.errors import InputError
from preprocessing.examples import ExamplesInfo, shard_name
from preprocessing.fingerprint import source_fingerprint
from preprocessing.plan import Plan, plan_examples
from preprocessing.preprocess import preprocess
from preprocessing.sources.files import SourceFiles
from preprocessing.split_sizes import SplitSizes
from preprocessing.write_examples import write_examples
from tests.conftest import WriteBitmaps
from tests.preprocessing.raw_data import encoded, example, write_folder, write_records, zipped


@pytest.fixture(scope="module")
def folder(
    bucket: Any, tmp_path_factory: pytest.TempPathFactory, write_bitmaps: WriteBitmaps
) -> Path:
    """Returns the local folder whose files are also in `gs://challenge/raw`."""
    folder = write_bitmaps(tmp_path_factory.mktemp("raw"), {"ant": 3_000, "cake": 50})
    for path in folder.iterdir():
        bucket.blob(f"raw/{path.name}").upload_from_filename(path)
    return folder


def test_without_credentials_no_stack_trace_is_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("GCE_METADATA_IP", "localhost:1")  # no machine of Google's
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    # What Beam does before its first look into a bucket of this process.
    assert auth._Credentials._get_service_credentials(PipelineOptions([])) is None
    assert "Connecting anonymously" in caplog.text
    assert "Traceback" not in caplog.text


def plan_of(source: str) -> Plan:
    return plan_examples(source, "quickdraw", SplitSizes(100, 10, 10), seed=0, shard_size=64)


def test_the_bytes_are_those_of_local_files(bucket: Any, folder: Path, tmp_path: Path) -> None:
    write_examples(plan_of("gs://challenge/raw"), "gs://challenge/examples", "unread")
    write_examples(plan_of(str(folder)), str(tmp_path), "unread")
    local = {
        str(path.relative_to(tmp_path)): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    remote = {
        blob.name.removeprefix("examples/"): blob.download_as_bytes()
        for blob in bucket.client.list_blobs("challenge", prefix="examples/")
    }
    assert f"train/{shard_name(0, 3)}" in local
    assert remote == local


def test_of_a_large_file_only_the_rows_drawn_are_fetched(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = np.arange(20_000 * 784, dtype=np.uint32).astype(np.uint8).reshape(-1, 784)
    np.save(tmp_path / "ant.npy", large)
    np.save(tmp_path / "cake.npy", large[:50])
    for path in tmp_path.iterdir():
        bucket.blob(f"large/{path.name}").upload_from_filename(path)
    fetched: list[int] = []
    download = Blob.download_as_bytes

    def counted(blob: Blob, *arguments: Any, **options: Any) -> bytes:
        data: bytes = download(blob, *arguments, **options)
        fetched.append(len(data))
        return data

    monkeypatch.setattr(Blob, "download_as_bytes", counted)
    plan = plan_of("gs://challenge/large")
    assert sum(fetched) < 10_000  # the headers
    rows = np.array([3, 4, 5, 19_000])
    read = plan.pool("train").read(rows)
    np.testing.assert_array_equal(read, large[rows])
    assert sum(fetched) < 15_000


class MetadataServer(BaseHTTPRequestHandler):
    """What a machine of Google Cloud asks for credentials."""

    def do_GET(self) -> None:
        text = "googleapis.com" if "universe" in self.path else "test"
        if "/token" in self.path:
            token = {"access_token": "made", "expires_in": 3600, "token_type": "Bearer"}
            text = json.dumps(token)
        elif "service-accounts" in self.path:
            text = json.dumps({"email": "test@example.com", "scopes": [], "aliases": ["default"]})
        self.send_response(200)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", "application/json" if "{" in text else "text/plain")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *message: object) -> None:
        pass


@pytest.fixture
def _credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes processes started here find credentials as a machine of Google Cloud does."""
    server = ThreadingHTTPServer(("localhost", 0), MetadataServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("GCE_METADATA_HOST", "GCE_METADATA_IP"):
        monkeypatch.setenv(name, f"localhost:{server.server_port}")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("_credentials")
def test_the_whole_step_reads_a_bucket_and_writes_to_one(bucket: Any, folder: Path) -> None:
    """The graph is made in a process of its own meanwhile, which has credentials to find too."""
    info = preprocess(
        "gs://challenge/raw",
        "gs://challenge/whole/examples",
        "gs://challenge/whole/transform",
        "quickdraw",
        SplitSizes(100, 10, 10),
        shard_size=64,
    )
    blobs = bucket.client.list_blobs("challenge", prefix="whole/")
    written = {blob.name.removeprefix("whole/") for blob in blobs}
    assert {
        f"examples/train/{shard_name(0, 3)}",
        "examples/examples.json",
        "examples/test_ids.csv",
        "examples/test_labels.csv",
        "transform/transform_fn/saved_model.pb",
        "transform/transform_fn/assets/labels",
        "transform/transformed_metadata/schema.pbtxt",
    } < written
    assert not any("/." in name for name in written)
    text = bucket.blob("whole/examples/examples.json").download_as_bytes()
    assert ExamplesInfo.from_json(text, "examples.json") == info
    assert info.class_names == ["ant", "cake"]


def test_a_glob_names_some_of_the_files(folder: Path) -> None:
    with pytest.raises(InputError, match=r"found only gs://challenge/raw/ant\.npy"):
        plan_of("gs://challenge/raw/a*.npy")
    with pytest.raises(InputError, match="gs://challenge/nowhere: no such file or folder"):
        plan_of("gs://challenge/nowhere")


def test_a_folder_in_a_bucket_is_taken_as_a_local_one(bucket: Any, tmp_path: Path) -> None:
    files = {"a/1.jpg": b"", "b/2.jpg": b"", "b/.3.jpg": b"", "4.jpg": b""}
    for path in write_folder(tmp_path, files).rglob("*"):
        marker = "/" if path.is_dir() else ""  # the console makes such empty objects
        bucket.blob(f"marked/{path.relative_to(tmp_path)}{marker}").upload_from_string(b"")
    bucket.blob("marked/").upload_from_string(b"")
    for below, expected in {
        "": ["4.jpg", "a/1.jpg", "b/2.jpg"],
        "/": ["4.jpg", "a/1.jpg", "b/2.jpg"],
        "/*": ["4.jpg", "a/1.jpg", "b/2.jpg"],
        "/[ab]": ["a/1.jpg", "b/2.jpg"],
        "/b/": ["2.jpg"],
    }.items():
        for source in (str(tmp_path), "gs://challenge/marked"):
            found = SourceFiles(source + below)
            assert [str(found.below(file.path)) for file in found.files] == expected


def test_a_changed_object_is_another_fingerprint(bucket: Any, folder: Path) -> None:
    before = source_fingerprint("gs://challenge/raw")
    assert source_fingerprint("gs://challenge/raw/*.npy") == before
    bucket.blob("raw/dog.npy").upload_from_string(b"new")
    assert source_fingerprint("gs://challenge/raw") != before
    bucket.blob("raw/dog.npy").delete()


def write_photos(folder: Path, form: str) -> None:
    """Writes cats and dogs and an unlabelled test set in one of three formats."""
    train = {f"cat.{i}.jpg": encoded(i) for i in range(9)}
    train |= {f"dog.{i}.jpg": encoded(i + 20) for i in range(9)}
    test = {f"{i}.jpg": encoded(i + 40) for i in range(12)}
    if form == "folders":
        hidden = {"train/.cat.7.jpg": b"", ".trash/cat.8.jpg": b"", "read.me": b""}
        write_folder(folder, {f"train/{path}": data for path, data in train.items()} | hidden)
        write_folder(folder / "test1", test)
    elif form == "zip":
        write_folder(folder, {"train.zip": zipped(train), "test1.zip": zipped(test)})
    else:
        records = [
            example(
                image__encoded=[data],
                image__filename=[name.encode()],
                **({"image__class__label": [int("dog" in name)]} if "." in name[:-4] else {}),
            )
            for name, data in (train | test).items()
        ]
        for shard in range(2):
            write_records(folder / f"train-{shard:05d}-of-00002", records[shard * 9 :][:9])
        write_records(folder / "test-00000-of-00001", records[18:])
        (folder / "labels.txt").write_text("a cat\na dog\n")


@pytest.mark.parametrize("form", ["folders", "zip", "records"])
def test_photos_in_a_bucket_are_those_of_local_files(
    bucket: Any, tmp_path: Path, form: str
) -> None:
    write_photos(tmp_path, form)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            blob = bucket.blob(f"photos/{form}/{path.relative_to(tmp_path)}")
            blob.upload_from_filename(path)
    here, there = (
        plan_examples(source, "cats_vs_dogs", SplitSizes(0, 1, 1), seed=0, shard_size=64)
        for source in (str(tmp_path), f"gs://challenge/photos/{form}")
    )
    assert there.class_names == here.class_names
    assert there.source.train.counts == here.source.train.counts == [9, 9]
    rows = np.arange(9)
    for label in range(2):
        images, same = (
            plan.pool("train").read(plan.pool("train").numbers(label, rows))
            for plan in (here, there)
        )
        assert images == same
        assert images == [encoded(row + 20 * label) for row in rows.tolist()]
    assert there.source.test is not None
    assert here.source.test is not None
    assert there.source.test.ids == here.source.test.ids == [f"{i}.jpg" for i in range(12)]
    assert there.pool("test").read(rows) == [encoded(row + 40) for row in rows.tolist()]
    assert there.pool("test").name(3).startswith(f"gs://challenge/photos/{form}/test")
