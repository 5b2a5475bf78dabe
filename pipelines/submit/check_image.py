"""Checks that an image is in its registry before a run asks for it."""

import re
from typing import Any
from urllib.parse import quote

from models.vertex_ai import find_credentials, translate
from pipelines.submit.findings import Unchecked
from preprocessing.errors import InputError

SECONDS = 10

_ARTIFACT_REGISTRY = re.compile(
    r"(?P<location>[-a-z0-9]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)/"
    r"(?P<package>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>.+))?"
)


def check_image(image: str, endpoint: str = "") -> str:
    """Checks that an image is in Artifact Registry.

    Args:
        image: with tag or digest; with both the digest counts, as for whoever pulls it.
        endpoint: `host:port` of the registry's API; by default Google's.

    Returns:
        A line that says so.

    Raises:
        InputError: it is not there, or may not be read.
        Unchecked: it is in another registry.
    """
    name = _ARTIFACT_REGISTRY.fullmatch(image)
    if name is None:
        raise Unchecked(
            f"{image}: only images in Artifact Registry can be looked up from here; see for"
            f" yourself: `docker manifest inspect {image}`"
        )
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError

    try:
        _look_up(_client(endpoint), name)
    except exceptions.NotFound as error:
        if "epository" in str(error):
            raise InputError(
                f"{image}: there is no such repository; make it with `gcloud artifacts repositories"
                f" create {name['repository']} --repository-format=docker"
                f" --location={name['location']} --project={name['project']}`, then"
                " `make image PUSH=1`"
            ) from None
        raise InputError(
            f"{image}: not there; make it with `make image PUSH=1`, with the same MODEL, LOSS and"
            " PIPELINE, or set IMAGE to one that is there"
        ) from None
    except (exceptions.GoogleAPIError, GoogleAuthError) as error:
        raise translate(f"look up {image}", error) from None
    return f"{image} is there"


def _look_up(client: Any, name: re.Match[str]) -> None:
    package = quote(name["package"], safe="")
    parent = (
        f"projects/{name['project']}/locations/{name['location']}"
        f"/repositories/{name['repository']}/packages/{package}"
    )
    if name["digest"]:
        client.get_version(name=f"{parent}/versions/{name['digest']}", timeout=SECONDS)
    else:
        client.get_tag(name=f"{parent}/tags/{name['tag']}", timeout=SECONDS)


def _client(endpoint: str) -> Any:
    from google.cloud.artifactregistry_v1 import ArtifactRegistryClient

    options = {"api_endpoint": endpoint} if endpoint else None
    return ArtifactRegistryClient(credentials=find_credentials(), client_options=options)
