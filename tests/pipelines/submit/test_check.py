"""`make check`: each setting with its origin, each check with what mends it, in bounded time."""

import re
import socket
import threading
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from pydantic import SecretStr

from models import vertex_ai
from pipelines.bucket import check_bucket, check_readable
from pipelines.settings import Settings, read_settings
from pipelines.submit.findings import Unchecked, find
from preprocessing.errors import InputError, Unreachable
from tests.pipelines.conftest import Command


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts the test into a folder of its own, without settings and credentials."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    for name in (*Settings.model_fields, "google_application_credentials"):
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]


def test_each_setting_is_shown_with_its_origin_and_no_secret(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("PROJECT=my-project\nKUBEFLOW_TOKEN=hush\nREGION=\nSPOT=1\n")
    monkeypatch.setenv("WORKERS", "3")
    monkeypatch.setenv("LABELS", "team=vision")
    monkeypatch.setenv("MANAGED", "dataflow custom-job")
    status, out, err = command("check")
    assert status == 1
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.strip()}
    assert lines["PROJECT"] == ["my-project", ".env"]
    assert lines["LABELS"] == ["team=vision", "the", "environment"]
    assert lines["MANAGED"] == ["dataflow", "custom-job", "the", "environment"]
    assert lines["NETWORK"] == ["default"]
    assert lines["WORKERS"] == ["3", "the", "environment"]
    assert lines["SPOT"] == ["1", ".env"]
    assert lines["MANAGED"] == ["dataflow", "custom-job", "the", "environment"]
    assert lines["PRESET"] == ["cpu", "default"]
    assert lines["KUBEFLOW_TOKEN"] == ["set", ".env"]
    assert lines["region"][:3] == ["wrong", "not", "set;"]
    assert "hush" not in out + err


def test_a_line_of_the_file_that_nothing_reads_is_told(command: Command, folder: Path) -> None:
    (folder / ".env").write_text(
        "# mine\nREGON=europe-west4\nproject=my-project\n\nKUBEFLOW_TOKN=hush\nEDITOR=vi\n"
        "BUCKET: gs://hush\n"
    )
    out = command("check")[1]
    assert [line for line in out.splitlines() if line.startswith("  .env")] == [
        "  .env                 unknown  line 2: REGON is no setting, did you mean REGION?",
        "  .env                 unknown  line 5: KUBEFLOW_TOKN is no setting, did you mean"
        " KUBEFLOW_TOKEN?",
        "  .env                 unknown  line 7: expected NAME=value, got 'BUCKET' and what"
        " follows",
    ]
    assert "hush" not in out


