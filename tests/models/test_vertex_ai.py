"""What a user reads when Vertex AI refuses or does not answer."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import google.oauth2.credentials
import grpc
import pytest

from models import vertex_ai
from preprocessing.errors import InputError, Unreachable

Code = grpc.StatusCode


@pytest.fixture
def models(vertex: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Returns a function that lists the models, asking again soon."""
    monkeypatch.setattr(vertex_ai, "FIRST_DELAY", 0.01)
    platform = vertex_ai.connect("challenges", "europe-west4")
    return lambda: vertex_ai.call("list models", platform.Model.list)


def test_a_service_that_is_away_for_a_moment_is_asked_again(vertex: Any, models: Any) -> None:
    vertex.fail("ListModels", Code.UNAVAILABLE, Code.UNAVAILABLE)
    assert models() == []
    assert len(vertex.asked("ListModels")) == 3
    assert all(call.authorization.startswith("Bearer ") for call in vertex.calls)


def test_a_service_that_stays_away_is_given_up(
    vertex: Any, models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vertex_ai, "PATIENCE", 0.2)
    vertex.fail("ListModels", *[Code.UNAVAILABLE] * 1000, message="try\nlater")
    with pytest.raises(Unreachable) as told:
        models()
    assert str(told.value) == (
        "cannot list models: no answer from Google Cloud (try later); the same command again is"
        " safe"
    )


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        (
            Code.PERMISSION_DENIED,
            "Permission 'aiplatform.models.list' denied on resource 'x' (or it may not exist).",
            "pipelines@challenges.iam.gserviceaccount.com lacks a right (Permission"
            " 'aiplatform.models.list' denied on resource 'x' (or it may not exist)); have an owner"
            " grant it the role roles/aiplatform.user in the project",
        ),
        (
            Code.PERMISSION_DENIED,
            "You do not have permission to act as service_account: runner@x.",
            "grant it the role roles/iam.serviceAccountUser on the service account",
        ),
        (
            Code.PERMISSION_DENIED,
            "Service account `runner@x` does not have `[storage.objects.get]` on the bucket `b`.",
            "runner@x lacks a right (Service account `runner@x` does not have"
            " `[storage.objects.get]` on the bucket `b`); have an owner grant it the role"
            " roles/storage.objectUser on the bucket",
        ),
        (
            Code.PERMISSION_DENIED,
            "Vertex AI API has not been used in project 1 before or it is disabled. Enable it by"
            " visiting https://console.developers.google.com/apis/api/aiplatform.googleapis.com/",
            "run `gcloud services enable aiplatform.googleapis.com`",
        ),
        (
            Code.RESOURCE_EXHAUSTED,
            "The following quota metrics exceed quota limits:"
            " aiplatform.googleapis.com/custom_model_training_nvidia_t4_gpus",
            "a quota is used up (The following quota metrics exceed quota limits:"
            " aiplatform.googleapis.com/custom_model_training_nvidia_t4_gpus); wait until",
        ),
        (Code.NOT_FOUND, "no such model", "there is none (no such model); check PROJECT"),
        (Code.INVALID_ARGUMENT, "labels: too long", "cannot list models: labels: too long"),
        (Code.UNAUTHENTICATED, "expired", "run `gcloud auth application-default login`"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(
    vertex: Any, models: Any, code: grpc.StatusCode, message: str, told: str
) -> None:
    vertex.fail("ListModels", code, message=message)
    with pytest.raises(InputError) as refused:
        models()
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not isinstance(refused.value, Unreachable)
    assert len(vertex.asked("ListModels")) == 1


class Refusing(BaseHTTPRequestHandler):
    """Gives out no tokens: the login is too old."""

    def do_POST(self) -> None:
        answer = json.dumps({"error": "invalid_grant", "error_description": "Reauthentication"})
        self.send_response(400)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *parts: object) -> None:
        pass


@pytest.mark.parametrize(
    ("answers", "told"),
    [(True, "does not take these credentials.*gcloud auth"), (False, "no answer from Google")],
)
def test_a_token_that_is_refused_is_no_service_that_is_away(
    vertex: Any,
    models: Any,
    answers: bool,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with HTTPServer(("localhost", 0), Refusing) as server:
        if answers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        else:
            server.socket.close()
        user = {"type": "authorized_user", "client_id": "1", "client_secret": "2"}
        (tmp_path / "user.json").write_text(json.dumps(user | {"refresh_token": "3"}))
        address = f"http://localhost:{server.server_port}/token"
        monkeypatch.setattr(google.oauth2.credentials, "_GOOGLE_OAUTH2_TOKEN_ENDPOINT", address)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "user.json"))
        monkeypatch.setattr(vertex_ai, "PATIENCE", 5.0 if answers else 0.2)
        platform = vertex_ai.connect("challenges", "europe-west4")
        with pytest.raises(InputError, match=told) as refused:
            vertex_ai.call("list models", platform.Model.list)
        if answers:
            server.shutdown()
    assert "\n" not in str(refused.value)
    assert isinstance(refused.value, Unreachable) is not answers
    assert vertex.calls == []
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("content", [None, "no key", '{"type": "service_account"}'])
def test_credentials_that_cannot_be_read_are_named(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "account.json"
    if content:
        path.write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(InputError) as told:
        vertex_ai.connect("challenges", "europe-west4")
    assert str(told.value).startswith("Google Cloud: GOOGLE_APPLICATION_CREDENTIALS: ")
    assert "\n" not in str(told.value)


def test_a_region_that_is_none_is_named(vertex: Any) -> None:
    with pytest.raises(InputError, match=r"^REGION: .*mars-west1.*expected .*europe-west4"):
        vertex_ai.connect("challenges", "mars-west1")


def test_without_credentials_the_login_is_named_and_nobody_waits_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("GCE_METADATA_IP", "localhost:1")  # no machine of Google's
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    with pytest.raises(InputError, match=r"^Google Cloud: no credentials; run `gcloud auth"):
        vertex_ai.find_credentials()
    assert sum(waited) < 10
    assert caplog.text == ""
