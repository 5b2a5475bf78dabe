"""Hashes the code that a step can reach, so that a local cache never answers for other code."""

import ast
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("preprocessing", "models", "components")

_MODULE = re.compile(rf"({'|'.join(PACKAGES)})(\.\w+)+")
_USED_TEMPLATE = re.compile(r"""{%-? *(?:extends|include|import|from) *["']([^"']+)""")


def code_hash(module: str, challenge: str) -> str:
    """Returns a hash of all that decides what a module does beside its arguments.

    It covers the project's modules that it imports or starts by name, in however many steps, the
    challenge's own files in each package so reached, files beside a module that share its name (its
    templates), the templates that these use, the lock, and the Keras backend.

    Args:
        module: such as `components.train`.
        challenge: the challenge whose files are loaded by name.
    """
    found: dict[Path, None] = {}
    pending = [ROOT.joinpath(*module.split(".")).with_suffix(".py")]
    while pending:
        path = pending.pop()
        if path in found:
            continue
        found[path] = None
        pending += _imported(path)
        named = path.parent / f"{challenge}.py"
        if named.exists():
            pending.append(named)
    digest = hashlib.sha256()
    for path in sorted({file for module in found for file in _with_neighbours(module)}):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    digest.update((ROOT / "requirements.txt").read_bytes())
    digest.update(os.environ.get("KERAS_BACKEND", "").encode())
    return digest.hexdigest()[:16]


def _imported(path: Path) -> Iterator[Path]:
    """Yields the project's files that a module imports, at its top or in its functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and _MODULE.fullmatch(str(node.value)):
            names = [str(node.value)]  # as `python -m` takes it
        else:
            continue
        for name in names:
            if name.split(".")[0] in PACKAGES:
                base = ROOT.joinpath(*name.split("."))
                yield from (
                    file
                    for file in (base.with_suffix(".py"), base / "__init__.py")
                    if file.exists()
                )


def _with_neighbours(module: Path) -> list[Path]:
    if module.name == "__init__.py":
        return [module]
    files = [path for path in module.parent.glob(f"{module.stem}.*") if path.is_file()]
    for path in files:  # grows
        if path.suffix == ".jinja":
            used = (ROOT / "models" / name for name in _USED_TEMPLATE.findall(path.read_text()))
            files += [template for template in used if template not in files]
    return files
