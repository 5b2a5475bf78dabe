"""Runs a participant's file, and tells its errors in a line: `mine.py, line 12: NameError: ...`."""

import hashlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

from models.own_files import own_files
from preprocessing.errors import InputError

LONGEST = 240
"""Characters of an exception's message that are shown."""

_loaded: dict[str, str] = {}
"""The participant's files by absolute path, and what messages call them."""


@cache
def load_module(path: Path) -> ModuleType:
    """Runs a Python file, once a process; what lies beside it can be imported, from any folder.

    Its folder stays the last on `sys.path`, so a file in it hides no package.

    Args:
        path: absolute.

    Raises:
        InputError: it raised an exception; the message has the file and the line.
    """
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.append(folder)
    for file in own_files(path):
        _loaded[str(file)] = str(file.relative_to(path.parent))
        if file != path:
            _expect_to_be_found(file, path.parent)
    # Named apart from all else, so that the model's mine.py and the loss's may be two files.
    name = f"{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    with own_errors():
        try:
            specification.loader.exec_module(module)
        except SystemExit as error:
            reason = f"it ends the program with status {error.code}"
            raise RuntimeError(reason).with_traceback(error.__traceback__) from None
    return module


@contextmanager
def own_errors() -> Iterator[None]:
    """Makes an exception that passed through a participant's file an InputError of one line."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in _loaded]
        if isinstance(error, SyntaxError) and error.filename in _loaded:
            place = f"{_loaded[error.filename]}, line {error.lineno}"
        elif frames:
            place = f"{_loaded[frames[-1].filename]}, line {frames[-1].lineno}"
        else:
            raise
        raise InputError(f"{place}: {type(error).__name__}: {one_line(error)}") from error


def one_line(error: BaseException) -> str:
    """Returns what an exception says happened, in a line of bounded length."""
    text = str(error)
    if bold := re.search(r"\x1b\[1m(.*?)\x1b\[0m", text, re.DOTALL):  # what Keras wraps
        text = bold.group(1)
    text = text.partition("Error encountered:")[2] or text
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return "(it says nothing)"
    told = lines[-1] if lines[0] == "in user code:" else " ".join(lines)
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}..."


def _expect_to_be_found(file: Path, folder: Path) -> None:
    """Checks that importing a file beside the participant's gets it, and nothing of its name."""
    parts = file.relative_to(folder).with_suffix("").parts
    found = importlib.util.find_spec(parts[0])
    places = [found.origin, *(found.submodule_search_locations or ())] if found else []
    wanted = folder / parts[0] if len(parts) > 1 else file
    if not any(Path(place).is_relative_to(wanted) for place in places if place):
        other = found.origin if found else None
        raise InputError(
            f"{file.relative_to(folder)}: `import {parts[0]}` gets another module"
            f" ({other or 'none'}); rename it, and the imports of it"
        )
