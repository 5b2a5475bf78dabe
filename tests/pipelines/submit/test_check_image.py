"""An image is looked up in Artifact Registry, by the real client, before a run asks for it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.cloud.artifactregistry_v1 import types

from pipelines.submit.check_image import check_image
from pipelines.submit.findings import Unchecked
from preprocessing.errors import InputError

IMAGE = "europe-west4-docker.pkg.dev/challenges/ours/team/pipelines"
PACKAGE = "projects/challenges/locations/europe-west4/repositories/ours/packages/team%2Fpipelines"


class Registry(grpc.GenericRpcHandler):
    """An Artifact Registry with one image."""

    def __init__(self) -> None:
        self.has = {f"{PACKAGE}/tags/abc": types.Tag, f"{PACKAGE}/versions/sha256:1": types.Version}
        self.error: tuple[grpc.StatusCode, str] | None = None

    def service(self, details: Any) -> Any:
        asked = {"GetTag": types.GetTagRequest, "GetVersion": types.GetVersionRequest}
        kind = asked[details.method.rpartition("/")[2]]

        def answer(request: Any, context: Any) -> bytes:
            if self.error:
                context.abort(*self.error)
            if request.name not in self.has:
                context.abort(grpc.StatusCode.NOT_FOUND, "Requested entity was not found.")
            found = self.has[request.name]
            return bytes(found.serialize(found(name=request.name)))

        return grpc.unary_unary_rpc_method_handler(answer, request_deserializer=kind.deserialize)


@pytest.fixture
def registry(identity: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Registry, str]]:
    """Yields the registry and its endpoint."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(identity.account))
    handler = Registry()
    server = grpc.server(ThreadPoolExecutor(2), handlers=[handler])
    pair = identity.key.read_bytes(), identity.certificate.read_bytes()
    port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([pair]))
    server.start()
    yield handler, f"localhost:{port}"
    server.stop(grace=None).wait()


def test_a_tag_and_a_digest_are_found(registry: tuple[Registry, str]) -> None:
    _, endpoint = registry
    assert check_image(f"{IMAGE}:abc", endpoint) == f"{IMAGE}:abc is there"
    assert check_image(f"{IMAGE}@sha256:1", endpoint) == f"{IMAGE}@sha256:1 is there"
    both = f"{IMAGE}:old@sha256:1"  # whoever pulls it goes by the digest
    assert check_image(both, endpoint) == f"{both} is there"


def test_one_that_is_not_there_is_told_with_how_to_make_it(registry: tuple[Registry, str]) -> None:
    handler, endpoint = registry
    with pytest.raises(InputError, match=r"abc-1234: not there; make it with `make image PUSH=1`"):
        check_image(f"{IMAGE}:abc-1234", endpoint)
    handler.error = grpc.StatusCode.NOT_FOUND, 'Repository "ours" not found'
    with pytest.raises(InputError, match="`gcloud artifacts repositories create ours"):
        check_image(f"{IMAGE}:abc", endpoint)


def test_a_right_that_is_missing_is_told(registry: tuple[Registry, str]) -> None:
    handler, endpoint = registry
    handler.error = (
        grpc.StatusCode.PERMISSION_DENIED,
        "Permission 'artifactregistry.tags.get' denied on resource",
    )
    with pytest.raises(InputError, match=r"roles/artifactregistry\.reader"):
        check_image(f"{IMAGE}:abc", endpoint)


@pytest.mark.parametrize(
    "image", ["registry/image:1", "ghcr.io/ours/image:1", "localhost:5000/i:1"]
)
def test_of_other_registries_it_is_said_that_nobody_looked(image: str) -> None:
    with pytest.raises(Unchecked, match=f"docker manifest inspect {image}"):
        check_image(image)
