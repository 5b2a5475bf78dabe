"""What is handed to the build of an image: the commit and a participant's files, nothing else."""

import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines import commit
from pipelines.commit import git, git_commit
from pipelines.pack import FOLDER
from pipelines.variants import base_of
from preprocessing.errors import InputError


@contextmanager
def build_context(build: Path, pipeline: str = "", dirty: bool = False) -> Iterator[Path]:
    """Makes a folder to build the image from; it is gone afterwards.

    It holds what git knows, so no `.env`, data, runs or file that was never added. Files are
    readable by every user, whatever they are here, since the image's user owns none of them.

    Args:
        build: folder of the compiled pipelines, with the packed files of participants.
        pipeline: whose participant's files go in, its variants' too; "" for none.
        dirty: takes tracked files as they are, where they differ from the commit.

    Raises:
        InputError: there is no git checkout, or it differs from its commit and `dirty` is not set.
    """
    head, _, changes = git_commit().partition("+")
    if not head:
        raise InputError(
            "image: this folder is no git checkout, or git is not installed; the image is built"
            " from a commit: install git and clone the project"
        )
    if changes and not dirty:
        raise InputError(
            f"image: {_first_change()} differs from the commit; commit it, or build with DIRTY=1,"
            " which says so in the tag"
        )
    with tempfile.TemporaryDirectory(prefix="image-") as temporary:
        context = Path(temporary)
        if changes:
            _copy_tracked(context)
        else:
            with tarfile.open(fileobj=io.BytesIO(git("archive", head))) as archive:
                archive.extractall(context, filter="data")
        packed = Path(FOLDER, base_of(pipeline))
        if pipeline and (build / packed).is_dir():
            shutil.copytree(build / packed, context / packed)
        for path in (context, *context.rglob("*")):
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
        yield context


def untracked_code() -> list[str]:
    """Returns Python files of the project's packages that git does not know, sorted."""
    found = git("ls-files", "-z", "--others", "--exclude-standard", "*.py").decode().split("\0")
    packages = ("preprocessing/", "models/", "components/", "pipelines/")
    return sorted(name for name in found if name.startswith(packages))


def _copy_tracked(context: Path) -> None:
    for name in git("ls-files", "-z").decode().split("\0"):
        if name and (commit.ROOT / name).is_file():  # else it is deleted here
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(commit.ROOT / name, context / name)
            shutil.copymode(commit.ROOT / name, context / name)


def _first_change() -> str:
    return git("diff", "--name-only", "-z", "HEAD").decode().partition("\0")[0]
