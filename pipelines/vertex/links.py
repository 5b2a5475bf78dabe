"""Pages of the Google Cloud console."""

from urllib.parse import quote

from pipelines.settings import Settings

_CONSOLE = "https://console.cloud.google.com"


def run_link(settings: Settings, run: str) -> str:
    """Returns the page of a run."""
    return (
        f"{_CONSOLE}/vertex-ai/locations/{settings.region}/pipelines/runs/{run}"
        f"?project={settings.project}"
    )


def schedule_link(settings: Settings, schedule: str) -> str:
    """Returns the page of a schedule, by its id."""
    return (
        f"{_CONSOLE}/vertex-ai/locations/{settings.region}/pipelines/schedules/{schedule}"
        f"?project={settings.project}"
    )


def job_link(settings: Settings, job: str) -> str:
    """Returns the page of the custom job in which a step runs."""
    return (
        f"{_CONSOLE}/vertex-ai/locations/{settings.region}/training/{job}"
        f"?project={settings.project}"
    )


def log_link(settings: Settings, job: str) -> str:
    """Returns the page of a custom job's log."""
    query = quote(f'resource.type="ml_job"\nresource.labels.job_id="{job}"')
    return f"{_CONSOLE}/logs/query;query={query}?project={settings.project}"
