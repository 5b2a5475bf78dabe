"""Where a pipeline's steps run: from the environment or `.env`, never from code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from preprocessing.errors import InputError
from preprocessing.nearest import did_you_mean


@dataclass(frozen=True)
class Preset:
    """What a training runs on.

    Attributes:
        accelerator: type of accelerator; "" for none.
        count: of the accelerators, each machine.
        workers: how many machines.
    """

    accelerator: str = ""
    count: int = 0
    workers: int = 1


PRESETS = {
    "cpu": Preset(),
    "gpu": Preset("NVIDIA_TESLA_T4", 1),
    "4gpu": Preset("NVIDIA_TESLA_T4", 4),
    "distributed": Preset("NVIDIA_TESLA_T4", 1, workers=3),
}
"""The machines that the challenges were trained on; `distributed` was a chief and two workers."""

MANAGED = ("dataflow", "batch-prediction", "custom-job")
"""What can be left to a service of Google Cloud."""

_IMAGE = (
    r"^$|^([-.a-zA-Z0-9]+(:[0-9]+)?/)?[a-z0-9]+([-._/]+[a-z0-9]+)*"
    r"(:[a-zA-Z0-9_][-._a-zA-Z0-9]{0,127})?(@sha256:[0-9a-f]{64})?$"
)
_KEY = re.compile("[a-z][-_a-z0-9]{0,62}")
_VALUE = re.compile("[-_a-z0-9]{0,63}")

_EXPECTED = {
    "backend": "vertex or kubeflow",
    "project": "the ID of a project, such as my-project-1",
    "region": "a region of Google Cloud, such as europe-west4",
    "bucket": "gs://name or gs://name/folder",
    "service_account": "an address, such as pipelines@my-project-1.iam.gserviceaccount.com",
    "image": "the name of an image, such as registry/image or registry/image:tag",
    "keras_backend": "tensorflow or jax",
    "kubeflow_root": "gs://..., minio://... or s3://...",
    "preset": "cpu, gpu, 4gpu or distributed",
    "accelerator_count": "a whole number from 1 to 16",
    "workers": "a whole number of machines from 1 to 64",
    "spot": "1 or 0",
    "train_cpu": "a whole number of cores, 1 or more",
    "train_memory": "a whole number with G, Gi, M or Mi, such as 30G",
    "train_disk_gb": "a whole number of GB from 100 to 64000",
}


class Settings(BaseSettings):
    """Each field is read from the environment variable of its name in capitals.

    Attributes:
        backend: where `submit` and `schedule` go: `vertex` or `kubeflow`.
        project: of Google Cloud.
        region: of Vertex AI, such as europe-west4.
        bucket: `gs://name` or `gs://name/folder`, in that region: for artifacts and uploads.
        service_account: whom the steps run as, such as pipelines@project.iam.gserviceaccount.com.
        network: full name of the VPC network that the steps are peered with; "" for none.
        subnetwork: of Dataflow's workers, such as regions/europe-west4/subnetworks/name.
        managed: what is left to services of Google Cloud, with a space between: `dataflow` runs
            preprocessing and prediction on many machines, `batch-prediction` predicts with Vertex
            AI's own, `custom-job` trains in a custom job of Vertex AI.
        labels: put on every run: `team=vision,cost=research`.
        experiment: groups the runs; by default `<pipeline>-runs`. It cannot be a pipeline's name.
        vertex_endpoint: `host:port` of a private endpoint of Vertex AI.
        kubeflow_host: address of Kubeflow Pipelines, such as https://kubeflow.example.org/pipeline.
        kubeflow_namespace: of the runs, where Kubeflow has several users.
        kubeflow_root: where its artifacts go: gs://..., minio://... or s3://...; "" for where its
            installation puts them.
        kubeflow_service_account: of Kubernetes, whom its steps run as; "" for its installation's.
        kubeflow_timezone: CRON_SCHEDULE_TIMEZONE of its installation.
        kubeflow_token: bearer token for Kubeflow.
        kubeflow_cookie: session cookie for Kubeflow, such as authservice_session=...
        registry: where champions are kept: a folder, `gs://...`, or
            `projects/<project>/locations/<region>` for the Vertex AI Model Registry.
        image: the image; without tag or digest it gets the git commit as its tag.
        keras_backend: what the gpu image trains on: `tensorflow` or `jax`.
        preset: `cpu`, `gpu`, `4gpu` or `distributed`.
        accelerator: type of accelerator for training, such as NVIDIA_TESLA_T4; goes before the
            preset.
        accelerator_count: how many of them a machine has; one if only `accelerator` is given.
        workers: machines that train together; goes before the preset.
        spot: train on spot machines, which are cheaper and may be taken away at any time.
        train_cpu: cores of the training step.
        train_memory: its memory, such as 32G.
        train_disk_gb: boot disk of a custom job's machines, which holds the examples, in GB.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8-sig",  # editors on Windows put a byte order mark in front
        extra="ignore",
        env_ignore_empty=True,
    )

    backend: Literal["vertex", "kubeflow"] = "vertex"
    project: str = Field(default="", pattern=r"^$|^[a-z][-a-z0-9:.]{4,}$")
    region: str = Field(default="", pattern=r"^$|^[a-z]+-[a-z]+[0-9]+$")
    bucket: str = Field(default="", pattern=r"^$|^gs://[a-z0-9][-_.a-z0-9]+(/.*)?$")
    service_account: str = Field(default="", pattern=r"^$|^[^@\s]+@[^@\s]+$")
    network: str = ""
    subnetwork: str = ""
    managed: Annotated[tuple[str, ...], NoDecode] = ()
    labels: Annotated[dict[str, str], NoDecode] = {}
    experiment: str = ""
    vertex_endpoint: str = ""
    kubeflow_host: str = ""
    kubeflow_namespace: str = ""
    kubeflow_root: str = Field(default="", pattern=r"^$|^(gs|minio|s3)://.+$")
    kubeflow_service_account: str = ""
    kubeflow_timezone: str = "UTC"
    kubeflow_token: SecretStr = SecretStr("")
    kubeflow_cookie: SecretStr = SecretStr("")
    registry: str = ""
    image: str = Field(default="", pattern=_IMAGE)
    keras_backend: Literal["tensorflow", "jax"] = "tensorflow"
    preset: Literal["cpu", "gpu", "4gpu", "distributed"] = "cpu"
    accelerator: str = ""
    accelerator_count: int | None = Field(default=None, ge=1, le=16)
    workers: int | None = Field(default=None, ge=1, le=64)
    spot: bool = False
    train_cpu: int = Field(default=8, ge=1)
    train_memory: str = Field(default="30G", pattern=r"^[1-9][0-9]*(G|Gi|M|Mi)$")
    train_disk_gb: int = Field(default=100, ge=100, le=64_000)

    @field_validator("labels", mode="before")
    @classmethod
    def _read_labels(cls, text: object) -> object:
        """Reads `key=value,key=value`."""
        if not isinstance(text, str):
            return text
        pairs = [pair.partition("=") for pair in text.split(",")]
        for key, _, value in pairs:
            if not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
                raise ValueError(
                    "expected key=value,... of lower-case letters, digits, - and _, each at most"
                    f" 63, not {f'{key}={value}'!r}"
                )
        return {key: value for key, _, value in pairs}

    @field_validator("managed", mode="before")
    @classmethod
    def _read_managed(cls, text: object) -> object:
        """Reads words with a space between."""
        words = text.split() if isinstance(text, str) else text
        for word in words if isinstance(words, list | tuple) else ():
            if word not in MANAGED:
                near = did_you_mean(word, MANAGED)
                raise ValueError(f"{word!r} is unknown{near}; there are: {', '.join(MANAGED)}")
        return words

    def champions(self) -> str:
        """Returns where champions are kept: the registry, else the project's own of Vertex AI."""
        if self.registry or self.backend != "vertex" or not (self.project and self.region):
            return self.registry
        return f"projects/{self.project}/locations/{self.region}"

    def training_accelerator(self) -> tuple[str, int]:
        """Returns type and number of accelerators of each training machine; ("", 0) for none."""
        if self.accelerator:
            return self.accelerator, self.accelerator_count or 1
        if self.accelerator_count and self.preset == "cpu":
            raise InputError(
                f"ACCELERATOR_COUNT: {self.accelerator_count} of which accelerator? Set"
                " ACCELERATOR too, such as NVIDIA_TESLA_T4, or PRESET=gpu"
            )
        preset = PRESETS[self.preset]
        return preset.accelerator, self.accelerator_count or preset.count

    def training_workers(self) -> int:
        """Returns how many machines train together."""
        return self.workers or PRESETS[self.preset].workers

    def trains_in_custom_job(self) -> bool:
        """Says whether training is a custom job of Vertex AI, which alone has such machines."""
        asked = "custom-job" in self.managed or self.training_workers() > 1 or self.spot
        return asked and self.backend == "vertex"


