"""Cloud Build by its real SDK, against a loopback server of the same protobuf service."""

import io
import tarfile
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from pipelines.image.cloud_build import build_in_cloud
from pipelines.settings import Settings
from preprocessing.errors import InputError

LOG = "https://console.cloud.google.com/cloud-build/builds/b1"
TARGETS = {"cpu": "example.org/image:abc", "gpu": "example.org/image:abc-gpu"}
SETTINGS = Settings(project="vision", region="europe-west4", bucket="gs://challenge/team")


@dataclass
class CloudBuild:
    """What the server was asked for, and what it is to answer."""

    states: list[str] = field(default_factory=lambda: ["QUEUED", "WORKING", "WORKING", "SUCCESS"])
    detail: str = ""
    refuses: grpc.StatusCode | None = None
    unavailable: int = 0
    created: list[Any] = field(default_factory=list)
    client: Any = None

    def create(self, request: Any, context: grpc.ServicerContext) -> Any:
        from google.cloud.devtools.cloudbuild_v1 import BuildOperationMetadata
        from google.longrunning.operations_pb2 import Operation

        self.created.append(request)
        if self.refuses:
            context.abort(self.refuses, "The caller does not have permission")
        operation = Operation(name="operations/1")
        metadata = BuildOperationMetadata(build={"id": "b1", "log_url": LOG})
        operation.metadata.Pack(BuildOperationMetadata.pb(metadata))
        return operation

    def get(self, request: Any, context: grpc.ServicerContext) -> Any:
        from google.cloud.devtools.cloudbuild_v1 import Build

        assert request.name == "projects/vision/locations/europe-west4/builds/b1"
        if self.unavailable:
            self.unavailable -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "try again")
        state = self.states.pop(0)
        steps = [{"id": "cpu", "status": "SUCCESS"}, {"id": "gpu", "status": state}]
        build = Build(id="b1", log_url=LOG, status=state, steps=steps)
        build.failure_info = {"detail": self.detail}
        return build


@pytest.fixture
def service() -> Iterator[CloudBuild]:
    """Yields a Cloud Build on loopback with a client of it."""
    from google.cloud.devtools import cloudbuild_v1 as sdk
    from google.cloud.devtools.cloudbuild_v1.services.cloud_build.transports import (
        CloudBuildGrpcTransport,
    )

    made = CloudBuild()

    def handler(call: Callable[..., Any], request: Any, serialize: Callable[..., bytes]) -> Any:
        return grpc.unary_unary_rpc_method_handler(call, request.deserialize, serialize)

    server = grpc.server(futures.ThreadPoolExecutor(2))
    handlers = {
        "CreateBuild": handler(
            made.create, sdk.CreateBuildRequest, lambda answer: answer.SerializeToString()
        ),
        "GetBuild": handler(made.get, sdk.GetBuildRequest, sdk.Build.serialize),
    }
    name = "google.devtools.cloudbuild.v1.CloudBuild"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
    port = server.add_insecure_port("localhost:0")
    server.start()
    with grpc.insecure_channel(f"localhost:{port}") as channel:
        made.client = sdk.CloudBuildClient(transport=CloudBuildGrpcTransport(channel=channel))
        yield made
    server.stop(None)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    return folder


def build(service: CloudBuild, context: Path, settings: Settings = SETTINGS) -> list[str]:
    shown: list[str] = []
    arguments = {"KERAS_BACKEND": "jax"}
    build_in_cloud(context, TARGETS, arguments, settings, shown.append, service.client, 0.01)
    return shown


def test_it_uploads_the_context_builds_and_is_followed_to_its_end(
    service: CloudBuild, context: Path, bucket: Any
) -> None:
    service.unavailable = 1  # while it is followed, which is no reason to give up
    assert build(service, context) == [
        f"building in the cloud: {LOG}",
        *("queued", "working", "success"),
    ]
    (request,) = service.created
    assert request.parent == "projects/vision/locations/europe-west4"
    source = request.build.source.storage_source
    assert (source.bucket, source.object_) == ("challenge", "team/image-contexts/abc.tar.gz")
    blob = bucket.get_blob(source.object_)
    assert source.generation == blob.generation  # and no later one of the same name
    uploaded = blob.download_as_bytes()
    with tarfile.open(fileobj=io.BytesIO(uploaded)) as archive:
        assert [member.name for member in archive] == [".", "./Dockerfile"]
        assert {(m.uid, m.gid, m.uname, m.gname) for m in archive} == {(0, 0, "", "")}
    assert list(request.build.images) == list(TARGETS.values())
    assert [list(step.args) for step in request.build.steps] == [
        ["build", "--target=cpu", f"--tag={TARGETS['cpu']}", "--build-arg=KERAS_BACKEND=jax", "."],
        ["build", "--target=gpu", f"--tag={TARGETS['gpu']}", "--build-arg=KERAS_BACKEND=jax", "."],
    ]


@pytest.mark.usefixtures("bucket")
def test_a_build_that_fails_says_which_image_and_why(service: CloudBuild, context: Path) -> None:
    service.states, service.detail = ["WORKING", "FAILURE"], "no space left on device"
    told = f"image: Cloud Build cannot build {TARGETS['gpu']}: no space left on device; {LOG}"
    with pytest.raises(InputError) as error:
        build(service, context)
    assert str(error.value) == told


@pytest.mark.usefixtures("bucket")
def test_a_refusal_is_one_line_and_nothing_is_built_twice(
    service: CloudBuild, context: Path
) -> None:
    service.refuses = grpc.StatusCode.PERMISSION_DENIED
    told = "TOOL=cloud-build: .*does not have permission; ask for the role cloudbuild.builds.editor"
    with pytest.raises(InputError, match=told):
        build(service, context)
    service.refuses = grpc.StatusCode.UNAVAILABLE
    with pytest.raises(InputError, match="it may have begun all the same, so look"):
        build(service, context)
    assert len(service.created) == 2


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_told(service: CloudBuild, context: Path) -> None:
    settings = SETTINGS.model_copy(update={"bucket": "gs://nowhere"})
    with pytest.raises(InputError, match=r"^gs://nowhere: there is no such bucket; check its"):
        build(service, context, settings)
    assert service.created == []


def test_a_setting_that_is_missing_is_named(service: CloudBuild, context: Path) -> None:
    with pytest.raises(InputError, match=r"^BUCKET: not set; TOOL=cloud-build builds in it$"):
        build(service, context, SETTINGS.model_copy(update={"bucket": ""}))
