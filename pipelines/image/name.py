"""The names of the images: those that compiled pipelines ask for are those that are built."""

from dataclasses import dataclass

from components.image import IMAGE
from pipelines.commit import changes_hash, git_commit
from pipelines.settings import Settings
from preprocessing.errors import InputError

TRAINING = frozenset({"train", "train-gan", "tune"})
"""Components that run on the accelerator, where there is one."""


@dataclass(frozen=True)
class Images:
    """Full names of the images of a pipeline.

    Attributes:
        cpu: for steps without accelerator; "" if all of them run in `gpu`.
        gpu: for training on an accelerator; "" if there is none.
    """

    cpu: str
    gpu: str

    def of(self, component: str) -> str:
        """Returns the image of a step, by the name of its component."""
        if not self.cpu or (self.gpu and component in TRAINING):
            return self.gpu
        return self.cpu

    def targets(self) -> dict[str, str]:
        """Returns what is to be built: a target of the Dockerfile, and the image's name."""
        return {target: name for target, name in (("cpu", self.cpu), ("gpu", self.gpu)) if name}


def find_images(settings: Settings, fingerprint: str = "") -> Images:
    """Names the images that a pipeline runs in.

    An IMAGE with a tag or digest is taken as it is, for all steps. Without, the tag is the git
    commit, then what tells a changed checkout (`-changes-<hash>`) and a participant's files (their
    hash) from it, and at last `-gpu` or `-gpu-jax`.

    Args:
        settings: IMAGE, the accelerator and KERAS_BACKEND.
        fingerprint: of the participant's files; "" for none.

    Raises:
        InputError: there is no tag and no git checkout to take one from, or JAX is to train
            without accelerator.
    """
    accelerator, _ = settings.training_accelerator()
    if settings.keras_backend == "jax" and not accelerator:
        raise InputError(
            "KERAS_BACKEND: jax is in the gpu image only; set PRESET=gpu or ACCELERATOR, or leave"
            " KERAS_BACKEND out"
        )
    name = settings.image or IMAGE
    if is_whole(name):
        return Images("", name) if accelerator else Images(name, "")
    commit = git_commit()
    if not commit:
        raise InputError(
            "IMAGE: not set with a tag, and this folder is no git checkout to take one from; set"
            f" IMAGE with its tag, such as {name}:1"
        )
    tag, plus, _ = commit.partition("+")
    if plus:
        tag += f"-changes-{changes_hash()}"
    if fingerprint:
        tag += f"-{fingerprint[:8]}"
    kind = "gpu-jax" if settings.keras_backend == "jax" else "gpu"
    return Images(f"{name}:{tag}", f"{name}:{tag}-{kind}" if accelerator else "")


def is_whole(image: str) -> bool:
    """Says whether a name has a tag or digest; the port of a registry is neither."""
    return bool({":", "@"} & set(image.rpartition("/")[2]))
