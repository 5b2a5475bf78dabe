"""Logs of pods, by the one address of Kubeflow's API that the SDK has no function for."""

from typing import Any

from pipelines.kubeflow.calls import Calls
from preprocessing.errors import InputError


class Logs:
    """The logs of a Kubeflow.

    Args:
        client: the SDK's, whose connection is used.
        call: calls its methods.
    """

    def __init__(self, client: Any, call: Calls) -> None:
        self.api_client = client.runs.run_service_get_run.__self__.api_client
        self._call = call

    def tail(self, run_id: str, pod: str, lines: int) -> str:
        """Returns the last lines of a pod's log; "" if it cannot be had any more, or not here."""
        try:
            text = self._call(self._read, run_id=run_id, pod=pod)
        except InputError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _read(self, run_id: str, pod: str, _request_timeout: tuple[int, int]) -> str:
        self.api_client.call_api(
            "/apis/v1alpha1/runs/{run_id}/nodes/{pod}/log",
            "GET",
            path_params={"run_id": run_id, "pod": pod},
            auth_settings=["Bearer"],
            _request_timeout=_request_timeout,
        )
        text: str = self.api_client.last_response.data
        return text
