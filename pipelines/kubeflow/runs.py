"""Runs of Kubeflow, found by name: it gives out the ids itself, and takes a name twice."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import kfp_server_api as api

from pipelines.history.unknown_run import unknown_run
from pipelines.kubeflow.calls import Calls, NotFoundError
from pipelines.kubeflow.filters import named

_PAGE = 50
_PAGES = 10
"""How many pages back runs are looked for: a Kubeflow may be shared with many others."""

_ENDED = ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELED")


class Runs:
    """The runs of a namespace, as the SDK's `V2beta1Run`.

    Args:
        client: the SDK's.
        call: calls its methods.
        namespace: "" where Kubeflow has one user.
    """

    def __init__(self, client: Any, call: Calls, namespace: str) -> None:
        self._service = client.runs
        self._call = call
        self._namespace = namespace

    def create(self, body: api.V2beta1Run) -> Any:
        """Starts a run; before each further try its name is looked for."""
        return self._call(
            self._service.run_service_create_run,
            found=partial(self.find, body.display_name),
            run=body,
        )

    def find(self, name: str) -> Any:
        """Returns the newest run of that name; None if there is none."""
        return next(iter(self._page("", 1, named(name)).runs or []), None)

    def get(self, name: str) -> Any:
        """Returns a run with what a list does not hold: its steps.

        Raises:
            InputError: there is none of that name; the message has the nearest.
        """
        try:
            if (there := self.find(name)) is None:
                raise NotFoundError
            return self._call(self._service.run_service_get_run, run_id=there.run_id)
        except NotFoundError:
            raise unknown_run(name, [run.display_name for run in self.newest()]) from None

    def newest(self) -> Sequence[Any]:
        """Returns the newest runs, of whomever, newest first."""
        runs: Sequence[Any] = self._page("", _PAGE).runs or []
        return runs

    def backwards(self, page: int) -> Iterator[Any]:
        """Yields runs of whomever, newest first, `page` with a call, until a limit."""
        token = ""
        for _ in range(_PAGES):
            answer = self._page(token, min(page, _PAGE))
            yield from answer.runs or []
            token = answer.next_page_token
            if not token:
                return

    def terminate(self, name: str) -> None:
        """Asks a run to stop; one that has ended is left as it is."""
        found = self.get(name)
        if found.state not in _ENDED:
            self._call(self._service.run_service_terminate_run, run_id=found.run_id)

    def _page(self, token: str, size: int, only: str = "") -> Any:
        return self._call(
            self._service.run_service_list_runs,
            namespace=self._namespace,
            page_token=token,
            page_size=size,
            sort_by="created_at desc",
            filter=only,
        )
