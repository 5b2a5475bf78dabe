"""A short text that changes when the files of a source change."""

import hashlib

from preprocessing.files import list_files


def source_fingerprint(source: str, suffix: str) -> str:
    """Returns a hash of the names, sizes and modification times of a source's files.

    Args:
        source: folder, file or glob; local or `gs://`.
        suffix: ending of the files that count, such as `.npy`.

    Raises:
        InputError: the source cannot be listed.
    """
    text = "".join(
        f"{file.path}\t{file.size}\t{file.modified}\n" for file in list_files(source, suffix)
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]
