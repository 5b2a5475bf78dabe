"""Compressed shards: gzip over the whole file, which is what TFRecord readers call GZIP.

Drawings are runs of equal pixels, so runs are all that is looked for: that takes less time than
zlib's lowest level and is as small. A reader unpacks a shard once, into a file without a name.
"""

import gzip
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from preprocessing.errors import InputError
from preprocessing.files import first_line, open_file

COMPRESSIONS = ("none", "gzip")

DAMAGED = (OSError, EOFError, zlib.error)
"""What reading a compressed shard raises that is cut or holds something else."""

_ENDING = ".gz"
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to ask for a header of gzip, whose time stays 0
_CHUNK = 2**20


def check_compression(compression: str) -> None:
    """Raises InputError if there is no such compression."""
    if compression not in COMPRESSIONS:
        raise InputError(f"compression={compression}: expected {' or '.join(COMPRESSIONS)}")


def ending(compression: str) -> str:
    """Returns what the file name of a shard has behind `.tfrecord`."""
    return _ENDING if compression == "gzip" else ""


def compressed(data: Any, compression: str) -> Any:
    """Returns the content of a shard as its file has it; the same bytes give the same bytes.

    Args:
        data: bytes, or anything with their buffer.
        compression: of `COMPRESSIONS`; with `none` the data itself is returned.
    """
    if compression == "none":
        return data
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    return packer.compress(data) + packer.flush()


@contextmanager
def open_shard(path: str | Path) -> Iterator[Any]:
    """Opens a shard, local or `gs://`, to read its records one after the other.

    Raises:
        InputError: the file is missing or may not be read.
    """
    with open_file(str(path)) as file:
        if str(path).endswith(_ENDING):
            with gzip.GzipFile(fileobj=file) as records:
                yield records
        else:
            yield file


@contextmanager
def mappable(path: Path) -> Iterator[IO[bytes]]:
    """Opens a local shard as a file that can be mapped into memory.

    A compressed one is unpacked. That file has no name, so its room is free again as soon as
    nobody has it open or mapped, however the process ends.

    Raises:
        InputError: the shard is missing or damaged, or there is no room in `TMPDIR`.
    """
    if path.suffix != _ENDING:
        with path.open("rb") as file:
            yield file
        return
    with ExitStack() as stack:
        with _room(path):
            unpacked = stack.enter_context(tempfile.TemporaryFile(buffering=0))
        for data in _chunks(path):
            rest = memoryview(data)
            while rest:
                with _room(path):
                    rest = rest[unpacked.write(rest) :]
        yield unpacked


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with open_shard(path) as shard:
            while data := shard.read(_CHUNK):
                yield data
    except DAMAGED as error:
        raise InputError(
            f"{path}: not a whole gzip file ({first_line(error)}); run the preprocessing again"
        ) from None


@contextmanager
def _room(path: Path) -> Iterator[None]:
    """Says what to do when a temporary file takes no more."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{path}: cannot be unpacked into {tempfile.tempdir or 'a temporary file'}"
            f" ({error.strerror or first_line(error)}); set TMPDIR to a disk with room for all"
            " examples, unpacked"
        ) from None
