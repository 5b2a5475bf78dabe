"""Long-running operations, which are done as soon as they are asked for."""

from collections.abc import Sequence
from typing import Any

from google.longrunning import operations_pb2
from google.protobuf import empty_pb2

from tests.vertex_service.faults import unknown


class Operations:
    """google.longrunning.Operations."""

    def __init__(self) -> None:
        self._operations: dict[str, Any] = {}

    def done(self, resource: str, metadata: Any, response: Any = None) -> Any:
        """Returns an operation on a resource that has ended.

        Args:
            resource: its name.
            metadata: of the operation.
            response: what came of it; nothing by default.
        """
        name = f"{resource}/operations/{len(self._operations) + 1}"
        operation = operations_pb2.Operation(name=name, done=True)
        operation.metadata.Pack(_raw(metadata))
        operation.response.Pack(empty_pb2.Empty() if response is None else _raw(response))
        self._operations[name] = operation
        return operation

    def get_operation(self, request: Any) -> Any:
        """Answers GetOperation."""
        if request.name not in self._operations:
            raise unknown("Operation", request.name)
        return self._operations[request.name]

    @property
    def names(self) -> Sequence[str]:
        """The operations, oldest first."""
        return list(self._operations)


def _raw(message: Any) -> Any:
    return type(message).pb(message) if hasattr(type(message), "pb") else message
