"""Files and folders that are there whole or not at all: written elsewhere, then moved."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_files(folder: str | Path) -> Iterator[Path]:
    """Yields an empty folder; what was written there then takes its place in `folder`.

    Nothing is moved after an exception. A mounted bucket that cannot rename a folder gets a copy.

    Args:
        folder: made if it is not there. A file or folder of the same name in it is replaced.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder) as temporary:
        yield Path(temporary)
        for source in sorted(Path(temporary).iterdir()):
            destination = folder / source.name
            if destination.is_dir():
                shutil.rmtree(destination)
            shutil.move(source, destination)
