"""A connection to the Vertex AI of one project, made when it is first used."""

from functools import cached_property
from itertools import islice
from typing import Any

from models.vertex_ai import ANSWER, call, connect
from pipelines.settings import Settings
from preprocessing.errors import InputError

_NEEDED = ("project", "region", "bucket")


class Connection:
    """Calls to Vertex AI.

    Args:
        settings: say which project, region, bucket and endpoint.

    Attributes:
        settings: these.
        parent: the resource under which all others are.

    Raises:
        InputError: a setting is missing; the message names all that are.
    """

    def __init__(self, settings: Settings) -> None:
        missing = [name.upper() for name in _NEEDED if not getattr(settings, name)]
        if missing:
            raise InputError(
                f"{', '.join(missing)}: not set, and Vertex AI needs"
                f" {'it' if len(missing) == 1 else 'them'}; put it into the environment or .env,"
                " such as PROJECT=my-project REGION=europe-west4 BUCKET=gs://my-bucket"
            )
        self.settings = settings
        self.parent = f"projects/{settings.project}/locations/{settings.region}"

    @cached_property
    def platform(self) -> Any:
        """The module `google.cloud.aiplatform`, set up for the project."""
        settings = self.settings
        return connect(settings.project, settings.region, settings.vertex_endpoint)

    @cached_property
    def pipelines(self) -> Any:
        """The client of the runs."""
        return self._client("PipelineServiceClient")

    @cached_property
    def schedules(self) -> Any:
        """The client of the schedules."""
        return self._client("ScheduleServiceClient")

    @cached_property
    def metadata(self) -> Any:
        """The client of the experiments."""
        return self._client("MetadataServiceClient")

    def ask(self, doing: str, method: Any, **request: Any) -> Any:
        """Calls a method of a client that may be called twice, again while it does not answer.

        Args:
            doing: what it is for; the errors say that it cannot be done.
            method: of a client.
            request: its fields.
        """
        return call(doing, method, request=request, timeout=ANSWER)

    def ask_all(
        self, doing: str, method: Any, limit: int | None = None, **request: Any
    ) -> list[Any]:
        """Returns all that a list method of a client lists, or the first `limit`."""

        def pages() -> list[Any]:
            return list(islice(method(request=request, timeout=ANSWER), limit))

        return call(doing, pages)

    def _client(self, kind: str) -> Any:
        config = self.platform.initializer.global_config
        return getattr(self.platform.gapic, kind)(
            credentials=config.credentials, client_options=config.get_client_options()
        )
