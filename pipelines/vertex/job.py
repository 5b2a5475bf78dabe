"""From a submission to Vertex AI's PipelineJob: what is sent to start a run, now or by schedule."""

from typing import Any

import yaml

from pipelines.backend import Submission
from pipelines.vertex.connection import Connection
from preprocessing.errors import InputError


def make_job(connection: Connection, submission: Submission, run: str, caching: bool) -> Any:
    """Returns the `PipelineJob` message of a submission.

    Args:
        connection: its settings say whom the steps run as, in which network, and the bucket.
        submission: what is to run.
        run: name that the console shows.
        caching: False switches the cache off for all steps; True leaves each step as compiled.

    Raises:
        InputError: the template cannot be read, or an argument or label does not fit.
    """
    from google.cloud.aiplatform_v1 import types
    from google.protobuf.json_format import ParseDict

    settings = connection.settings
    template = submission.template
    if not template.is_file():
        raise InputError(f"{template}: no such file; `make compile` writes it")
    try:
        job = connection.platform.PipelineJob(
            display_name=run,
            template_path=str(template),
            job_id=run,
            pipeline_root=f"{settings.bucket.rstrip('/')}/runs",
            parameter_values=dict(submission.arguments),
            enable_caching=None if caching else False,
            labels=dict(submission.labels),
            failure_policy="fast" if submission.fail_fast else "slow",
        )
    except (ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
        told = " ".join(str(error).split())
        raise InputError(
            f"{template}: cannot be sent to Vertex AI ({told}); compile it anew with `make compile`"
        ) from None
    message = types.PipelineJob()
    ParseDict(job.to_dict(), types.PipelineJob.pb(message))
    message.service_account = settings.service_account
    message.network = settings.network
    return message