def test_without_credentials_the_answer_comes_at_once(command: Command) -> None:
    began = time.monotonic()
    status, out, _ = command("check")
    assert status == 1
    assert "gcloud auth application-default login" in out
    assert "not asked without credentials" in out
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "PRESET",
            "8gpu",
            "PRESET: expected cpu, gpu, 4gpu or distributed, got '8gpu' from the environment",
        ),
        ("BUCKET", "mine", "BUCKET: expected gs://name or gs://name/folder, got 'mine' from"),
        ("TRAIN_MEMORY", "30", "such as 30G, got '30'"),
        (
            "LABELS",
            "team=A",
            "of lower-case letters, digits, - and _, each at most 63, not 'team=A'",
        ),
        ("MANAGED", "datafow", "MANAGED: 'datafow' is unknown, did you mean 'dataflow'?"),
        ("TRAIN_DISK_GB", "10", "TRAIN_DISK_GB: expected a whole number of GB from 100"),
        ("BACKEND", "aws", "BACKEND: expected vertex or kubeflow"),
    ],
)
def test_a_setting_that_cannot_be_is_told_in_plain_words(
    command: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as error:
        read_settings()
    assert told in str(error.value)
    monkeypatch.setenv("REGION", "Europe")  # check tells all of them
    status, out, _ = command("check")
    assert status == 1
    assert told in out
    assert "REGION: expected a region of Google Cloud" in out


def test_no_setting_is_refused_in_the_words_of_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = (str, SecretStr)
    for name, field in Settings.model_fields.items():
        monkeypatch.setenv(name.upper(), "@ =")
        if field.annotation in plain and not field.metadata:
            continue
        with pytest.raises(InputError, match=f"^{name.upper()}: ") as told:
            read_settings()
        assert not re.search("Input should|Value error|String should", str(told.value))
        monkeypatch.delenv(name.upper())


def test_a_wrong_setting_in_the_file_is_said_to_be_there(folder: Path) -> None:
    (folder / ".env").write_text("PRESET=8gpu")
    with pytest.raises(InputError, match=r"got '8gpu' from \.env"):
        read_settings()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_of_any_editor_is_read_or_told(command: Command, folder: Path, mark: bytes) -> None:
    (folder / ".env").write_bytes(mark + b"PROJECT=my-project\n")
    assert read_settings().project == "my-project"
    (folder / ".env").write_bytes(mark + b"LABELS=team=caf\xe9\n")
    with pytest.raises(InputError, match=r"^\.env: byte 16 is not UTF-8; save it as UTF-8 text"):
        read_settings()
    status, out, err = command("check")
    assert (status, err) == (1, "")
    assert ".env: byte 16 is not UTF-8" in out


def test_a_label_may_be_as_long_as_the_service_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELS", f"{'k' * 63}={'v' * 63},empty=")
    assert read_settings().labels == {"k" * 63: "v" * 63, "empty": ""}


def test_checks_run_side_by_side_and_none_waits_for_ever() -> None:
    both = threading.Barrier(2, timeout=5)
    never = threading.Event()

    def wrong() -> str:
        raise InputError("mend it")

    def unknown() -> str:
        raise Unchecked("look for yourself")

    def broken() -> str:
        raise ZeroDivisionError("oops")

    found = find(
        {
            "first": lambda: f"met {both.wait()}",
            "second": lambda: f"met {both.wait()}",
            "wrong": wrong,
            "unknown": unknown,
            "broken": broken,
            "stuck": lambda: str(never.wait()),
        },
        seconds=0.2,
    )
    never.set()
    assert [finding.status for finding in found] == [
        "ok",
        "ok",
        "wrong",
        "unknown",
        "wrong",
        "wrong",
    ]
    assert found[2].text == "mend it"
    assert "no answer within 0.2 s" in found[5].text


def test_a_bucket_is_written_and_left_as_it_was(bucket: Any) -> None:
    told = check_bucket(settings(bucket="gs://challenge/ours", region="us-central1"))
    assert told == "gs://challenge/ours/ can be written; in us"
    assert not list(bucket.list_blobs(prefix="ours"))


def test_a_bucket_elsewhere_is_told(bucket: Any) -> None:
    with pytest.raises(InputError, match=r"is in us, REGION=europe-west4.*--location=europe-west4"):
        check_bucket(settings(bucket="gs://challenge", region="europe-west4"))


def test_a_bucket_that_is_not_there_is_told_with_how_to_make_it(bucket: Any) -> None:
    with pytest.raises(InputError, match="`gcloud storage buckets create gs://nobodys"):
        check_bucket(settings(bucket="gs://nobodys", region="us-central1"))


def test_data_in_a_bucket_that_does_not_answer_is_told_in_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipelines.bucket.SECONDS", 0.3)
    with socket.socket() as dead:
        dead.bind(("localhost", 0))  # it never listens
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://localhost:{dead.getsockname()[1]}")
        with pytest.raises(Unreachable, match="cannot list gs://drawings"):
            check_readable("gs://drawings/full/*.npy")


def test_public_data_is_asked_for_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setattr("pipelines.bucket.SECONDS", 0.3)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setenv("GCE_METADATA_IP", "localhost:1")  # no machine of Google's
    monkeypatch.setenv("HTTPS_PROXY", "http://localhost:1")  # nor its storage
    with pytest.raises(Unreachable, match="cannot list gs://drawings"):
        check_readable("gs://drawings/full/*.npy")


def test_all_that_vertex_ai_needs_is_there(
    command: Command, vertex: Any, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vertex_ai, "FIRST_DELAY", 0.01)
    bucket._patch_property("location", "EU")
    bucket.patch()
    monkeypatch.setenv("IMAGE", "registry/image:1")
    monkeypatch.setenv("PRESET", "distributed")
    monkeypatch.setenv("SPOT", "1")
    vertex.fail("ListPipelineJobs", grpc.StatusCode.UNAVAILABLE)
    status, out, err = command("check")
    assert (status, err) == (0, "")
    for told in (
        "ok       of pipelines@challenges.iam.gserviceaccount.com",
        "answers (europe-west4)",
        "gs://challenge/ can be written",
        "training on 3 x n1-standard-8 + 1 NVIDIA_TESLA_T4, spot",
        "would go to vertex",
    ):
        assert told in out
    assert vertex.secret not in out


def test_kubeflow_needs_no_credentials_of_google_but_a_host(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKEND", "kubeflow")
    monkeypatch.setenv("IMAGE", "europe-west4-docker.pkg.dev/challenges/ours/image:1")
    status, out, _ = command("check")
    assert status == 1
    assert "KUBEFLOW_HOST=https://" in out
    assert "`make submit` would stop: kubeflow_host\n" in out  # the cluster pulls the image
    assert re.search(r"  image +unknown +\S+image:1: not looked up; Google Cloud: no cred", out)
    assert "machine" not in out
