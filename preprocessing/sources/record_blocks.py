"""Finds the records of a TFRecord file, and checks their checksums.

Format: see `preprocessing.records`.
"""

import struct
from collections.abc import Iterator

from preprocessing.errors import InputError
from preprocessing.files import File, open_file
from preprocessing.records import masked_crc32c

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_BLOCK_BYTES = 2**23
_LARGEST_RECORD = 2**28
_GZIP = b"\x1f\x8b"


def record_blocks(file: File) -> Iterator[tuple[list[int], list[bytes]]]:
    """Yields offsets and tf.Examples of the records of a file, some megabytes at a time.

    Raises:
        InputError: the file is cut, damaged or no TFRecord file.
    """
    with open_file(file.path) as opened:
        position, rest = 0, b""
        while block := opened.read(_BLOCK_BYTES):
            data = rest + block
            offsets, examples, used = [], [], 0
            while len(data) - used >= _HEADER.size:
                length, crc = _HEADER.unpack_from(data, used)
                header = data[used : used + 8]
                if masked_crc32c(header) != crc or length > _LARGEST_RECORD:
                    cure = "unpack it with gunzip" if data[:2] == _GZIP else "fetch it again"
                    raise InputError(
                        f"{file.path}: no TFRecord at byte {position + used}; the file is damaged"
                        f" or something else: {cure}"
                    )
                start, stop = used + _HEADER.size, used + _HEADER.size + length
                if len(data) < stop + _FOOTER.size:
                    break
                example = data[start:stop]
                if masked_crc32c(example) != _FOOTER.unpack_from(data, stop)[0]:
                    raise InputError(
                        f"{file.path}: the record at byte {position + used} fails its checksum;"
                        " fetch the file again"
                    )
                offsets.append(position + start)
                examples.append(example)
                used = stop + _FOOTER.size
            if examples:
                yield offsets, examples
            position, rest = position + used, data[used:]
        if rest:
            raise InputError(
                f"{file.path}: ends within the record at byte {position}; fetch it again"
            )
