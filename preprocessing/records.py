"""The bytes of an example: tf.Examples of one length, so that a TFRecord shard is also an array.

A split's records differ in their pixels, label or id and checksum only. One template record is
serialized once and numpy fills those columns for a whole batch; reading is a memory map with the
record's length as stride. Any TFRecord reader and any protobuf parser reads the same files.

Formats: TFRecord framing (length, masked CRC-32C of it, data, masked CRC-32C of it, all
little-endian) as in tensorflow/core/lib/io/record_writer.h; tf.Example as in
tensorflow/core/example/{example,feature}.proto.
"""

import os
import struct
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import numpy.typing as npt

from preprocessing.compression import mappable
from preprocessing.errors import InputError

Bytes = npt.NDArray[np.uint8]

MAX_LABEL = 2**14 - 1
"""Largest label that fits the two bytes which every label takes."""

_HEADER_BYTES = 12  # uint64 length, uint32 masked checksum of it
_FOOTER_BYTES = 4  # uint32 masked checksum of the data
_BYTES_LIST, _INT64_LIST = 1, 3  # field numbers of tensorflow.Feature


def masked_crc32c(data: bytes | Bytes) -> int:
    """Returns the checksum that TFRecord files store for `data`."""
    crc: int = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


class RecordLayout:
    """Where the pixels, the label and the id lie in every record of one split.

    A training or validation record holds `image` (raw uint8 bytes) and `label` (int64); a test
    record holds `image_id` (bytes) in the label's place.

    Args:
        image_bytes: pixels of an image, height * width * channels.
        id_bytes: length of every `image_id`; 0 for records that hold a label instead.
    """

    def __init__(self, image_bytes: int, id_bytes: int = 0) -> None:
        self.image_bytes = image_bytes
        self.id_bytes = id_bytes
        features = _feature("image", _BYTES_LIST, _field(1, bytes(image_bytes)))
        image_at = len(features) - image_bytes
        if id_bytes:
            features += _feature("image_id", _BYTES_LIST, _field(1, b"\0" * id_bytes))
            tail_bytes = id_bytes
        else:
            features += _feature("label", _INT64_LIST, _field(1, b"\x80\x00"))
            tail_bytes = 2
        example = _field(1, features)
        start = _HEADER_BYTES + len(example) - len(features)
        length = struct.pack("<Q", len(example))
        header = length + struct.pack("<I", masked_crc32c(length))

        self.record_bytes = _HEADER_BYTES + len(example) + _FOOTER_BYTES
        self._data = slice(_HEADER_BYTES, _HEADER_BYTES + len(example))
        self._image = slice(start + image_at, start + image_at + image_bytes)
        self._tail = slice(self._data.stop - tail_bytes, self._data.stop)
        self._footer = slice(self._data.stop, self.record_bytes)
        self._template: Bytes = np.frombuffer(header + example + b"\0" * _FOOTER_BYTES, np.uint8)

    def allocate(self, count: int) -> Bytes:
        """Returns `[count, record_bytes]` records with everything set but what differs."""
        return np.tile(self._template, (count, 1))

    def images(self, records: Bytes) -> Bytes:
        """Returns the pixels as a view `[N, image_bytes]` of `records`, to read or to fill."""
        return records[:, self._image]

    def labels(self, records: Bytes) -> npt.NDArray[np.int32]:
        """Returns the labels `[N]`, decoded from their two-byte varints."""
        low, high = records[:, self._tail].astype(np.int32).T
        return np.asarray((low & 0x7F) | high << 7, np.int32)

    def set_labels(self, records: Bytes, labels: npt.NDArray[np.integer[Any]]) -> None:
        """Writes `labels` `[N]`, each between 0 and MAX_LABEL, into `records`."""
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) <= MAX_LABEL:
            raise ValueError(f"labels must lie between 0 and {MAX_LABEL}")
        records[:, self._tail.start] = labels & 0x7F | 0x80
        records[:, self._tail.start + 1] = labels >> 7

    def ids(self, records: Bytes) -> npt.NDArray[np.bytes_]:
        """Returns the image ids `[N]` as bytes of one length."""
        return np.ascontiguousarray(records[:, self._tail]).view(f"S{self.id_bytes}")[:, 0]

    def set_ids(self, records: Bytes, ids: npt.NDArray[np.bytes_]) -> None:
        """Writes `ids` `[N]`, each of exactly `id_bytes` bytes, into `records`."""
        columns = np.ascontiguousarray(ids, f"S{self.id_bytes}").view(np.uint8)
        records[:, self._tail] = columns.reshape(len(records), self.id_bytes)

    def seal(self, records: Bytes) -> None:
        """Writes the checksum of every record; the last thing before they go to a file."""
        crc = np.fromiter(map(google_crc32c.value, records[:, self._data]), np.uint32, len(records))
        masked = (crc >> 15 | crc << 17) + np.uint32(0xA282EAD8)
        records[:, self._footer] = masked.astype("<u4").view(np.uint8).reshape(-1, _FOOTER_BYTES)

    def serialized(self, records: Bytes) -> list[bytes]:
        """Returns each record's tf.Example, without the TFRecord framing."""
        return [row.tobytes() for row in records[:, self._data]]

    def open(self, path: str | Path) -> Bytes:
        """Memory-maps a shard as `[N, record_bytes]`, read-only; a compressed one is unpacked.

        Raises:
            InputError: the file is missing, or is not whole records of this layout; or there is no
                room to unpack it.
        """
        path = Path(path)
        if not path.is_file():
            raise InputError(f"{path}: this shard is missing; run the preprocessing again")
        with mappable(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                return np.empty((0, self.record_bytes), np.uint8)
            records = np.memmap(file, np.uint8, mode="r")
        if size % self.record_bytes or bytes(records[:_HEADER_BYTES]) != bytes(
            self._template[:_HEADER_BYTES]
        ):
            raise InputError(
                f"{path}: expected whole records of {self.record_bytes} bytes, found {size} bytes;"
                " the file is cut or was written by something else: run the preprocessing again"
            )
        return records.reshape(-1, self.record_bytes)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(encoded) + bytes([value])


def _field(number: int, payload: bytes) -> bytes:
    """Returns a length-delimited protobuf field."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _feature(name: str, kind: int, values: bytes) -> bytes:
    """Returns an entry of the map that tensorflow.Features holds."""
    return _field(1, _field(1, name.encode()) + _field(2, _field(kind, values)))
