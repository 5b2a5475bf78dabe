"""Recurring runs of Kubeflow as schedules: one of each name, though Kubeflow can change none."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import kfp_server_api as api

from pipelines.backend import Schedule
from pipelines.kubeflow.calls import Calls, NotFoundError
from pipelines.kubeflow.cron import from_kubeflow
from pipelines.kubeflow.filters import named
from pipelines.kubeflow.template import read_labels
from pipelines.settings import Settings
from preprocessing.errors import InputError

_PAGE = 100


class RecurringRuns:
    """The recurring runs that this project has made; those of others are never touched.

    Args:
        client: the SDK's.
        call: calls its methods.
        settings: say whose they are.
    """

    def __init__(self, client: Any, call: Calls, settings: Settings) -> None:
        self._service = client.recurring_runs
        self._call = call
        self._settings = settings

    def replace(self, body: api.V2beta1RecurringRun) -> Schedule:
        """Makes a recurring run the only one of its name, and enables it.

        The new one is made paused, so that one that Kubeflow refuses changes nothing. Then the old
        one is paused, the new one enabled, and only then the old one deleted: there are never two
        active ones, and whatever moment it is stopped at, the next call mends it.
        """
        name = body.display_name
        body.mode = "DISABLE"
        before = {one.recurring_run_id for one in self._named(name)}

        def found() -> Any:
            made = [one for one in self._named(name) if one.recurring_run_id not in before]
            return next(iter(made), None)

        create = self._service.recurring_run_service_create_recurring_run
        new = self._call(create, found=found, recurring_run=body)
        others = [one for one in self._named(name) if one.recurring_run_id != new.recurring_run_id]
        rivals = [one for one in others if one.recurring_run_id not in before]
        if any(_age(one) > _age(new) for one in rivals):
            self._delete([new])
            raise InputError(
                f"PIPELINE: another schedule of {name} was made in this moment and stays; look at"
                " `make schedules`"
            )
        try:
            self._disable(others)
            self._call(
                self._service.recurring_run_service_enable_recurring_run,
                recurring_run_id=new.recurring_run_id,
            )
        except InputError as error:
            raise type(error)(
                f"{error}; until then the schedule of {name} may be paused: see `make schedules`"
            ) from None
        self._delete(others)
        new.status = "ENABLED"
        return self._schedule(new)

    def schedules(self, newest_runs: Iterable[Any]) -> Sequence[Schedule]:
        """Returns the schedules, sorted by name.

        Args:
            newest_runs: among which the last one of each is looked for, newest first.
        """
        runs = list(newest_runs)
        by_name: dict[str, list[Any]] = {}
        for one in self._all(""):
            by_name.setdefault(one.display_name, []).append(one)
        return [self._schedule(_current(by_name[name]), runs) for name in sorted(by_name)]

    def pause(self, name: str) -> Schedule:
        """Pauses a schedule."""
        ours = self._known(name)
        self._disable(ours)
        current = _current(ours)
        current.status = "DISABLED"
        return self._schedule(current)

    def resume(self, name: str) -> Schedule:
        """Resumes a schedule; as a new one, for Kubeflow would at once start what was missed."""
        current = _current(self._known(name))
        if _is_active(current):
            return self._schedule(current)
        kept = (
            *("display_name", "description", "experiment_id", "pipeline_spec", "runtime_config"),
            *("service_account", "trigger", "max_concurrency", "no_catchup"),
        )
        body = api.V2beta1RecurringRun(**{field: getattr(current, field) for field in kept})
        return self.replace(body)

    def delete(self, name: str) -> None:
        """Deletes a schedule; its runs go on, but not on Kubeflow 2.15 or older."""
        self._delete(self._known(name))

    def _disable(self, ones: Iterable[Any]) -> None:
        for one in ones:
            if _is_active(one):
                with suppress(NotFoundError):  # deleted by another in this very moment
                    self._call(
                        self._service.recurring_run_service_disable_recurring_run,
                        recurring_run_id=one.recurring_run_id,
                    )

    def _delete(self, ones: Iterable[Any]) -> None:
        for one in ones:
            with suppress(NotFoundError):  # the answer to an earlier try may have been lost
                self._call(
                    self._service.recurring_run_service_delete_recurring_run,
                    recurring_run_id=one.recurring_run_id,
                    propagation_policy="ORPHAN",  # else a run of it that goes on is ended
                )

    def _known(self, name: str) -> Sequence[Any]:
        """Returns the recurring runs of a name; more than one only after a crash."""
        if not (ours := self._named(name)):
            there = ", ".join(sorted({one.display_name for one in self._all("")})) or "none"
            raise InputError(
                f"PIPELINE: there is no schedule of {name} on Kubeflow; there are: {there}"
            )
        return ours

    def _named(self, name: str) -> Sequence[Any]:
        return self._all(named(name))

    def _all(self, only: str) -> Sequence[Any]:
        ours: list[Any] = []
        token = ""
        while True:
            page = self._call(
                self._service.recurring_run_service_list_recurring_runs,
                namespace=self._settings.kubeflow_namespace,
                page_token=token,
                page_size=_PAGE,
                filter=only,
            )
            for one in page.recurring_runs or []:
                if read_labels(one.pipeline_spec).get("pipeline") == one.display_name:
                    ours.append(one)
            token = page.next_page_token
            if not token:
                return ours

    def _schedule(self, one: Any, runs: Sequence[Any] = ()) -> Schedule:
        of_schedules = (run for run in runs if run.recurring_run_id)
        last = next(
            (
                run.display_name
                for run in of_schedules
                if read_labels(run.pipeline_spec).get("pipeline") == one.display_name
            ),
            "",
        )
        host = self._settings.kubeflow_host.rstrip("/")
        trigger = one.trigger and one.trigger.cron_schedule
        return Schedule(
            name=one.display_name,
            backend="kubeflow",
            cron=from_kubeflow((trigger and trigger.cron) or ""),
            timezone=self._settings.kubeflow_timezone,
            status="active" if _is_active(one) else "paused",
            last_run=last,
            link=f"{host}/#/recurringrun/details/{one.recurring_run_id}",
        )


def _is_active(one: Any) -> bool:
    return bool(one.status == "ENABLED")


def _age(one: Any) -> tuple[datetime, str]:
    """Returns what orders recurring runs by when they were made."""
    return one.created_at or datetime.fromtimestamp(0, UTC), one.recurring_run_id


def _current(ones: Sequence[Any]) -> Any:
    """Returns the active one of those of one name, else the newest."""
    return max(ones, key=lambda one: (_is_active(one), _age(one)))
