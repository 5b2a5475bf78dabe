"""The files of a source, and the format that they are in."""

import os
import re
from glob import escape
from pathlib import Path, PurePosixPath

from preprocessing.errors import InputError
from preprocessing.files import File, list_files, local_file

FORMATS = {
    "bitmaps": re.compile(r"\.npy$"),
    "idx": re.compile(r"idx[13]-ubyte(\.gz)?$"),
    "tfrecords": re.compile(r"\.tfrecords?$|-\d+-of-\d+$"),
    "images": re.compile(r"\.(jpe?g|png|zip)$", re.IGNORECASE),
}
"""How the names of the files of each format end."""

LABELS_FILE = "labels.txt"
"""A class name a line, in label order: may lie beside TFRecords, which have numbers only."""

_GLOB = re.compile(r"[*?\[]")


class SourceFiles:
    """The files that a source consists of.

    Args:
        source: folder, file or glob; local or `gs://`. A folder is taken with all that is below
            it, but for hidden files and folders.

    Attributes:
        source: as given.
        format: one of `FORMATS`.
        files: those of the format, sorted by path.
        labels_file: the file of class names in the folder of TFRecords, if there is one.

    Raises:
        InputError: there is no such source, it holds no images in a known format, or images in
            two.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        every, self._root = _find(source)
        by_format = {
            name: [file for file in every if ending.search(file.path)]
            for name, ending in FORMATS.items()
        }
        found = [name for name, files in by_format.items() if files]
        if not found:
            raise InputError(
                f"{source}: no images here; expected .npy bitmaps, idx .gz files, TFRecords, or"
                " JPEG or PNG images (a .zip of them too)"
            )
        if len(found) > 1:
            examples = " and ".join(by_format[name][0].path for name in found[:2])
            raise InputError(
                f"{source}: images in {len(found)} formats ({examples}); name those that are meant"
                " by a glob, or put them into a folder of their own"
            )
        self.format = found[0]
        self.files: list[File] = by_format[self.format]
        labels = []
        if self.format == "tfrecords":
            labels = list_files(escape(self._root + LABELS_FILE))
        self.labels_file = labels[0] if labels else None

    def below(self, path: str) -> PurePosixPath:
        """Returns the path of a file below the source's folder."""
        return PurePosixPath(path.removeprefix(self._root))


def _find(source: str) -> tuple[list[File], str]:
    """Returns all files of a source, and what their paths begin with: its folder, with a slash."""
    folder = f"{source.rstrip('/')}/"
    if "://" not in source and Path(source).is_dir():
        return [local_file(path) for path in _walk(source)], folder
    if files := list_files(source):
        plain = _GLOB.split(source)[0]
        return files, plain[: plain.rfind("/") + 1]
    if "://" in source and (files := list_files(f"{folder}**")):
        below = [file.path.removeprefix(folder).split("/") for file in files]
        hidden = [any(part.startswith(".") for part in parts) for parts in below]
        return [file for file, hide in zip(files, hidden, strict=True) if not hide], folder
    raise InputError(f"{source}: no such file or folder; name a folder, glob or gs:// URI")


def _walk(folder: str) -> list[str]:
    paths = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [f"{place.rstrip('/')}/{name}" for name in names if not name.startswith(".")]
    return sorted(paths)
