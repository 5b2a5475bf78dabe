"""A short text that changes when the files of a source change."""

import hashlib

from preprocessing.sources.files import SourceFiles


def source_fingerprint(source: str) -> str:
    """Returns a hash of the names, sizes and modification times of a source's files.

    Args:
        source: folder, file or glob; local or `gs://`.

    Raises:
        InputError: the source cannot be listed, or holds no images.
    """
    found = SourceFiles(source)
    files = [*found.files, *([found.labels_file] if found.labels_file else [])]
    text = "".join(f"{file.path}\t{file.size}\t{file.modified}\n" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
