"""Reads the end of a step's log from Cloud Logging."""

from typing import Any

from models.vertex_ai import call, find_credentials
from pipelines.vertex.connection import Connection
from pipelines.vertex.records import custom_job, step_tasks

ADDRESS = "https://logging.googleapis.com"

_SECONDS = 20.0


def read_log(connection: Connection, job: Any, step: str, lines: int) -> str:
    """Returns the last lines of a step's log; "" if there is none.

    Args:
        connection: to the project.
        job: the run's `PipelineJob` message.
        step: its name.
        lines: how many.

    Raises:
        InputError: the log may not be read.
    """
    jobs = [custom_job(task) for task in step_tasks(job) if task.task_name == step]
    if not jobs or not jobs[-1]:
        return ""
    query = {
        "resourceNames": [f"projects/{connection.settings.project}"],
        "filter": f'resource.type="ml_job" AND resource.labels.job_id="{jobs[-1]}"',
        "orderBy": "timestamp desc",
        "pageSize": lines,
    }
    found = call(f"read the log of {step}", _list_entries, query)
    texts = [_text(entry) for entry in reversed(found.get("entries", []))]
    return "\n".join(line for text in texts for line in text.splitlines()).strip()


def _list_entries(query: dict[str, Any]) -> Any:
    from google.api_core.exceptions import ServiceUnavailable, from_http_response
    from google.auth.transport.requests import AuthorizedSession
    from requests.exceptions import RequestException

    credentials = find_credentials()
    if hasattr(credentials, "with_always_use_jwt_access"):
        credentials = credentials.with_always_use_jwt_access(True)
    try:
        with AuthorizedSession(credentials) as session:
            answer = session.post(f"{ADDRESS}/v2/entries:list", json=query, timeout=_SECONDS)
    except RequestException as error:
        raise ServiceUnavailable(str(error)) from None
    if not answer.ok:
        raise from_http_response(answer)
    return answer.json()


def _text(entry: dict[str, Any]) -> str:
    payload = entry.get("jsonPayload", {})
    return str(entry.get("textPayload") or payload.get("message") or "")
