"""PipelineService: runs, which go through the states that a test sets."""

import re
from collections import defaultdict, deque
from typing import Any

from google.cloud.aiplatform_v1 import types
from google.protobuf import empty_pb2

from tests.vertex_service.checks import check_job
from tests.vertex_service.faults import exists, impossible, invalid, unknown
from tests.vertex_service.listing import page
from tests.vertex_service.metadata import Metadata
from tests.vertex_service.names import LOCATION, check_parent, copy, last, now
from tests.vertex_service.operations import Operations

State = types.PipelineState
ENDED = (
    State.PIPELINE_STATE_SUCCEEDED,
    State.PIPELINE_STATE_FAILED,
    State.PIPELINE_STATE_CANCELLED,
)


class Pipelines:
    """google.cloud.aiplatform.v1.PipelineService.

    Attributes:
        jobs: the runs by their id; a test may change them.
    """

    def __init__(self, operations: Operations, metadata: Metadata) -> None:
        self.jobs: dict[str, Any] = {}
        self._operations = operations
        self._metadata = metadata
        self._plays: dict[str, deque[str]] = defaultdict(deque)

    def play(self, run: str, *states: str) -> None:
        """Gives a run a new state each time it is looked up: `RUNNING`, `SUCCEEDED`, `42`..."""
        self._plays[run].extend(states)

    def create_pipeline_job(self, request: Any) -> Any:
        """Answers CreatePipelineJob."""
        check_parent(request.parent)
        check_job(request.pipeline_job)
        spec = request.pipeline_job.pipeline_spec
        job = copy(request.pipeline_job)
        run = request.pipeline_job_id or f"{spec['pipelineInfo']['name']}-{now():%Y%m%d%H%M%S%f}"
        if not re.fullmatch("[a-z][-a-z0-9]{0,127}", run):
            raise invalid(f"pipeline_job_id {run} is not of [a-z][-a-z0-9]{{0,127}}")
        if run in self.jobs:
            raise exists("PipelineJob", run)
        job.name = f"{LOCATION}/pipelineJobs/{run}"
        job.create_time = job.update_time = now()
        job.state = State.PIPELINE_STATE_PENDING
        self.jobs[run] = job
        self._metadata.keep_pipeline(str(spec["pipelineInfo"]["name"]))
        return job

    def get_pipeline_job(self, request: Any) -> Any:
        """Answers GetPipelineJob."""
        job = self._job(request.name)
        if self._plays[last(request.name)]:
            self.move(job, self._plays[last(request.name)].popleft())
        context = f"{LOCATION}/metadataStores/default/contexts/{last(job.name)}"
        job.job_detail.pipeline_run_context = types.Context(
            name=context, display_name=last(job.name), schema_title="system.PipelineRun"
        )
        return job

    def list_pipeline_jobs(self, request: Any) -> Any:
        """Answers ListPipelineJobs."""
        check_parent(request.parent)
        jobs, token = page(self.jobs.values(), request)
        return types.ListPipelineJobsResponse(pipeline_jobs=jobs, next_page_token=token)

    def cancel_pipeline_job(self, request: Any) -> Any:
        """Answers CancelPipelineJob."""
        job = self._job(request.name)
        if job.state in ENDED:
            raise impossible(f"The PipelineJob is in a terminal state: {job.state.name}")
        self.move(job, "CANCELLING")
        self.play(last(job.name), "CANCELLED")
        return empty_pb2.Empty()

    def delete_pipeline_job(self, request: Any) -> Any:
        """Answers DeletePipelineJob."""
        job = self._job(request.name)
        del self.jobs[last(job.name)]
        return self._operations.done(job.name, types.DeleteOperationMetadata())

    def move(self, job: Any, state: str) -> None:
        """Gives a run a state, by its name or number, with the times that go with it."""
        number = int(state) if state.isdecimal() else State[f"PIPELINE_STATE_{state}"].value
        types.PipelineJob.pb(job).state = number  # proto-plus would warn of one it does not know
        job.update_time = now()
        if state == "RUNNING" and not job.start_time:
            job.start_time = now()
        if number in [ended.value for ended in ENDED]:
            job.end_time = now()

    def _job(self, name: str) -> Any:
        check_parent(name)
        if last(name) not in self.jobs:
            raise unknown("PipelineJob", name)
        return self.jobs[last(name)]
