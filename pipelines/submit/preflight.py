"""What is checked before anything is spent: that the chosen backend has all that a run needs."""

from functools import partial
from pathlib import Path

from models.vertex_ai import find_credentials
from pipelines.backend import find_backend
from pipelines.bucket import check_bucket
from pipelines.dot_env import unread_lines
from pipelines.image.name import find_images
from pipelines.settings import Settings
from pipelines.submit.check_image import check_image
from pipelines.submit.findings import Check, Finding, Unchecked, find
from pipelines.vertex.machines import training_machine
from preprocessing.errors import InputError

_NEEDED = {
    "vertex": {
        "project": "my-project-1",
        "region": "europe-west4",
        "bucket": "gs://my-bucket",
    },
    "kubeflow": {"kubeflow_host": "https://kubeflow.example.org/pipeline"},
}
"""The settings that a backend cannot do without, each with an example."""

_NAMES = [name.upper() for name in Settings.model_fields]


def preflight(settings: Settings, fingerprint: str | None = "") -> list[Finding]:
    """Checks what the backend of the settings needs; services are asked side by side.

    Args:
        settings: where the steps shall run.
        fingerprint: of the participant's files in the image; "" for none, None if it is not known.
    """
    missing = {
        name: example
        for name, example in _NEEDED[settings.backend].items()
        if not getattr(settings, name)
    }
    found = [Finding(".env", "unknown", line) for line in unread_lines(Path(".env"), _NAMES)]
    found += [
        Finding(name, "wrong", f"not set; put {name.upper()}={example} with your own into .env")
        for name, example in missing.items()
    ]
    connected = True
    if settings.backend == "vertex":
        found += find({"credentials": _check_credentials})
        connected = found[-1].status == "ok"
    checks: dict[str, Check] = {}
    if connected and not missing:
        checks[settings.backend] = partial(_check_backend, settings)
    if connected and settings.bucket:
        checks["bucket"] = partial(check_bucket, settings)
    if connected:
        checks |= _image_checks(settings, fingerprint)
    else:
        checks["bucket, image, vertex"] = _unasked
    if settings.backend == "vertex":
        checks["machine"] = partial(_check_machine, settings)
        checks["service account"] = partial(_check_service_account, settings)
    return found + find(checks)


def _image_checks(settings: Settings, fingerprint: str | None) -> dict[str, Check]:
    """Returns a check for each image that the steps ask for."""
    if fingerprint is None:
        return {"image": _unknown_image}
    try:
        images = find_images(settings, fingerprint).targets()
    except InputError as error:
        return {"image": partial(_raise, error)}
    many = len(images) > 1
    return {
        f"image ({target})" if many else "image": partial(_check_image, settings, image)
        for target, image in images.items()
    }


def _unknown_image() -> str:
    raise Unchecked("is looked up when the parameters are right, which may name files for it")


def _raise(error: InputError) -> str:
    raise error


def _check_credentials() -> str:
    credentials = find_credentials()
    return f"of {getattr(credentials, 'service_account_email', '') or 'your own account'}"


def _unasked() -> str:
    raise Unchecked("not asked without credentials")


def _check_backend(settings: Settings) -> str:
    find_backend(settings.backend, settings).runs(limit=1)
    where = settings.region if settings.backend == "vertex" else settings.kubeflow_host
    return f"answers ({where})"


def _check_image(settings: Settings, image: str) -> str:
    if settings.backend == "vertex" and not settings.image:
        raise InputError(
            "IMAGE: not set; Vertex AI takes images from a registry: put"
            f" IMAGE={settings.region or 'REGION'}-docker.pkg.dev/{settings.project or 'PROJECT'}"
            "/challenges/pipelines into .env, then `make image PUSH=1`"
        )
    if settings.backend == "kubeflow":
        try:
            find_credentials()
        except InputError as error:  # the cluster pulls by rights of its own
            raise Unchecked(f"{image}: not looked up; {error}") from None
    return check_image(image)


def _check_machine(settings: Settings) -> str:
    return f"training on {training_machine(settings)}"


def _check_service_account(settings: Settings) -> str:
    account = settings.service_account
    if not account:
        raise Unchecked(
            "not set: steps run as the project's default account of Compute Engine, which may do"
            " much; better name one of your own by SERVICE_ACCOUNT"
        )
    raise Unchecked(
        f"{account}: see for yourself: `gcloud iam service-accounts describe {account}`"
    )
