"""Tiny data of the real shape, and the cloud on loopback, for all tests."""

import gc
import os
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.kubeflow_service import KubeflowService, serve_kubeflow

REAL_DATA = Path(__file__).parent.parent.parent / "shared" / "data"

os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # read once; it tells how connections go

gc.disable()  # while the libraries are imported, whose million objects are never garbage

WriteBitmaps = Callable[..., Path]


def pytest_collection_finish() -> None:
    """Has the garbage collector never look through what was imported, a fifth of the time."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def write_bitmaps() -> WriteBitmaps:
    """Returns a function that writes a folder of `numpy_bitmap` files."""

    def write(folder: Path, rows: dict[str, int], seed: int = 0) -> Path:
        """Writes `<folder>/<class>.npy`: a blot whose place tells the class; no two are equal."""
        generator = np.random.default_rng(seed)
        folder.mkdir(parents=True, exist_ok=True)
        for label, (name, count) in enumerate(rows.items()):
            images = generator.integers(0, 60, (count, 28, 28), dtype=np.uint8)
            row, column = divmod(label, 3)
            images[:, 2 + 9 * row : 8 + 9 * row, 2 + 9 * column : 8 + 9 * column] += 150
            np.save(folder / f"{name}.npy", images.reshape(count, 784))
        return folder

    return write


@pytest.fixture
def bounded_files() -> Iterator[None]:
    """Lets no file grow beyond 16 kB, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Returns the folder of real data; skips the test where it is not beside the checkout."""
    if not REAL_DATA.is_dir():
        pytest.skip("needs the real data in ../shared/data")
    return REAL_DATA


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    """Yields the bucket `gs://challenge` of a storage emulator on loopback."""
    from apache_beam.internal.gcp import auth  # they take seconds, and most tests need none
    from gcp_storage_emulator.server import create_server
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    server = create_server("localhost", port, in_memory=True, default_bucket="challenge")
    server.start()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STORAGE_EMULATOR_HOST", f"http://localhost:{port}")
        environment.setenv("GOOGLE_CLOUD_PROJECT", "test")
        # Beam would look for credentials on the network before it went without.
        environment.setattr(auth, "get_service_credentials", lambda options: None)
        client = storage.Client(project="test", credentials=AnonymousCredentials())
        yield client.bucket("challenge")
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def identity(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Returns the files by which Vertex AI on loopback and its callers know each other.

    Every test has them: gRPC reads whom to trust once a process, at the first secure channel.
    """
    from tests.vertex_service.identity import make_identity

    made = make_identity(tmp_path_factory.mktemp("identity"))
    os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = str(made.certificate)
    return made


@contextmanager
def serve_vertex(identity: Any, environment: pytest.MonkeyPatch) -> Iterator[Any]:
    """Serves an empty Vertex AI on loopback; the environment leads the real SDK to it."""
    from tests.vertex_service.identity import ACCOUNT  # it takes seconds, and most tests need none
    from tests.vertex_service.names import PROJECT, REGION
    from tests.vertex_service.server import VertexService

    with VertexService(identity) as service:
        values = {
            "GOOGLE_APPLICATION_CREDENTIALS": str(identity.account),
            "VERTEX_ENDPOINT": service.endpoint,
            "PROJECT": PROJECT,
            "REGION": REGION,
            "BUCKET": "gs://challenge",
            "SERVICE_ACCOUNT": ACCOUNT,
        }
        for name, value in values.items():
            environment.setenv(name, value)
        environment.setattr("pipelines.vertex.logs.ADDRESS", service.logs.address)
        # The SDK reads each pipeline with the slow one of PyYAML's two equal loaders.
        environment.setattr(yaml, "SafeLoader", yaml.CSafeLoader)
        yield service


@pytest.fixture
def vertex(identity: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yields a Vertex AI of the test's own."""
    with serve_vertex(identity, monkeypatch) as service:
        yield service


@pytest.fixture
def kubeflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[KubeflowService]:
    """Yields a Kubeflow Pipelines on loopback that the settings name."""
    from pipelines.kubeflow import calls  # imports KFP, which most tests do without

    monkeypatch.setattr(calls, "PAUSES", (0.01, 0.01, 0.01))
    for name in ("TOKEN", "COOKIE", "NAMESPACE", "ROOT", "SERVICE_ACCOUNT", "TIMEZONE"):
        monkeypatch.delenv(f"KUBEFLOW_{name}", raising=False)
    with serve_kubeflow() as service:
        monkeypatch.setenv("KUBEFLOW_HOST", service.host)
        yield service
