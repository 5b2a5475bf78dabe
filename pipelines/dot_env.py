"""Lines of `.env` that no setting is read from: unreadable ones, and names that are misspelt."""

import difflib
import io
import re
from collections.abc import Collection
from pathlib import Path

from dotenv.parser import parse_stream

_NEAR = 0.75


def unread_lines(path: Path, known: Collection[str]) -> list[str]:
    """Returns a sentence for each line that a user may have meant as a setting; [] for no file.

    Args:
        path: of the file.
        known: names that are read. Others are another program's, unless one of these is near.
    """
    if not path.is_file():
        return []
    told = []
    for binding in parse_stream(io.StringIO(path.read_text("utf-8-sig"))):
        text, name = binding.original.string, binding.key or ""
        empty = text[: len(text) - len(text.lstrip())].count("\n")  # belong to the line after
        where = f"line {binding.original.line + empty}"
        if binding.error:
            # Only its first word, since the rest may be a secret.
            word = "".join(re.findall(r"^\s*\w+", text)).strip()
            told.append(f"{where}: expected NAME=value, got {word!r} and what follows")
        elif name.upper() not in known:
            for near in difflib.get_close_matches(name.upper(), known, n=1, cutoff=_NEAR):
                told.append(f"{where}: {name} is no setting, did you mean {near}?")
    return told
