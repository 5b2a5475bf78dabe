"""A tuning as a hyperparameter tuning job of Vertex AI, which a small step starts and awaits."""

from typing import Any

from components.tune_on_vertex import tune_on_vertex
from models.tuning.on_vertex import COMMAND
from pipelines.target import Target
from pipelines.vertex.custom_job import CustomJob


def tune_in_job(target: Target, job: CustomJob, **inputs: Any) -> Any:
    """Adds the step to the pipeline that is being built; returns the output with the best.

    The job runs in the pipeline's own project and region, as its service account and in its
    network: Vertex AI fills these in, so that the compiled pipeline names none of them.

    Args:
        target: where the step is to run.
        job: what each trial runs on.
        inputs: of the step, but for these.
    """
    step = tune_on_vertex(
        **inputs,
        project="{{$.pipeline_google_cloud_project_id}}",
        location="{{$.pipeline_google_cloud_location}}",
        service_account="{{$.pipeline_service_account}}",
        network="{{$.pipeline_network}}",
        worker_pool_specs=worker_pools(target.image("tune"), job),
        strategy="SPOT" if job.machine.spot else "STANDARD",
        restart_job_on_worker_restart=job.machine.replicas > 1,
    )
    target.place(step)
    return step.outputs["Output"]


def worker_pools(image: str, job: CustomJob) -> list[dict[str, Any]]:
    """Returns the machines of a trial, as Vertex AI's API writes them: the chief, and workers.

    Args:
        image: that trains, with tag.
        job: what it runs on.
    """
    machine: dict[str, Any] = {"machine_type": job.machine.name}
    if job.machine.count:
        machine["accelerator_type"] = job.machine.accelerator
        machine["accelerator_count"] = job.machine.count
    pool = {
        "machine_spec": machine,
        "disk_spec": {"boot_disk_type": "pd-ssd", "boot_disk_size_gb": job.disk_gb},
        "container_spec": {"image_uri": image, "command": list(COMMAND)},
    }
    counts = [1, job.machine.replicas - 1] if job.machine.replicas > 1 else [1]
    return [{**pool, "replica_count": count} for count in counts]
