"""A short text that changes when the files of a source change."""

import hashlib

from apache_beam.io.filesystems import FileSystems

from preprocessing.bitmaps import list_files


def source_fingerprint(source: str, suffix: str) -> str:
    """Returns a hash of the names, sizes and modification times of a source's files.

    Args:
        source: folder, file or glob; local or `gs://`.
        suffix: ending of the files that count, such as `.npy`.
    """
    text = "".join(
        f"{match.path}\t{match.size_in_bytes}\t{match.last_updated_in_seconds}\n"
        for match in list_files(source, suffix)
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]
