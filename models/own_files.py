"""A participant's own files: `path/to/mine.py:MyNet`, and the files beside it that it imports.

Read as text, without running them and without Keras, so that the command line can do it.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from preprocessing.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("preprocessing", "models", "components", "pipelines")
"""The project's own: an import of one of these is never of a file beside the participant's."""


@dataclass(frozen=True)
class OwnClass:
    """A class in a file outside of the project.

    Attributes:
        path: the file, absolute.
        name: of the class.
    """

    path: Path
    name: str

    def __str__(self) -> str:
        return f"{self.path}:{self.name}"


def own_class(reference: str, parameter: str) -> OwnClass | None:
    """Returns the class that `path/to/mine.py:MyNet` names; None for a plain name such as `Cnn`.

    Args:
        reference: a relative path is looked for in the current folder, then in the project's.
        parameter: what the user calls the choice: `model` or `loss`.

    Raises:
        InputError: there is no such file, it is no Python or the project's own, or no class is
            named.
    """
    if not set("/:.") & set(reference):
        return None
    file, colon, name = reference.rpartition(":")
    if not colon:
        file, name = reference, ""
    given = Path(file).expanduser()
    if given.suffix != ".py":
        raise InputError(
            f"{parameter}={reference}: {file!r} is no Python file; expected"
            f" {parameter}=path/to/mine.py:MyClass"
        )
    path = next((p for p in (Path.cwd() / given, ROOT / given) if p.is_file()), None)
    if path is None:
        raise InputError(f"{parameter}={reference}: no such file: {given}; check the path")
    if not name.isidentifier():
        names = [n.name for n in parse_file(path).body if isinstance(n, ast.ClassDef)]
        raise InputError(
            f"{parameter}={reference}: which class? Expected"
            f" {parameter}={given}:{names[0] if names else 'MyClass'}; {path.name} has"
            f" {', '.join(names) or 'no class'}"
        )
    own = OwnClass(path.resolve(), name)
    if _is_of_the_project(own.path):
        raise InputError(
            f"{parameter}={reference}: {given} is the project's own; write {parameter}={name}, or"
            " keep a file of yours in a folder of your own"
        )
    return own


def reached_files(path: Path) -> list[Path]:
    """Returns a file, and the files beside it or of the project that it imports, and they, sorted.

    Raises:
        InputError: one of them has a syntax error; the message has the file and the line.
    """
    found: set[Path] = set()
    pending = [path]
    while pending:
        file = pending.pop()
        if file not in found:
            found.add(file)
            pending += _imported(file, path.parent)
    return sorted(found)


def own_files(path: Path) -> list[Path]:
    """Returns those of `reached_files` that are not the project's."""
    return [file for file in reached_files(path) if not _is_of_the_project(file)]


def files_fingerprint(references: Iterable[str]) -> str:
    """Returns a hash of the participant's files, wherever they lie; "" if there are none.

    Args:
        references: such as `Cnn` or `path/to/mine.py:MyNet`.

    Raises:
        InputError: a file is missing or has a syntax error.
    """
    digest = hashlib.sha256()
    any_own = False
    for reference in references:
        own = own_class(reference, "model or loss")
        for file in reached_files(own.path) if own else ():
            any_own = True
            base = ROOT if _is_of_the_project(file) else own.path.parent  # type: ignore[union-attr]
            content = file.read_bytes()
            digest.update(f"{file.relative_to(base)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest() if any_own else ""


def parse_file(path: Path) -> ast.Module:
    """Returns a Python file as a tree.

    Raises:
        InputError: it has a syntax error; the message has the file and the line.
    """
    try:
        return ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        raise InputError(f"{path.name}, line {error.lineno}: SyntaxError: {error.msg}") from None
    except ValueError as error:  # null bytes
        raise InputError(f"{path.name}: is no Python: {error}") from None


def _is_of_the_project(file: Path) -> bool:
    return any(file.is_relative_to(ROOT / package) for package in PACKAGES)


def _imported(file: Path, folder: Path) -> Iterator[Path]:
    """Yields the files that a file imports, at its top or in its functions.

    Those outside of the participant's `folder` and the project cannot be imported, and running the
    file tells so.
    """
    for node in ast.walk(parse_file(file)):
        if isinstance(node, ast.Import):
            names, base = [alias.name for alias in node.names], folder
        elif isinstance(node, ast.ImportFrom):
            module = f"{node.module}." if node.module else ""
            names = [f"{module}{alias.name}" for alias in node.names]
            if node.level > len(file.parents):
                continue
            base = file.parents[node.level - 1] if node.level else folder
        else:
            continue
        for name in names:
            parts = name.split(".")
            top = ROOT if parts[0] in PACKAGES and base == folder else base
            for count in range(1, len(parts) + 1):
                module_path = top.joinpath(*parts[:count])
                for candidate in (module_path.with_suffix(".py"), module_path / "__init__.py"):
                    within = candidate.is_relative_to(folder) or _is_of_the_project(candidate)
                    if within and candidate.is_file():
                        yield candidate
