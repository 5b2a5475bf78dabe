"""Experiments of Kubeflow, which group runs; a name is taken once."""

from functools import partial
from typing import Any

import kfp_server_api as api

from pipelines.kubeflow.calls import Calls, ExistsError
from pipelines.kubeflow.filters import named


class Experiments:
    """The experiments of a namespace.

    Args:
        client: the SDK's.
        call: calls its methods.
        namespace: "" where Kubeflow has one user.
    """

    def __init__(self, client: Any, call: Calls, namespace: str) -> None:
        self._service = client.experiments
        self._call = call
        self._namespace = namespace

    def id_of(self, name: str) -> str:
        """Returns the id of the experiment of that name; it is made if it is not there."""
        there = self._find(name)
        if there is None:
            body = api.V2beta1Experiment(display_name=name, namespace=self._namespace or None)
            try:
                there = self._call(
                    self._service.experiment_service_create_experiment,
                    found=partial(self._find, name),
                    experiment=body,
                )
            except ExistsError:  # made by another in this very moment
                there = self._find(name)
        experiment_id: str = there.experiment_id
        return experiment_id

    def _find(self, name: str) -> Any:
        answer = self._call(
            self._service.experiment_service_list_experiments,
            namespace=self._namespace,
            filter=named(name),
        )
        return next(iter(answer.experiments or []), None)
