"""The schedules of a project: one of a pipeline at most, and one run of it at a time."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from models.vertex_ai import ANSWER, call
from pipelines.backend import Schedule, Submission
from pipelines.vertex.connection import Connection
from pipelines.vertex.job import make_job
from pipelines.vertex.links import schedule_link
from pipelines.vertex.records import OURS, state_name
from preprocessing.errors import InputError

_UPDATED = (
    "cron",
    "create_pipeline_job_request",
    "max_concurrent_run_count",
    "max_concurrent_active_run_count",
    "allow_queueing",
)
_STATUS = {"ACTIVE": "active", "PAUSED": "paused", "COMPLETED": "ended"}


class Schedules:
    """The schedules of a project.

    A method that looks before it changes something does both again when an answer is lost, so
    that what was done is found.

    Args:
        connection: to it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, submission: Submission, cron: str, timezone: str, catch_up: bool) -> Schedule:
        """Creates or updates the schedule of the submission's pipeline; it is active then.

        Raises:
            InputError: there are several of that name, which were not made here.
        """
        from google.cloud.aiplatform_v1 import types

        name = submission.pipeline
        job = make_job(self._connection, submission, name.replace("_", "-"), caching=False)
        wanted = types.Schedule(
            display_name=name,
            cron=f"CRON_TZ={timezone} {cron}",
            create_pipeline_job_request={"parent": self._connection.parent, "pipeline_job": job},
            max_concurrent_run_count=1,
            max_concurrent_active_run_count=1,  # the one above counts starts, this one runs
            allow_queueing=catch_up,
        )
        client = self._connection.schedules

        def put() -> None:
            found = self._one(name)
            if found is None:
                request = {"parent": self._connection.parent, "schedule": wanted}
                client.create_schedule(request=request, timeout=ANSWER)
                return
            wanted.name = found.name
            request = {"schedule": wanted, "update_mask": {"paths": list(_UPDATED)}}
            client.update_schedule(request=request, timeout=ANSWER)
            if state_name(found) == "PAUSED":
                request = {"name": found.name, "catch_up": False}
                client.resume_schedule(request=request, timeout=ANSWER)

        call(f"schedule {name}", put)
        return self._to_schedule(call(f"look up the schedule of {name}", self._existing, name))

    def all(self) -> Sequence[Schedule]:
        """Returns the schedules of this project's pipelines, sorted by name."""
        found = self._connection.ask_all(
            "list the schedules",
            self._connection.schedules.list_schedules,
            parent=self._connection.parent,
            filter="create_pipeline_job_request:*",
        )
        ours = [one for one in found if OURS in one.create_pipeline_job_request.pipeline_job.labels]
        return sorted(map(self._to_schedule, ours), key=lambda schedule: schedule.name)

    def pause(self, name: str) -> Schedule:
        """Pauses the schedule of a pipeline; one that is paused stays so."""
        client = self._connection.schedules

        def pause() -> None:
            found = self._existing(name)
            if state_name(found) == "ACTIVE":
                client.pause_schedule(request={"name": found.name}, timeout=ANSWER)

        call(f"pause the schedule of {name}", pause)
        return self._to_schedule(call(f"look up the schedule of {name}", self._existing, name))

    def resume(self, name: str) -> Schedule:
        """Resumes the schedule of a pipeline, without what was missed."""
        client = self._connection.schedules

        def resume() -> None:
            found = self._existing(name)
            if state_name(found) == "PAUSED":
                request = {"name": found.name, "catch_up": False}
                client.resume_schedule(request=request, timeout=ANSWER)

        call(f"resume the schedule of {name}", resume)
        return self._to_schedule(call(f"look up the schedule of {name}", self._existing, name))

    def delete(self, name: str) -> None:
        """Removes the schedule of a pipeline; its runs stay."""
        from google.api_core.exceptions import NotFound

        found = call(f"look up the schedule of {name}", self._existing, name)
        client = self._connection.schedules

        def delete() -> None:
            try:
                client.delete_schedule(request={"name": found.name}, timeout=ANSWER).result(ANSWER)
            except NotFound:
                return  # an answer was lost

        call(f"delete the schedule of {name}", delete)

    def _existing(self, name: str) -> Any:
        found = self._one(name)
        if found is None:
            raise InputError(
                f"PIPELINE: {name} has no schedule on Vertex AI in"
                f" {self._connection.settings.project}; `make schedules` lists them"
            )
        return found

    def _one(self, name: str) -> Any:
        """Returns the schedule of a pipeline; None if it has none."""
        request = {"parent": self._connection.parent, "filter": f'display_name="{name}"'}
        client = self._connection.schedules
        found = list(client.list_schedules(request=request, timeout=ANSWER))
        if len(found) > 1:
            links = " ".join(schedule_link(self._connection.settings, _id(one)) for one in found)
            raise InputError(
                f"PIPELINE: {name} has {len(found)} schedules on Vertex AI, and may have one;"
                f" delete all but one of {links}"
            )
        return found[0] if found else None

    def _to_schedule(self, message: Any) -> Schedule:
        has_zone = re.match(r"(?:CRON_)?TZ=(\S+)\s+", message.cron)
        last = str(message.last_scheduled_run_response.run_response)
        started = re.search("pipelineJobs/([-a-z0-9]+)", last)
        state, next_run = state_name(message), message.next_run_time
        return Schedule(
            name=message.display_name,
            backend="vertex",
            cron=message.cron[has_zone.end() :] if has_zone else message.cron,
            timezone=has_zone.group(1) if has_zone else "UTC",
            status=_STATUS.get(state, "active" if next_run else "ended"),
            next_run=datetime.fromtimestamp(next_run.timestamp(), UTC) if next_run else None,
            last_run=started.group(1) if started else "",
            link=schedule_link(self._connection.settings, _id(message)),
        )


def _id(message: Any) -> str:
    return str(message.name.rpartition("/")[2])
