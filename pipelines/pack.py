"""Puts a participant's files where the image finds them."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from models.own_files import own_class, own_files
from pipelines.variants import base_of

FOLDER = "participant"
"""Beside the compiled pipelines, and in the image in the project's folder."""


def pack_own_files(pipeline: str, arguments: dict[str, Any], build: Path) -> dict[str, Any]:
    """Writes `<build>/participant/<pipeline>/`: files of `model` and `loss`, and their imports.

    What the pipeline had there before is removed, also when the arguments name no file.

    Args:
        pipeline: its name; each has a folder of its own, so that all may be in one image, but for
            its variants, which share it: they run in the image that was built for the pipeline.
        arguments: of the pipeline.
        build: folder of the compiled pipelines.

    Returns:
        The arguments with their paths as they are in the image, such as
        `participant/quickdraw/mine.py:MyNet`.
    """
    given = {name: own_class(arguments.get(name, ""), name) for name in ("model", "loss")}
    classes = {name: own for name, own in given.items() if own}
    shared = len({own.path.parent for own in classes.values()}) == 1
    packed, folder = dict(arguments), Path(FOLDER, base_of(pipeline))
    build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=build) as temporary:
        unfinished = Path(temporary)
        for name, own in classes.items():
            # Two files of one name, from two folders, stay two.
            place = folder if shared else folder / name
            for file in own_files(own.path):
                target = unfinished / place / file.relative_to(own.path.parent)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
            packed[name] = f"{place / own.path.name}:{own.name}"
        shutil.rmtree(build / folder, ignore_errors=True)
        if classes:
            (build / FOLDER).mkdir(exist_ok=True)
            (unfinished / folder).rename(build / folder)
    return packed
