"""Where the versions of a challenge's model are kept, and who of them is champion."""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from models.promotion.version import Facts, Reign, Version
from preprocessing.errors import InputError

VERTEX = re.compile(r"projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+)")


class ChampionChanged(Exception):  # noqa: N818 (it reads as what happened)
    """Another became champion in the meantime."""


class Registry(Protocol):
    """The versions of each challenge's model. What it gives was checked to be whole."""

    def challenges(self) -> list[str]:
        """Returns the challenges that have versions, sorted."""

    def versions(self, challenge: str) -> list[Version]:
        """Returns the versions of a challenge's model, the first first."""

    def package(self, version: Version) -> AbstractContextManager[Path]:
        """Gives the files of a version as a local folder while the body runs."""

    def add(self, package: Path, facts: Facts, why: str) -> Version:
        """Registers a model; one that is registered already is returned as it is.

        Args:
            package: folder of its files.
            facts: what to write down of it; `content` is the hash of the package.
            why: it is to reign.
        """

    def crown(self, version: Version, instead_of: int, reign: Reign) -> None:
        """Makes a version the champion.

        Args:
            version: who.
            instead_of: number of the version that is champion now; 0 for none.
            reign: since when, by whom, why.

        Raises:
            ChampionChanged: another is champion now.
        """


def open_registry(place: str, bucket: str = "") -> Registry:
    """Opens a registry; it needs not be there yet.

    Args:
        place: a folder, `gs://...`, or `projects/<project>/locations/<region>` for the Model
            Registry of Vertex AI.
        bucket: `gs://` folder where the files of Vertex AI's versions go.

    Raises:
        InputError: it cannot be one.
    """
    from models.promotion.folder import FolderRegistry

    check_place(place)
    if found := VERTEX.fullmatch(place):
        from models.promotion.vertex import VertexRegistry

        return VertexRegistry(found["project"], found["region"], bucket)
    return FolderRegistry(place)


def check_place(place: str) -> None:
    """Raises InputError for what cannot be the place of a registry."""
    if not place:
        raise InputError(
            "REGISTRY: not set, so there is no place for champions; name a folder, gs://..., or"
            " projects/<project>/locations/<region>"
        )
    other_scheme = "://" in place and not place.startswith("gs://")
    if other_scheme or (place.startswith("projects/") and not VERTEX.fullmatch(place)):
        raise InputError(
            f"REGISTRY: {place!r}: expected a folder, gs://..., or"
            " projects/<project>/locations/<region>"
        )


def champion_of(versions: Sequence[Version]) -> Version | None:
    """Returns the champion; None for none."""
    return next((version for version in versions if version.champion), None)
