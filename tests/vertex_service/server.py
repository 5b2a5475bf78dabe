"""The gRPC server of the service, which records each request and plays the faults."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import grpc
from google.cloud.aiplatform_v1 import types
from google.longrunning import operations_pb2

from tests.vertex_service.faults import Faults, Refusal
from tests.vertex_service.identity import Identity
from tests.vertex_service.jobs import Jobs
from tests.vertex_service.logs import Logs
from tests.vertex_service.metadata import Metadata
from tests.vertex_service.models import Models
from tests.vertex_service.operations import Operations
from tests.vertex_service.pipelines import Pipelines
from tests.vertex_service.schedules import Schedules
from tests.vertex_service.tasks import end


@dataclass(frozen=True)
class Call:
    """A call as it came: its method, its request and who made it."""

    method: str
    request: Any
    authorization: str


class VertexService(grpc.GenericRpcHandler):
    """A Vertex AI of one project on loopback.

    Attributes:
        secret: the private key of the callers' account, which no file may hold.
        calls: every call, also those that failed.
        pipelines: the runs.
        schedules: the schedules.
        models: the Model Registry.
        jobs: the tuning jobs.
        metadata: the experiments.
        logs: Cloud Logging.
    """

    def __init__(self, identity: Identity) -> None:
        self.secret = identity.secret
        self.calls: list[Call] = []
        self._lock = threading.Lock()
        self._faults = Faults()
        self._held: dict[str, tuple[threading.Event, threading.Event]] = {}
        operations = Operations()
        self.metadata = Metadata(operations)
        self.pipelines = Pipelines(operations, self.metadata)
        self.schedules = Schedules(operations, self.pipelines)
        self.models = Models(operations)
        self.jobs = Jobs()
        self.logs = Logs()
        self._services = {
            "google.cloud.aiplatform.v1.PipelineService": self.pipelines,
            "google.cloud.aiplatform.v1.ScheduleService": self.schedules,
            "google.cloud.aiplatform.v1.ModelService": self.models,
            "google.cloud.aiplatform.v1.JobService": self.jobs,
            "google.cloud.aiplatform.v1.MetadataService": self.metadata,
            "google.longrunning.Operations": operations,
        }
        self._server = grpc.server(ThreadPoolExecutor(4), handlers=[self])
        pair = identity.key.read_bytes(), identity.certificate.read_bytes()
        port = self._server.add_secure_port("localhost:0", grpc.ssl_server_credentials([pair]))
        self.endpoint = f"localhost:{port}"

    def fail(self, method: str, *codes: grpc.StatusCode, message: str = "") -> None:
        """Has the next calls of a method fail before anything is done, one a code."""
        self._faults.add(method, codes, message, after=False)

    def lose_answer(self, method: str, *codes: grpc.StatusCode, message: str = "") -> None:
        """Has the next calls of a method do what they are asked, but answer with an error."""
        self._faults.add(method, codes, message, after=True)

    @contextmanager
    def hold_answer(self, method: str) -> Iterator[threading.Event]:
        """Has a method do what it is asked, but keep its answer while the body runs.

        Yields:
            what is set as soon as something was done.
        """
        done, over = self._held[method] = threading.Event(), threading.Event()
        yield done
        del self._held[method]
        over.set()

    def recover(self) -> None:
        """Forgets the faults that have not been played."""
        self._faults = Faults()

    def asked(self, method: str) -> list[Any]:
        """Returns the requests of a method, oldest first, also those that failed."""
        return [call.request for call in self.calls if call.method == method]

    def fire(self, name: str) -> str:
        """Starts the next run of a schedule; "" if it may not start."""
        return self.schedules.fire(name)

    def play(self, run: str, *states: str) -> None:
        """Gives a run a new state each time it is looked up: `RUNNING`, `SUCCEEDED`..."""
        self.pipelines.play(run, *states)

    def end(self, run: str, **how: Any) -> None:
        """Ends a run with the details of its tasks; see `tasks.end`."""
        end(self.pipelines.jobs[run], **how)

    def __enter__(self) -> Self:
        self._server.start()
        self.logs.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.stop(grace=None).wait()
        self.logs.stop()

    def service(self, details: Any) -> Any:
        """Returns what answers a method; None if there is no such method."""
        _, service, method = details.method.split("/")
        name = re.sub("(?<!^)(?=[A-Z])", "_", method).lower()
        act = getattr(self._services.get(service), name, None)
        if act is None:
            return None
        kind = getattr(types, f"{method}Request", None)
        read = kind.deserialize if kind else getattr(operations_pb2, f"{method}Request").FromString
        metadata = dict(details.invocation_metadata)

        def answer(request: Any, context: Any) -> bytes:
            with self._lock:
                self.calls.append(Call(method, request, metadata.get("authorization", "")))
                try:
                    self._faults.before(method)
                    response = _bytes(act(request))
                    self._faults.after(method)
                except Refusal as refusal:
                    context.abort(refusal.code, refusal.message)
            if held := self._held.get(method):
                held[0].set()
                held[1].wait()
            return response

        return grpc.unary_unary_rpc_method_handler(answer, request_deserializer=read)


def _bytes(message: Any) -> bytes:
    kind = type(message)
    data: bytes = kind.serialize(message) if hasattr(kind, "pb") else message.SerializeToString()
    return data
