"""What the same pipeline has different from one place to run to the next."""

from collections.abc import Callable
from dataclasses import dataclass

from kfp import dsl
from kfp.dsl.base_component import BaseComponent

from pipelines.first_process import without_shell
from pipelines.kubeflow.spot import on_spot_nodes
from pipelines.vertex.custom_job import CustomJob, as_custom_job

SPOT_RETRIES = 10
"""How often a training on spot machines is tried again. On Kubeflow each interruption takes one; on
Vertex AI six or so, which it makes up for itself before the job fails."""


@dataclass(frozen=True)
class Target:
    """Where a pipeline is to run.

    Attributes:
        image: gives a step, by the name of its component, its image with tag. KFP keys its cache
            by it, so the tag has to change when the step's code does.
        retries: how often a failed step is tried again.
        retry_window: for how long after its first try began, such as `168h`; "" for KFP's hour.
        accelerator: type of accelerator of the training step; "" for none.
        accelerator_count: how many of them each machine has.
        train_cpu: cores of the training step; 0 for as many as there are.
        train_memory: its memory, such as 32G; "" for as much as there is.
        spot: whether it is on machines that may be taken away at any time.
        variant: what a pipeline of a classification challenge does else than train, such as
            `retraining` or `tuning` (see `pipelines.variants`); "" for nothing.
        registry: where champions are kept, by default.
        serving_image: serves the champions of a Vertex AI Model Registry.
        bucket: `gs://` folder for the champions of a Vertex AI Model Registry.
        commit: of the code, which a champion's version tells.
        custom_job: what a custom job of Vertex AI trains on; None to train in a step.
        tuning_job: what each trial of a tuning job of Vertex AI runs on; None to tune in a step.
        batch_prediction: whether Vertex AI's own batch prediction predicts the test set.
    """

    image: Callable[[str], str]
    retries: int = 0
    retry_window: str = ""
    accelerator: str = ""
    accelerator_count: int = 0
    train_cpu: int = 0
    train_memory: str = ""
    spot: bool = False
    variant: str = ""
    registry: str = ""
    serving_image: str = ""
    bucket: str = ""
    commit: str = ""
    custom_job: CustomJob | None = None
    tuning_job: CustomJob | None = None
    batch_prediction: bool = False

    def place(self, step: dsl.PipelineTask) -> None:
        """Gives a step its image and retries, and lets it hear when it is told to stop."""
        # KFP's own setter reads the source of every frame on the stack, at each call.
        step.container_spec.image = self.image(step.component_spec.name)
        without_shell(step.container_spec)
        self.retry(step)

    def retry(self, step: dsl.PipelineTask) -> None:
        """Gives a step its retries; one of Google's has an image of its own."""
        self._retry(step, self.retries)

    def training(self, component: BaseComponent) -> BaseComponent:
        """Returns what trains: the component itself, or a custom job that does the same."""
        if not self.custom_job:
            return component
        return as_custom_job(component, self.image(component.name), self.custom_job)

    def place_training(self, step: dsl.PipelineTask) -> None:
        """Gives the training step its image, retries and machine, which a custom job has."""
        if self.custom_job:
            self.retry(step)
        else:
            self.place_tuning(step)
            if self.spot:
                on_spot_nodes(step)
        if self.spot:  # another machine may be free at once
            self._retry(step, SPOT_RETRIES, factor=1)

    def place_tuning(self, step: dsl.PipelineTask) -> None:
        """Gives a step whose trials train image, retries and the machine of the training."""
        self.place(step)
        if self.train_cpu:
            step.set_cpu_request(str(self.train_cpu)).set_cpu_limit(str(self.train_cpu))
        if self.train_memory:
            step.set_memory_request(self.train_memory).set_memory_limit(self.train_memory)
        if self.accelerator:
            step.set_accelerator_type(self.accelerator)
            step.set_accelerator_limit(self.accelerator_count)

    def _retry(self, step: dsl.PipelineTask, times: int, factor: float = 2) -> None:
        if times:
            step.set_retry(times, "30s", factor, self.retry_window or None)
