"""The files of a source, and the format that they are in."""

import os
import re
from collections.abc import Sequence
from glob import escape, glob
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
_HIDDEN = re.compile(r"/\.")


class SourceFiles:
    """The files that a source consists of.

    Args:
        source: folder, file or glob; local or `gs://`. A folder, also one that a glob matches, is
            taken with all that is below it, but for hidden files and folders.

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
    if "://" in source:
        files, root = _find_in_bucket(source.rstrip("/"))
    elif Path(source).is_dir():
        return _local_files([source]), f"{source.rstrip('/')}/"
    else:
        files, root = _local_files(glob(source, recursive=True)), _folder_of(source)  # noqa: PTH207 (it may be absolute)
    if not files:
        raise InputError(f"{source}: no such file or folder; name a folder, glob or gs:// URI")
    return files, root


def _local_files(found: Sequence[str]) -> list[File]:
    paths = {path for path in found if Path(path).is_file()}
    paths.update(_walk(sorted(path for path in found if Path(path).is_dir())))
    return [local_file(path) for path in sorted(paths)]


def _find_in_bucket(source: str) -> tuple[list[File], str]:
    is_glob, is_bucket = _GLOB.search(source), source.count("/") == 2
    files = [] if is_bucket else list_files(source)
    root = _folder_of(source) if is_glob or files else f"{source}/"
    if is_glob or not files:
        files += list_files(f"{source}/**")
    every = {file.path: file for file in files if not _HIDDEN.search(f"/{file.path[len(root) :]}")}
    return [every[path] for path in sorted(every)], root


def _folder_of(pattern: str) -> str:
    plain = _GLOB.split(pattern)[0]
    return plain[: plain.rfind("/") + 1]


def _walk(folders: Sequence[str]) -> list[str]:
    """Returns the files below some folders; one that links lead to again is taken once."""
    paths, seen, waiting = [], set(), list(folders)
    for start in waiting:  # grows: what is there itself comes before links to it
        for place, names, files in os.walk(start):
            real = os.path.realpath(place)
            names[:] = sorted(name for name in names if real not in seen and name[0] != ".")
            if real in seen:
                continue
            seen.add(real)
            below = place.rstrip("/")
            waiting += [f"{below}/{name}" for name in names if Path(place, name).is_symlink()]
            paths += [f"{below}/{name}" for name in files if name[0] != "."]
    return paths
