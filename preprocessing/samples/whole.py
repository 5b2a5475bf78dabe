"""Writes a file that appears when it is whole."""

from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Writes `content` under a temporary name, then renames it to `path`."""
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
