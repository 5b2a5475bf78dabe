"""ScheduleService, and the clock that a test moves: `fire` starts what a schedule would."""

import datetime
import itertools
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from google.cloud.aiplatform_v1 import types
from google.protobuf import empty_pb2

from tests.vertex_service.checks import check_job
from tests.vertex_service.faults import impossible, invalid, unknown
from tests.vertex_service.listing import page
from tests.vertex_service.names import LOCATION, check_parent, copy, last, now
from tests.vertex_service.operations import Operations
from tests.vertex_service.pipelines import ENDED, Pipelines

State = types.Schedule.State


class Schedules:
    """google.cloud.aiplatform.v1.ScheduleService.

    Attributes:
        schedules: by their id.
    """

    def __init__(self, operations: Operations, pipelines: Pipelines) -> None:
        self.schedules: dict[str, Any] = {}
        self._operations = operations
        self._pipelines = pipelines
        self._ids = itertools.count(4000)

    def fire(self, name: str) -> str:
        """Starts the next run of the schedule of a display name.

        Returns:
            the run's name; "" if the schedule is paused, or as many runs as it may have go on.
        """
        (schedule,) = (one for one in self.schedules.values() if one.display_name == name)
        going = [
            job
            for job in self._pipelines.jobs.values()
            if job.schedule_name == schedule.name and job.state not in ENDED
        ]
        most = schedule.max_concurrent_active_run_count or len(going) + 1
        if schedule.state != State.ACTIVE or len(going) >= most:
            return ""
        job = self._pipelines.create_pipeline_job(copy(schedule.create_pipeline_job_request))
        job.schedule_name = schedule.name
        schedule.started_run_count += 1
        schedule.last_scheduled_run_response = types.Schedule.RunResponse(
            scheduled_run_time=now(), run_response=job.name
        )
        return last(job.name)

    def create_schedule(self, request: Any) -> Any:
        """Answers CreateSchedule."""
        check_parent(request.parent)
        schedule = copy(request.schedule)
        if not schedule.display_name or schedule.max_concurrent_run_count < 1:
            raise invalid("display_name and max_concurrent_run_count are required")
        check_parent(schedule.create_pipeline_job_request.parent)
        check_job(schedule.create_pipeline_job_request.pipeline_job)
        schedule.name = f"{LOCATION}/schedules/{next(self._ids)}"
        schedule.create_time = schedule.update_time = now()
        schedule.next_run_time = _next(schedule.cron)
        schedule.state = State.ACTIVE
        self.schedules[last(schedule.name)] = schedule
        return schedule

    def get_schedule(self, request: Any) -> Any:
        """Answers GetSchedule."""
        return self._schedule(request.name)

    def list_schedules(self, request: Any) -> Any:
        """Answers ListSchedules."""
        check_parent(request.parent)
        schedules, token = page(self.schedules.values(), request)
        return types.ListSchedulesResponse(schedules=schedules, next_page_token=token)

    def update_schedule(self, request: Any) -> Any:
        """Answers UpdateSchedule."""
        schedule = self._schedule(request.schedule.name)
        if not request.update_mask.paths:
            raise invalid("update_mask is required")
        for path in request.update_mask.paths:
            if path in ("name", "state", "create_time", "catch_up", "next_run_time"):
                raise invalid(f"Field cannot be updated: {path}")
            setattr(schedule, path, getattr(request.schedule, path))
        schedule.update_time = now()
        if schedule.state == State.ACTIVE:
            schedule.next_run_time = _next(schedule.cron)
        return schedule

    def pause_schedule(self, request: Any) -> Any:
        """Answers PauseSchedule."""
        schedule = self._schedule(request.name)
        if schedule.state != State.ACTIVE:
            raise impossible(f"Schedule is not ACTIVE: {schedule.state.name}")
        schedule.state = State.PAUSED
        schedule.last_pause_time = now()
        schedule.next_run_time = None
        return empty_pb2.Empty()

    def resume_schedule(self, request: Any) -> Any:
        """Answers ResumeSchedule."""
        schedule = self._schedule(request.name)
        if schedule.state != State.PAUSED:
            raise impossible(f"Schedule is not PAUSED: {schedule.state.name}")
        schedule.state = State.ACTIVE
        schedule.catch_up = request.catch_up
        schedule.last_resume_time = now()
        schedule.next_run_time = _next(schedule.cron)
        return empty_pb2.Empty()

    def delete_schedule(self, request: Any) -> Any:
        """Answers DeleteSchedule."""
        schedule = self._schedule(request.name)
        del self.schedules[last(schedule.name)]
        return self._operations.done(schedule.name, types.DeleteOperationMetadata())

    def _schedule(self, name: str) -> Any:
        check_parent(name)
        if last(name) not in self.schedules:
            raise unknown("Schedule", name)
        return self.schedules[last(name)]


def _next(cron: str) -> datetime.datetime:
    zone, _, fields = cron.rpartition("CRON_TZ=")[2].partition(" ")
    if not cron.startswith("CRON_TZ="):
        zone, fields = "UTC", cron
    try:
        return next(CronSim(fields, datetime.datetime.now(ZoneInfo(zone))))
    except (CronSimError, KeyError):
        raise invalid(f"Invalid cron: {cron}") from None
