"""Training as a custom job of Vertex AI, whose machines are worker pools."""

from dataclasses import dataclass

from kfp import dsl
from kfp.dsl.base_component import BaseComponent

from pipelines.first_process import without_shell
from pipelines.vertex.machines import Machine


@dataclass(frozen=True)
class CustomJob:
    """What a custom job runs on.

    Attributes:
        machine: each of its machines, with their accelerators, and how many there are: a chief,
            and workers.
        disk_gb: boot disk of each machine, where the examples are copied to, in GB.
    """

    machine: Machine
    disk_gb: int


def as_custom_job(component: BaseComponent, image: str, job: CustomJob) -> BaseComponent:
    """Returns a component that does what `component` does, as a custom job.

    The job runs as the pipeline's own service account and is peered with the pipeline's own
    network: Vertex AI fills these in, so that the compiled pipeline names neither. Of several
    machines the chief is a worker pool of its own, and TF_CONFIG tells each of all others; if one
    is lost, all are started anew, since none can go on without it.

    Args:
        component: a Python component; the parameters of custom jobs, such as `network` and
            `labels`, are none of its own.
        image: that it runs in, with tag.
        job: what it runs on.
    """
    from google_cloud_pipeline_components.v1.custom_job import (
        create_custom_training_job_from_component,
    )

    with_image = dsl.component(base_image=image, install_kfp_package=False)(component.python_func)
    without_shell(with_image.component_spec.implementation.container)
    return create_custom_training_job_from_component(
        with_image,
        replica_count=job.machine.replicas,
        machine_type=job.machine.name,
        accelerator_type=job.machine.accelerator,
        accelerator_count=job.machine.count,
        boot_disk_size_gb=job.disk_gb,
        restart_job_on_worker_restart=job.machine.replicas > 1,
        strategy="SPOT" if job.machine.spot else "STANDARD",
        service_account="{{$.pipeline_service_account}}",
        network="{{$.pipeline_network}}",
    )
