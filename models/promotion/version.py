"""What a registry knows of a version of a challenge's model, and of a reign."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from preprocessing.errors import InputError


@dataclass(frozen=True)
class Facts:
    """What is written down of a model when it is registered.

    Attributes:
        challenge: whose model it is.
        run: that made it.
        by: who registered it; for a run its name.
        commit: the git commit of its code; "" if unknown.
        image: that can serve it, with tag; "" if none was named.
        accuracy: share of the validation examples that it has right.
        metrics: of its evaluation.
        content: hash of its files.
    """

    challenge: str
    run: str
    by: str
    commit: str = ""
    image: str = ""
    accuracy: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)
    content: str = ""


@dataclass(frozen=True)
class Reign:
    """A time as champion, from its beginning on.

    Attributes:
        since: when, ISO 8601, UTC, with microseconds, so that it tells which came first.
        by: who, or which run, made it champion.
        why: in one sentence.
    """

    since: str
    by: str
    why: str

    @classmethod
    def now(cls, by: str, why: str) -> Self:
        """Returns one that begins now."""
        return cls(datetime.now(UTC).isoformat(timespec="microseconds"), by, why)


@dataclass(frozen=True)
class Version:
    """A registered version.

    Attributes:
        number: 1 for the first.
        created: when, ISO 8601, UTC.
        place: path or URI of its files: `saved_model/`, `labels.txt`, `statistics.json`.
        facts: what was written down of it.
        champion: whether it reigns now.
        reigns: its reigns, in order.
    """

    number: int
    created: str
    place: str
    facts: Facts
    champion: bool = False
    reigns: tuple[Reign, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Returns what `json.dumps` takes."""
        return asdict(self)


def now() -> str:
    """Returns the time: ISO 8601, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_json(text: bytes, place: str) -> dict[str, Any]:
    """Returns the JSON object of a registry's file.

    Raises:
        InputError: it is none; the message names the file.
    """
    try:
        values = json.loads(text)
        if isinstance(values, dict):
            return values
    except ValueError:
        pass
    raise InputError(f"{place}: not a file of this registry; remove it, or mend it")


def content_hash(folder: Path) -> str:
    """Returns a hash of the names and bytes of all files of a folder, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").digest()
            digest.update(f"{path.relative_to(folder).as_posix()}\0".encode() + content)
    return digest.hexdigest()[:16]