def read_settings() -> Settings:
    """Reads the settings.

    Raises:
        InputError: a variable has a value that cannot be; the message names it.
    """
    settings, wrong = try_settings()
    if settings is None:
        raise InputError(f"{wrong[0]}; `make check` shows all settings")
    return settings


def try_settings() -> tuple[Settings | None, list[str]]:
    """Returns the settings, or None and a line for each that cannot be.

    A line has the setting's origin, what was expected, and its value.
    """
    try:
        return Settings(), []
    except UnicodeDecodeError as error:
        return None, [f".env: byte {error.start + 1} is not UTF-8; save it as UTF-8 text"]
    except ValidationError as error:
        come_from = origins()
        return None, [_told(wrong, come_from) for wrong in error.errors()]


def _told(wrong: ErrorDetails, come_from: Mapping[str, str]) -> str:
    field = str(wrong["loc"][0])
    own_words = wrong.get("ctx", {}).get("error")  # of a validator
    told = str(own_words) if own_words else f"expected {_EXPECTED.get(field, wrong['msg'])}"
    return f"{field.upper()}: {told}, got {wrong['input']!r} from {come_from[field]}"


def origins() -> dict[str, str]:
    """Returns where each setting comes from: `the environment`, `.env` or `default`."""
    of_environment, of_file = EnvSettingsSource(Settings)(), DotEnvSettingsSource(Settings)()
    return {
        field: "the environment"
        if field in of_environment
        else ".env"
        if field in of_file
        else "default"
        for field in Settings.model_fields
    }
