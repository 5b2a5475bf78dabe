"""MetadataService, as far as experiments need it."""

import re
from collections import defaultdict
from typing import Any

from google.cloud.aiplatform_v1 import types

from tests.vertex_service.faults import exists, invalid, unknown
from tests.vertex_service.names import LOCATION, check_parent, copy, last, now
from tests.vertex_service.operations import Operations

STORE = f"{LOCATION}/metadataStores/default"


class Metadata:
    """google.cloud.aiplatform.v1.MetadataService.

    Attributes:
        contexts: by their id; an experiment is one.
        children: ids of the runs of each experiment.
    """

    def __init__(self, operations: Operations) -> None:
        self.contexts: dict[str, Any] = {}
        self.children: dict[str, list[str]] = defaultdict(list)
        self._operations = operations
        self._has_store = False

    def keep_pipeline(self, name: str) -> None:
        """Keeps a context for a pipeline of which there is a run, by the pipeline's name."""
        context = types.Context(name=f"{STORE}/contexts/{name}", schema_title="system.Pipeline")
        self.contexts.setdefault(name, context)

    def get_metadata_store(self, request: Any) -> Any:
        """Answers GetMetadataStore; a new project has none."""
        if not self._has_store:
            raise unknown("MetadataStore", request.name)
        return types.MetadataStore(name=STORE, create_time=now())

    def create_metadata_store(self, request: Any) -> Any:
        """Answers CreateMetadataStore."""
        check_parent(request.parent)
        self._has_store = True
        store = types.MetadataStore(name=STORE, create_time=now())
        return self._operations.done(STORE, types.CreateMetadataStoreOperationMetadata(), store)

    def create_context(self, request: Any) -> Any:
        """Answers CreateContext."""
        if not re.fullmatch("[-a-z0-9]{4,128}", request.context_id):
            raise invalid(f"context_id {request.context_id} is not of 4 to 128 of a-z, 0-9 and -")
        if request.context_id in self.contexts:
            raise exists("Context", request.context_id)
        context = copy(request.context)
        context.name = f"{STORE}/contexts/{request.context_id}"
        context.create_time = context.update_time = now()
        self.contexts[request.context_id] = context
        return context

    def get_context(self, request: Any) -> Any:
        """Answers GetContext."""
        if last(request.name) not in self.contexts:
            raise unknown("Context", request.name)
        return self.contexts[last(request.name)]

    def add_context_children(self, request: Any) -> Any:
        """Answers AddContextChildren."""
        if last(request.context) not in self.contexts:
            raise unknown("Context", request.context)
        self.children[last(request.context)] += map(last, request.child_contexts)
        return types.AddContextChildrenResponse()
