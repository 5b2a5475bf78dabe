"""Puts a participant's files where the image finds them."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from models.own_files import own_class, own_files

FOLDER = "participant"
"""Beside the compiled pipelines, and in the image in the project's folder."""


def pack_own_files(arguments: dict[str, Any], build: Path) -> dict[str, Any]:
    """Writes `<build>/participant/`: the files of `model` and `loss`, and what they import.

    What was there before is removed, also when the arguments name no file.

    Args:
        arguments: of a pipeline.
        build: folder of the compiled pipelines.

    Returns:
        The arguments with their paths as they are in the image, such as
        `participant/mine.py:MyNet`.
    """
    given = {name: own_class(arguments.get(name, ""), name) for name in ("model", "loss")}
    classes = {name: own for name, own in given.items() if own}
    shared = len({own.path.parent for own in classes.values()}) == 1
    packed = dict(arguments)
    build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=build) as unfinished:
        for name, own in classes.items():
            # Two files of one name, from two folders, stay two.
            place = Path(FOLDER) if shared else Path(FOLDER, name)
            for file in own_files(own.path):
                target = Path(unfinished) / place / file.relative_to(own.path.parent)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
            packed[name] = f"{place / own.path.name}:{own.name}"
        shutil.rmtree(build / FOLDER, ignore_errors=True)
        if classes:
            Path(unfinished, FOLDER).rename(build / FOLDER)
    return packed
