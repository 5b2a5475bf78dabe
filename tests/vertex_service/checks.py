"""What the real service checks of a request before it takes it."""

import re
from collections.abc import Mapping
from typing import Any

from google.cloud.aiplatform_v1 import types
from google.protobuf.json_format import MessageToDict

from tests.vertex_service.faults import invalid

_KEY = re.compile("[a-z][-_a-z0-9]{0,62}")
_VALUE = re.compile("[-_a-z0-9]{0,63}")
_KINDS = {
    "STRING": str,
    "NUMBER_INTEGER": float,
    "NUMBER_DOUBLE": float,
    "BOOLEAN": bool,
    "LIST": list,
    "STRUCT": dict,
}


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuses labels that are not lower case, or too many."""
    for key, value in labels.items():
        if not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
            raise invalid(f"Label {key}={value} is invalid")
    if len(labels) > 64:
        raise invalid("There are more than 64 labels")


def check_job(job: Any) -> None:
    """Refuses a PipelineJob without a bucket, or whose parameters do not fit its pipeline."""
    check_labels(job.labels)
    message = MessageToDict(types.PipelineJob.pb(job))
    if "pipelineSpec" not in message:
        raise invalid("pipeline_spec is missing")
    config = message.get("runtimeConfig", {})
    if not config.get("gcsOutputDirectory", "").startswith("gs://"):
        raise invalid("gcs_output_directory is not a gs:// URI")
    given = config.get("parameterValues", {})
    inputs = message["pipelineSpec"]["root"].get("inputDefinitions", {}).get("parameters", {})
    for name, one in inputs.items():
        if name not in given and "defaultValue" not in one and not one.get("isOptional"):
            raise invalid(f"Missing required parameter: {name}")
        if name in given and not isinstance(given[name], _KINDS[one["parameterType"]]):
            raise invalid(f"Parameter {name} is not of type {one['parameterType']}")
