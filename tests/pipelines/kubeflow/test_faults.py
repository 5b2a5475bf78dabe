"""Whatever Kubeflow answers: one line on what to do, and never the token."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.backend import find_backend
from pipelines.kubeflow.backend import KubeflowBackend
from pipelines.settings import Settings
from preprocessing.errors import InputError, Unreachable
from tests.kubeflow_service import KubeflowService, serve_kubeflow

SECRET = "sesame-open"


def _settings() -> Settings:
    return Settings(_env_file=None)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (401, r"not let in \(401: .*\); set KUBEFLOW_TOKEN or KUBEFLOW_COOKIE"),
        (403, r"not let in \(403: .*\); set KUBEFLOW_TOKEN or KUBEFLOW_COOKIE"),
        (404, r"nothing there \(404: .*\); check the address"),
        (400, r"refused \(400: played by the test\)"),
        ("login", "login page; set KUBEFLOW_TOKEN or a fresh KUBEFLOW_COOKIE"),
    ],
)
def test_a_refusal_is_one_line_and_not_tried_again(
    kubeflow: KubeflowService, backend: KubeflowBackend, fault: int | str, said: str
) -> None:
    kubeflow.fail(".*", fault, times=9)
    with pytest.raises(InputError, match=said) as error:
        backend.runs()
    assert not isinstance(error.value, Unreachable)
    assert "\n" not in str(error.value)
    assert len(kubeflow.requests) == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (503, "it cannot answer now"),
        (500, "it cannot answer now"),
        (429, "too many requests, or a quota"),
        ("lost", "no answer"),
    ],
)
def test_a_service_that_stays_away_is_unreachable_after_four_tries(
    kubeflow: KubeflowService, backend: KubeflowBackend, fault: int | str, said: str
) -> None:
    kubeflow.fail(".*", fault, times=9)
    with pytest.raises(Unreachable, match=said):
        backend.runs()
    assert len(kubeflow.requests) == 4


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("", "KUBEFLOW_HOST: not set"),
        ("kubeflow.example.org", "expected http://... or https://..."),
        ("http://127.0.0.1:9", "no answer .NewConnectionError"),
        ("http://nowhere.invalid", "no such host"),
    ],
)
def test_a_host_that_is_none(
    kubeflow: KubeflowService, monkeypatch: pytest.MonkeyPatch, host: str, said: str
) -> None:
    monkeypatch.setenv("KUBEFLOW_HOST", host)
    with pytest.raises(InputError, match=said):
        find_backend("kubeflow", _settings()).runs()


def test_token_and_cookie_are_sent_and_never_told(
    kubeflow: KubeflowService, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBEFLOW_TOKEN", f"{SECRET}\n")  # as a file's content mostly ends
    monkeypatch.setenv("KUBEFLOW_COOKIE", f"authservice_session={SECRET}")
    backend = KubeflowBackend(_settings())
    backend.runs()
    headers = kubeflow.requests[-1].headers
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["cookie"] == f"authservice_session={SECRET}"
    kubeflow.fail(".*", 401)
    with pytest.raises(InputError, match="get a new KUBEFLOW_TOKEN") as error:
        backend.runs()
    monkeypatch.setenv("KUBEFLOW_TOKEN", f"{SECRET}\nin two lines")
    with pytest.raises(InputError) as broken:
        KubeflowBackend(_settings()).runs()
    assert SECRET not in f"{error.value} {broken.value} {capfd.readouterr()} {backend._settings}"


def test_what_the_sdk_keeps_in_the_home_folder_is_not_read(
    kubeflow: KubeflowService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import kfp

    context = tmp_path / "context.json"
    context.write_text(
        json.dumps({"namespace": "stale", "client_authentication_cookie": "a=stale"})
    )
    monkeypatch.setattr(kfp.Client, "_LOCAL_KFP_CONTEXT", str(context))
    KubeflowBackend(_settings()).runs()
    (request,) = kubeflow.requests
    assert "stale" not in f"{request.query} {request.headers}"


def test_a_namespace_that_is_missing_is_named(
    kubeflow: KubeflowService, backend: KubeflowBackend
) -> None:
    kubeflow.fail("GET", 400, message="Invalid input error: namespace cannot be empty.")
    with pytest.raises(InputError, match="check KUBEFLOW_NAMESPACE"):
        backend.runs()


def test_a_certificate_of_an_authority_of_ones_own(
    identity: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_kubeflow(identity.certificate, identity.key) as service:
        monkeypatch.setenv("KUBEFLOW_HOST", service.host)
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(InputError, match="not trusted; set SSL_CERT_FILE"):
            KubeflowBackend(_settings()).runs()
        monkeypatch.setenv("SSL_CERT_FILE", str(identity.certificate))
        assert KubeflowBackend(_settings()).runs() == []
        monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
        with pytest.raises(InputError, match=r"^SSL_CERT_FILE=/nowhere: no such file"):
            KubeflowBackend(_settings()).runs()
