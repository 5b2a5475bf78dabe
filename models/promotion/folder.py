"""A registry in a folder or a bucket.

    quickdraw/
        models/<content>/    saved_model/, labels.txt, statistics.json
        versions/3.json      what is known of version 3
        champions/4.json     the fourth reign: whose, since when, by whom, why; the last one counts

Files are only added, and only one who is first can write a name: that numbers the versions, and
makes one who was too slow look again. So nothing is ever half-written, and history is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from models.promotion.registry import ChampionChanged
from models.promotion.store import open_store
from models.promotion.version import Facts, Reign, Version, content_hash, now, read_json
from preprocessing.errors import InputError


class FolderRegistry:
    """The registry of a folder.

    Args:
        place: the folder, local or `gs://`.
    """

    def __init__(self, place: str) -> None:
        self._store = open_store(place)

    def challenges(self) -> list[str]:
        """Returns the challenges that have versions, sorted."""
        return sorted(name for name in self._store.folders("") if self._numbers(f"{name}/versions"))

    def versions(self, challenge: str) -> list[Version]:
        """Returns the versions of a challenge's model, the first first."""
        reigns = self._reigns(challenge)
        last = max(reigns, default=0)
        champion = reigns[last][0] if reigns else 0
        numbers = self._numbers(f"{challenge}/versions")
        if champion and champion not in numbers:
            gone, reign = (
                self._store.place(f"{challenge}/{name}.json")
                for name in (f"versions/{champion}", f"champions/{last}")
            )
            raise InputError(
                f"{gone}: the champion, but it is gone; bring it back, or remove {reign}, so that"
                " the one before reigns"
            )
        found = []
        for number in numbers:
            name = f"{challenge}/versions/{number}.json"
            values = self._read(name)
            try:
                facts, created = Facts(**values["facts"]), values["created"]
            except (KeyError, TypeError):
                raise InputError(
                    f"{self._store.place(name)}: not a version of this registry; mend it"
                ) from None
            place = self._store.place(_model(facts))
            own = tuple(reign for whose, reign in reigns.values() if whose == number)
            found.append(Version(number, created, place, facts, champion == number, own))
        return found

    @contextmanager
    def package(self, version: Version) -> Iterator[Path]:
        """Gives the files of a version as a local folder while the body runs."""
        with self._store.folder(_model(version.facts)) as folder:
            if content_hash(folder) != version.facts.content:
                raise InputError(
                    f"{version.place}: the files of version {version.number} are not those that"
                    " were registered; go back to another with `make rollback`"
                )
            yield folder

    def add(self, package: Path, facts: Facts, why: str) -> Version:
        """Registers a model; one that is registered already is returned as it is."""
        self._store.put_folder(package, _model(facts))
        text = _json({"created": now(), "why": why, "facts": asdict(facts)})
        while True:
            known = self.versions(facts.challenge)
            for version in known:
                if version.facts.content == facts.content:
                    return version
            number = max((version.number for version in known), default=0) + 1
            self._store.create(f"{facts.challenge}/versions/{number}.json", text)

    def crown(self, version: Version, instead_of: int, reign: Reign) -> None:
        """Makes a version the champion; see `Registry.crown`."""
        challenge = version.facts.challenge
        reigns = self._reigns(challenge)
        last = max(reigns, default=0)
        if (reigns[last][0] if reigns else 0) != instead_of:
            raise ChampionChanged
        text = _json({"version": version.number, **asdict(reign)})
        if not self._store.create(f"{challenge}/champions/{last + 1}.json", text):
            raise ChampionChanged

    def _reigns(self, challenge: str) -> dict[int, tuple[int, Reign]]:
        """Returns the reigns by number, rising, each with the number of its version."""
        folder = f"{challenge}/champions"
        values = {one: self._read(f"{folder}/{one}.json") for one in self._numbers(folder)}
        try:
            return {one: (value.pop("version"), Reign(**value)) for one, value in values.items()}
        except (KeyError, TypeError):
            raise InputError(
                f"{self._store.place(folder)}: holds what is no reign of this registry; mend it"
            ) from None

    def _numbers(self, folder: str) -> list[int]:
        """Returns the numbers of a folder's files, rising."""
        stems = [name.removesuffix(".json") for name in self._store.names(folder)]
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def _read(self, name: str) -> dict[str, Any]:
        return read_json(self._store.read(name), self._store.place(name))


def _model(facts: Facts) -> str:
    return f"{facts.challenge}/models/{facts.content}"


def _json(values: dict[str, Any]) -> bytes:
    return orjson.dumps(values, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
