"""Writes raw data in the formats of the challenges, by code that reading shares nothing with."""

import gzip
import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
from PIL import Image

Feature = Sequence[int] | Sequence[float] | Sequence[bytes]


def write_idx(path: Path, values: Any, kind: int = 0x08) -> Path:
    """Writes an array as an idx file; compressed where the name ends with .gz."""
    values = np.asarray(values)
    header = struct.pack(">HBB", 0, kind, values.ndim) + struct.pack(
        f">{values.ndim}I", *values.shape
    )
    data = header + values.astype(values.dtype.newbyteorder(">")).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def digits(count: int, seed: int = 0) -> Any:
    """Returns uint8 `[count, 28, 28]`, no two equal."""
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), dtype=np.uint8)


def encoded(
    number: int, width: int = 9, height: int = 7, form: str = "JPEG", mode: str = "RGB"
) -> bytes:
    """Returns a JPEG or PNG with noise of its own number."""
    pixels = np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, form)
    return file.getvalue()


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Writes files by their path below the folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Returns a zip file of files by their path."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def example(**features: Feature) -> bytes:
    """Returns a tf.Example; `__` in a name stands for `/`.

    Format: tensorflow/core/example/{example,feature}.proto, wire format of protobuf.
    """
    entries = b"".join(
        _field(1, _field(1, name.replace("__", "/").encode()) + _field(2, _feature(values)))
        for name, values in features.items()
    )
    return _field(1, entries)


def record(data: bytes) -> bytes:
    """Returns the TFRecord framing of some bytes."""
    length = struct.pack("<Q", len(data))
    return length + _masked_crc(length) + data + _masked_crc(data)


def write_records(path: Path, examples: Sequence[bytes]) -> Path:
    """Writes a TFRecord file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(record, examples)))
    return path


def _masked_crc(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) % 2**32)


def _feature(values: Feature) -> bytes:
    if all(isinstance(value, bytes) for value in values):
        return _field(1, b"".join(_field(1, value) for value in values))  # type: ignore[arg-type]
    if all(isinstance(value, int) for value in values):
        return _field(3, _field(1, b"".join(_varint(int(value) % 2**64) for value in values)))
    return _field(2, _field(1, struct.pack(f"<{len(values)}f", *values)))


def _field(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes([value])
    return bytes([value & 0x7F | 0x80]) + _varint(value >> 7)
